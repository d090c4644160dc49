"""What adding studies does: each held-out study put to a reference that grows study by study.

Partners are the reference studies that have types of the query study. They are added one by one, the one whose types most
query cells have first, and everything is trained again at every step. The cells asked and the number of neighbours stay the
same, so that the steps can be compared. Two curves come of it: of all cells whose type any partner has (what a user sees:
a type that nobody has yet cannot be found), and of those alone whose type the first partner has already (what more studies
cost where they bring nothing new).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.evaluate.folds import study_folds
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.evaluate.summary import bootstrap_interval
from build_bundle.study.figures import growth_curves
from build_bundle.study.run import StudyFold, StudyReference
from core.bundle.schema import ENCODER, TYPE

GROWTH: Literal["growth"] = "growth"
MODELS = (ENCODER, "pca_100", "logistic")
"""What is compared; of `build_bundle.study.settings`."""
FEWEST_STEPS = 2
N_BOOTSTRAP = 2000
ALL, FIRST = "all", "first"
CHANGE = ("change", "change_low", "change_high")


@dataclass(frozen=True)
class GrowthFold(StudyFold):
    """One step of one study's curve.

    Parameters
    ----------
    types : tuple of str
        Types whose cells are asked: those any partner of the last step has.
    first : tuple of str
        Those of them that the first partner has.
    k : int
        Neighbours retrieved at every step.
    partners : tuple of str
        Studies of the reference, in the order in which they came.
    """

    types: tuple[str, ...]
    first: tuple[str, ...]
    k: int
    partners: tuple[str, ...]

    @property
    def title(self) -> str:
        """Words for progress lines."""
        return f"{self.reference}: {self.asked[0]} against {len(self.partners)} studies, last {self.partners[-1]}"

    @property
    def lacking(self) -> bool:
        """The types that later steps bring are asked from the first step on."""
        return True

    def described(self, scored: pd.DataFrame) -> pd.DataFrame:
        """Add the step, the study it added, and whether the first partner has the cell's type (``first``)."""
        first = scored[TYPE].isin(self.first)
        return super().described(scored).assign(step=len(self.partners), added=self.partners[-1], first=first)

    def asks(self, cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Say which cells may be queries."""
        return super().asks(cells) & cells[TYPE].isin(self.types).to_numpy()

    def neighbours(self, usual: int) -> int:
        """Return how many neighbours count."""
        return min(self.k, usual)


def growth_folds(reference: StudyReference) -> Iterator[GrowthFold]:
    """Yield the steps of every held-out study that at least two others share types with.

    Parameters
    ----------
    reference : StudyReference
        Corpus and folds.

    Yields
    ------
    GrowthFold
        Study after study, each from one partner to all.
    """
    corpus, settings = reference.corpus, reference.evaluate
    everyone = set(corpus.reference)
    for query in (study for fold in study_folds(corpus, settings) for study in fold):
        partners = partners_of(corpus, query, settings)
        if len(partners) < FEWEST_STEPS:
            continue
        types, k = _asked(corpus, query, partners, settings)
        first, _ = _asked(corpus, query, partners[:1], settings)
        for n in range(1, len(partners) + 1):
            held_out = tuple(sorted(everyone - set(partners[:n])))
            yield GrowthFold(reference.name, GROWTH, held_out, (query,), types, first, k, partners[:n])


def partners_of(corpus: Corpus, query: str, settings: EvaluateSettings) -> tuple[str, ...]:
    """Order the studies that have types of a study, the one that knows most of its cells first.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    query : str
        The study.
    settings : EvaluateSettings
        Its `min_reference` says how many cells of a type a study must have to know it.

    Returns
    -------
    tuple of str
        Studies that know a type of `query` and have a second type to train on.
    """
    counts, _ = _counts(corpus)
    worth = {
        study: int(counts[query][row >= settings.min_reference].sum())
        for study, row in counts.items()
        if study != query and np.count_nonzero(row) > 1
    }
    return tuple(sorted((study for study, n in worth.items() if n), key=lambda study: (-worth[study], study)))


def _asked(
    corpus: Corpus, query: str, partners: Sequence[str], settings: EvaluateSettings
) -> tuple[tuple[str, ...], int]:
    """Return the types of a study that any partner knows, and the cells of the rarest one where it first appears."""
    counts, types = _counts(corpus)
    known = np.array([counts[partner] for partner in partners]) * (counts[query] > 0)
    known[known < settings.min_reference] = 0
    shared = known.any(axis=0)
    first = known[(known > 0).argmax(axis=0), np.arange(len(types))]
    return tuple(types[shared]), int(min(settings.k, first[shared].min()))


def _counts(corpus: Corpus) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.object_]]:
    """Count the cells of every study by type; return the types beside the counts."""
    cells = corpus.cells.iloc[: corpus.n_ref]
    table = pd.crosstab(cells["study"], cells[TYPE])
    return dict(zip(table.index.astype(str), table.to_numpy(), strict=True)), table.columns.to_numpy(dtype=object)


def growth_table(cells: pd.DataFrame, *, seed: int) -> pd.DataFrame:
    """Summarise the curves.

    Parameters
    ----------
    cells : pandas.DataFrame
        Scored cells of phase "growth".
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        One row a study, choice of cells and step: ``reference``, ``held_out``, ``cells`` ("all", or "first": those of types
        the first partner has), ``step``, ``added``, ``n_query``, ``k``, the weighted MAFP of each model, and what the step
        changed for the default: ``change`` with a 95 % interval, ``change_low`` and ``change_high``. The cells of a type
        tend to go over to another one together, so the interval is by resampling types; it is missing for fewer than three.
    """
    first = cells[cells["first"].astype(bool)]
    both = pd.concat([cells.assign(cells=ALL), first.assign(cells=FIRST)], ignore_index=True)
    keys = ["reference", "held_out", "cells", "step", "added"]
    wide = both.pivot_table(index=keys, columns="model", values="afp", aggfunc="mean")
    sizes = both[both["model"] == MODELS[0]].groupby(keys).agg(n_query=("cell", "size"), k=("k", "min"))
    changes = pd.DataFrame(_changes(both[both["model"] == ENCODER], seed), columns=[*keys[:-1], *CHANGE])
    table = sizes.join(wide[[name for name in MODELS if name in wide]]).reset_index().merge(changes, "left", keys[:-1])
    return table.sort_values(["reference", "held_out", "cells", "step"], ignore_index=True)


def _changes(cells: pd.DataFrame, seed: int) -> Iterator[dict[str, Any]]:
    """Yield what each step of each curve changed, over the same cells; nothing for a curve's first step."""
    for (reference, query, choice), curve in cells.groupby(["reference", "held_out", "cells"], sort=True):
        types = curve.groupby("cell")[TYPE].first()
        by_step = curve.pivot_table(index="cell", columns="step", values="afp")
        for step, change in by_step.diff(axis=1).iloc[:, 1:].items():
            by_type = change.groupby(types).agg(["mean", "size"])
            low, high = bootstrap_interval(
                by_type["mean"].to_numpy(), N_BOOTSTRAP, seed, sizes=by_type["size"].to_numpy(dtype=float)
            )
            row = {"reference": reference, "held_out": query, "cells": choice, "step": step}
            yield row | dict(zip(CHANGE, (change.mean(), low, high), strict=True))


def write_growth(cells: pd.DataFrame, out: Path, *, seed: int) -> Iterator[Path]:
    """Write the curves as ``growth.csv``, ``growth.svg`` (all cells) and ``growth_first.svg``.

    Parameters
    ----------
    cells : pandas.DataFrame
        Scored cells of phase "growth".
    out : Path
        Folder.
    seed : int
        Of the bootstrap.

    Yields
    ------
    Path
        Each file written.
    """
    table = growth_table(cells, seed=seed)
    table.round(4).to_csv(out / "growth.csv", index=False)
    yield out / "growth.csv"
    for name, choice in (("growth.svg", ALL), ("growth_first.svg", FIRST)):
        (out / name).write_text(growth_curves(table[table["cells"] == choice]), encoding="utf-8")
        yield out / name
