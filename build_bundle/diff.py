"""What differs between two bundles, in words: for a person who must decide whether to switch to the newer one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import ALL, INDEX, REPORT, TYPE
from core.bundle.strict_json import plain

_SHOWN = 12
_IGNORED = {"built_at", "bundle_id", "files", "sources", "counts", "notes"}
_BY_CHANCE = {INDEX, REPORT, "index.recall"}  # the index is never built twice the same, and the report names its recall


@dataclass(frozen=True)
class Difference:
    """One difference: the heading it belongs under, and a sentence."""

    about: str
    text: str


def diff_bundles(old: Bundle, new: Bundle) -> list[Difference]:
    """Compare two bundles.

    Parameters
    ----------
    old, new : Bundle
        Open bundles.

    Returns
    -------
    list of Difference
        Empty where they answer alike. Times, and what differs from build to build with the index, do not count.
    """
    parts: tuple[Callable[[Bundle, Bundle], Iterator[Difference]], ...] = (
        _manifest, _counts, _studies, _types, _genes, _evaluation, _files,
    )  # fmt: skip
    return [difference for part in parts for difference in part(old, new)]


def _flat(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{place}.{key}" if place else str(key))
    else:
        yield place, value


def _manifest(old: Bundle, new: Bundle) -> Iterator[Difference]:
    before, after = (dict(_flat(plain(b.manifest))) for b in (old, new))
    for name in sorted(before.keys() | after.keys()):
        if name.split(".")[0] not in _IGNORED and name not in _BY_CHANCE and before.get(name) != after.get(name):
            yield Difference("Manifest", f"{name}: {before.get(name)} -> {after.get(name)}")


def _counts(old: Bundle, new: Bundle) -> Iterator[Difference]:
    before, after = (dict(_flat(plain(b.manifest.counts))) for b in (old, new))
    for name, value in before.items():
        if value != after[name]:
            yield Difference("Counts", f"{name}: {value:,} -> {after[name]:,}")


def _studies(old: Bundle, new: Bundle) -> Iterator[Difference]:
    columns = ["status", "n_cells", "n_genes", "unit", "reason"]
    yield from _rows("Studies", old.studies.set_index("study")[columns], new.studies.set_index("study")[columns])


def _types(old: Bundle, new: Bundle) -> Iterator[Difference]:
    frames = [b.cell_types.set_index("cell_type")[["n_cells", "n_studies", "in_training"]] for b in (old, new)]
    yield from _rows("Cell types", *frames)


def _rows(about: str, old: pd.DataFrame, new: pd.DataFrame) -> Iterator[Difference]:
    for sign, names in (("gone", old.index.difference(new.index)), ("new", new.index.difference(old.index))):
        if len(names):
            yield Difference(about, f"{sign}: {_listed(list(names))}")
    before, after = (dict(zip(frame.index, frame.to_dict("records"), strict=True)) for frame in (old, new))
    for name in sorted(before.keys() & after.keys()):
        changed = [
            f"{column} {_value(value)} -> {_value(after[name][column])}"
            for column, value in before[name].items()
            if value != after[name][column]
        ]
        if changed:
            yield Difference(about, f"{name}: {', '.join(changed)}")


def _value(value: Any) -> str:  # noqa: ANN401 - a cell of a table
    return repr(value) if isinstance(value, str) else f"{value:,}"


def _genes(old: Bundle, new: Bundle) -> Iterator[Difference]:
    before, after = set(old.genes["gene_symbol"]), set(new.genes["gene_symbol"])
    for sign, names in (("gone", before - after), ("new", after - before)):
        if names:
            yield Difference("Genes", f"{len(names):,} {sign}: {_listed(sorted(names))}")


def _evaluation(old: Bundle, new: Bundle) -> Iterator[Difference]:
    key = ["split", "held_out", "model", TYPE, "metric"]
    before, after = (b.frame("evaluation").set_index(key)["value"] for b in (old, new))
    joined = pd.concat({"old": before, "new": after}, axis=1)
    whole = joined[joined.index.get_level_values(TYPE) == ALL]
    for index, row in whole[whole["old"] != whole["new"]].iterrows():
        split, held_out, model, _, metric = index if isinstance(index, tuple) else (index, "", "", "", "")
        yield Difference(
            "Retrieval test", f"{split}, {held_out}, {model}, {metric}: {row['old']:.3f} -> {row['new']:.3f}"
        )


def _files(old: Bundle, new: Bundle) -> Iterator[Difference]:
    before, after = old.manifest.files, new.manifest.files
    changed = sorted(n for n in before.keys() | after.keys() if before.get(n) != after.get(n) and n not in _BY_CHANCE)
    if changed:
        yield Difference("Files", f"other contents: {', '.join(changed)}")


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(str, names[:_SHOWN])) + more
