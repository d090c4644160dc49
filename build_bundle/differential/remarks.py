"""What a reader of the bundle should know about the tests, in sentences for the build report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from build_bundle.differential.groups import TermPlan
from build_bundle.differential.settings import DifferentialSettings

_OF_PLANS = {
    "few cells": "No study has {min_cells} cells of these types beside others; they were tested with fewer in their "
    "largest study: {names}.",
    "other studies as background": "Their study has no other type, so these types were tested against cells of other "
    "studies; differences between the studies are in the result: {names}.",
    "too few cells": "Not tested for differential expression, under {fewest_cells} cells in every study: {names}.",
    "no background": "Not tested for differential expression, no cells to compare with: {names}.",
}


@dataclass(frozen=True)
class Remarks:
    """Makes the sentences.

    Parameters
    ----------
    names : mapping of str to str
        Name of every label.
    settings : DifferentialSettings
        Numbers of cells and method.
    """

    names: Mapping[str, str]
    settings: DifferentialSettings

    def of_plans(self, plans: Sequence[TermPlan]) -> list[str]:
        """Return one sentence for each remark that a label has."""
        notes = []
        for remark, sentence in _OF_PLANS.items():
            names = [self.names.get(plan.term, plan.term) for plan in plans if plan.remark == remark]
            if names:
                numbers = {"min_cells": self.settings.min_cells, "fewest_cells": self.settings.fewest_cells}
                notes.append(sentence.format(names=", ".join(names), **numbers))
        return notes

    def of_fallbacks(self, parts_and_reasons: Iterable[tuple[str, str]]) -> list[str]:
        """Return one sentence for each reason why the chosen method could not work, naming the studies' files."""
        parts: dict[str, set[str]] = {}
        for part, reason in parts_and_reasons:
            parts.setdefault(reason, set()).add(part)
        return [
            f"Tested with Wilcoxon's test instead of {self.settings.method}, because {reason}: {', '.join(sorted(found))}."
            for reason, found in sorted(parts.items())
        ]
