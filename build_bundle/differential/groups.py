"""Which cells are compared: a type's cells of one part, and a background sampled evenly over the other types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.corpus import Corpus
from build_bundle.differential.settings import DifferentialSettings

Indices = npt.NDArray[np.int64]
TYPE = "cell_type_ontology_term_id"
WIDE_ENOUGH = 0.5  # share of a part's genes that a foreign background must have measured


@dataclass(frozen=True, eq=False)
class Comparison:
    """One test to be made.

    Parameters
    ----------
    type_id : str
        The type.
    part : str
        Part its cells come from.
    inside, outside : ndarray of int64
        Rows of ``corpus.cells``, ascending.
    foreign : bool
        Whether the background comes from other studies, because this part has no other type.
    """

    type_id: str
    part: str
    inside: Indices
    outside: Indices
    foreign: bool = False


@dataclass(frozen=True)
class TypePlan:
    """What is done for one type.

    Parameters
    ----------
    type_id : str
        The type.
    comparisons : tuple of Comparison
        Possibly empty.
    remark : str
        Why there is no test, or what is unusual about it; empty where all is as it should be. One of
        "too few cells", "few cells", "other studies as background", "no background", "".
    """

    type_id: str
    comparisons: tuple[Comparison, ...]
    remark: str = ""


def plan_types(corpus: Corpus, settings: DifferentialSettings, *, seed: int) -> Iterator[TypePlan]:
    """Decide for every type of the reference what is compared with what.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : DifferentialSettings
        Numbers of cells.
    seed : int
        Seed of the samples.

    Yields
    ------
    TypePlan
        Types in ascending order.

    Notes
    -----
    Parts with at least `min_cells` of the type are tested; without one, the part with the most if it has at least
    `fewest_cells`. The background is of the same part. Only where no such part has another type, cells of other studies
    serve, from parts that measured at least half of its genes: then the difference of the studies is in the result too.
    """
    cells = corpus.cells.iloc[: corpus.n_ref][["part", TYPE]]
    counts = pd.crosstab(cells[TYPE], cells["part"])
    rows: dict[tuple[str, str], Indices] = {}
    for part, of_part in cells.groupby("part"):
        for name, group in of_part.groupby(TYPE):
            rows[str(part), str(name)] = group.index.to_numpy(dtype=np.int64)
    sampler = _Sampler(rows, counts, settings, seed)
    for name in counts.index:
        parts = _parts_of(counts.loc[name], settings)
        if not parts:
            yield TypePlan(str(name), (), "too few cells")
            continue
        few = bool(counts.loc[name, parts[0]] < settings.min_cells)
        own = [found for found in (sampler.within(part, str(name)) for part in parts) if found is not None]
        if own:
            yield TypePlan(str(name), tuple(own), "few cells" if few else "")
            continue
        foreign = sampler.foreign(corpus, parts[0], str(name))
        remark = "other studies as background" if foreign else "no background"
        yield TypePlan(str(name), (foreign,) if foreign else (), remark)


def _parts_of(counts: pd.Series, settings: DifferentialSettings) -> list[str]:
    """Return the parts to test a type in, most cells first."""
    ordered = counts[counts > 0].sort_values(ascending=False, kind="stable")
    enough = ordered.index[ordered >= settings.min_cells].tolist()
    if enough or ordered.iloc[0] < settings.fewest_cells:
        return [str(part) for part in enough]
    return [str(ordered.index[0])]


class _Sampler:
    def __init__(
        self, rows: dict[tuple[str, str], Indices], counts: pd.DataFrame, settings: DifferentialSettings, seed: int
    ) -> None:
        self._rows = rows
        self._counts = counts
        self._most = settings.max_cells
        self._fewest = settings.fewest_cells
        self._seed = seed

    def within(self, part: str, name: str) -> Comparison | None:
        """Compare within a part; None where it has too few cells of other types."""
        rng = self._rng(part, name)
        others = [self._rows[part, other] for other in self._others(part, name)]
        if sum(map(len, others)) < self._fewest:
            return None
        inside = _sample(self._rows[part, name], self._most, rng)
        return Comparison(name, part, inside, _evenly(others, self._most, rng))

    def foreign(self, corpus: Corpus, part: str, name: str) -> Comparison | None:
        """Compare with other studies that measured most of the part's genes."""
        rng = self._rng(part, name)
        mine = corpus.measured[corpus.parts.index(part)]
        shared = (corpus.measured & mine).sum(axis=1) / max(1, mine.sum())
        wide = [
            other for other, share in zip(corpus.parts, shared, strict=True) if other != part and share >= WIDE_ENOUGH
        ]
        groups: dict[str, list[Indices]] = {}
        for key in (key for key in self._rows if key[0] in wide and key[1] != name):
            groups.setdefault(key[1], []).append(self._rows[key])
        pools = [np.concatenate(groups[other]) for other in sorted(groups)]
        if sum(map(len, pools)) < self._fewest:
            return None
        inside = _sample(self._rows[part, name], self._most, rng)
        return Comparison(name, part, inside, _evenly(pools, self._most, rng), foreign=True)

    def _others(self, part: str, name: str) -> list[str]:
        column = self._counts[part]
        return [str(other) for other in column.index[column > 0] if other != name]

    def _rng(self, part: str, name: str) -> np.random.Generator:
        """Give every comparison its own stream, so that a new study changes no other study's sample."""
        return np.random.default_rng([self._seed, *f"{part}/{name}".encode()])


def _sample(rows: Indices, n: int, rng: np.random.Generator) -> Indices:
    return np.sort(rows if len(rows) <= n else rng.choice(rows, n, replace=False))


def _evenly(pools: list[Indices], n: int, rng: np.random.Generator) -> Indices:
    """Take n rows, as evenly over the pools as their sizes allow."""
    taken = np.zeros(len(pools), dtype=np.int64)
    left = n
    for place, number in enumerate(np.argsort([len(pool) for pool in pools], kind="stable")):
        taken[number] = min(len(pools[number]), left // (len(pools) - place))
        left -= int(taken[number])
    return np.sort(np.concatenate([_sample(pool, int(k), rng) for pool, k in zip(pools, taken, strict=True)]))
