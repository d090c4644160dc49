"""Which comparisons are made: a term's cells of one part against a background, and which cells they are.

Planning needs only numbers of cells; the cells of a comparison are drawn when it is made, wherever that is.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from build_bundle.cells.corpus import Corpus
from build_bundle.differential.lineage import Lineage
from build_bundle.differential.settings import DifferentialSettings
from core.bundle.schema import TYPE

Indices = npt.NDArray[np.int64]
WIDE_ENOUGH = 0.5  # share of a part's genes that a background of another part must have measured


@dataclass(frozen=True)
class Comparison:
    """One test to be made.

    Parameters
    ----------
    term : str
        The label or wider term.
    background : str
        "others", "siblings" or "parent".
    part : str
        Part its cells come from.
    against : tuple of str
        Labels of the background.
    sources : tuple of str
        Parts of the background.
    same_study : bool
        Whether these are of the same study.
    """

    term: str
    background: str
    part: str
    against: tuple[str, ...]
    sources: tuple[str, ...]
    same_study: bool = True


@dataclass(frozen=True)
class TermPlan:
    """What is done for one term.

    Parameters
    ----------
    term : str
        The label or wider term.
    comparisons : tuple of Comparison
        Possibly empty.
    remark : str
        What a reader should know about a label; empty where all is as it should be. One of "too few cells",
        "few cells", "other studies as background", "no background", "".
    """

    term: str
    comparisons: tuple[Comparison, ...]
    remark: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Parts in which the term is tested, once each."""
        return tuple(dict.fromkeys(c.part for c in self.comparisons))


class Planner:
    """Decides what is compared, and draws the cells.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : DifferentialSettings
        Numbers of cells and backgrounds.
    seed : int
        Seed of the samples.

    Notes
    -----
    The background is of the same part: there, type and study are not mixed up. Only for "others", and only where no part
    with the term has another label, cells of other parts serve that measured at least half of the genes: of the same
    study first, else of other studies, and then the difference of the studies is in the result too.

    Parts with at least `min_cells` of the term are tested; without one, the part with most, from `fewest_cells` on.
    """

    def __init__(self, corpus: Corpus, settings: DifferentialSettings, *, seed: int) -> None:
        self._corpus = corpus
        self._settings = settings
        self._seed = seed
        cells = corpus.cells.iloc[: corpus.n_ref]
        self._rows: dict[tuple[str, str], Indices] = {}
        for part, of_part in cells.groupby("part"):
            for label, group in of_part.groupby(TYPE):
                self._rows[str(part), str(label)] = group.index.to_numpy(dtype=np.int64)
        self._study = {record.part: record.study for record in corpus.records}
        self.lineage = Lineage(
            set(cells[TYPE].astype(str)), corpus.edges[["child_id", "parent_id"]].itertuples(index=False, name=None)
        )

    def plans(self) -> list[TermPlan]:
        """Return what is compared with what, terms ascending."""
        terms = self.lineage.terms if self._settings.wider_terms else tuple(sorted(self.lineage.labels))
        return [self._plan(term) for term in terms]

    def cells_of(self, comparison: Comparison) -> tuple[Indices, Indices]:
        """Draw the cells of a comparison.

        Parameters
        ----------
        comparison : Comparison
            Of `plans`.

        Returns
        -------
        inside, outside : ndarray of int64
            Rows of ``corpus.cells``, ascending, at most `max_cells` each: even over labels as far as they reach, but for
            "parent" as the cells come. A comparison has its own random numbers, so that a new study changes no other's.
        """
        name = f"{comparison.part}/{comparison.term}/{comparison.background}"
        rng = np.random.default_rng([self._seed, *name.encode()])
        most = self._settings.max_cells
        inside = _evenly(self._pools((comparison.part,), self.lineage.labels_of(comparison.term)), most, rng)
        pools = self._pools(comparison.sources, comparison.against)
        if comparison.background == "parent":
            return inside, _sample(np.sort(np.concatenate(pools)), most, rng)
        return inside, _evenly(pools, most, rng)

    def n_cells(self, comparison: Comparison) -> int:
        """Return how many cells `cells_of` gives, both sides together."""
        n_in = self._count(comparison.part, self.lineage.labels_of(comparison.term))
        n_out = sum(self._count(part, comparison.against) for part in comparison.sources)
        return min(n_in, self._settings.max_cells) + min(n_out, self._settings.max_cells)

    def _plan(self, term: str) -> TermPlan:
        relatives = {"others": self.lineage.others(term), "siblings": self.lineage.siblings(term)}
        relatives["parent"] = self.lineage.parent_rest(term)
        if len(relatives["parent"]) < 2:
            relatives.pop("parent")  # the very cells of the siblings, or nothing but a wider label
        found = {b: self._within(term, b, relatives[b]) for b in self._settings.backgrounds if relatives.get(b)}
        comparisons = [c for several in found.values() for c in several]
        if term not in self.lineage.labels:
            return TermPlan(term, tuple(comparisons))
        if "others" in self._settings.backgrounds and not found.get("others"):
            foreign, remark = self._elsewhere(term, relatives["others"])
            return TermPlan(term, (*foreign, *comparisons), remark)
        few = any(self._count(c.part, self.lineage.labels_of(term)) < self._settings.min_cells for c in comparisons)
        return TermPlan(term, tuple(comparisons), "few cells" if few else "")

    def _within(self, term: str, background: str, labels: Collection[str]) -> list[Comparison]:
        """Compare within parts: in all that have enough cells, or in the one that has most."""
        own = self.lineage.labels_of(term)
        sizes = {
            part: self._count(part, own)
            for part in self._corpus.parts
            if min(self._count(part, own), self._count(part, labels)) >= self._settings.fewest_cells
        }
        ordered = sorted(sizes, key=lambda part: -sizes[part])
        chosen = [part for part in ordered if sizes[part] >= self._settings.min_cells] or ordered[:1]
        return [Comparison(term, background, part, self._present((part,), labels), (part,)) for part in chosen]

    def _elsewhere(self, term: str, labels: Collection[str]) -> tuple[tuple[Comparison, ...], str]:
        """Compare with parts other than the term's own; the remark says why, or why not."""
        own = self.lineage.labels_of(term)
        part = max(self._corpus.parts, key=lambda p: self._count(p, own))
        if self._count(part, own) < self._settings.fewest_cells:
            return (), "too few cells"
        wide = self._wide_parts(part)
        same = [other for other in wide if self._study[other] == self._study[part]]
        for sources, same_study in ((same, True), (wide, False)):
            if sum(self._count(source, labels) for source in sources) >= self._settings.fewest_cells:
                present = self._present(sources, labels)
                found = Comparison(term, "others", part, present, tuple(sources), same_study)
                return (found,), "" if same_study else "other studies as background"
        return (), "no background"

    def _wide_parts(self, part: str) -> list[str]:
        measured = self._corpus.measured
        mine = measured[self._corpus.parts.index(part)]
        shared = (measured & mine).sum(axis=1) / max(1, mine.sum())
        return [p for p, share in zip(self._corpus.parts, shared, strict=True) if p != part and share >= WIDE_ENOUGH]

    def _pools(self, parts: Sequence[str], labels: Collection[str]) -> list[Indices]:
        """Return the rows of each label in some parts together."""
        pools = []
        for label in sorted(labels):
            rows = [self._rows[part, label] for part in parts if (part, label) in self._rows]
            if rows:
                pools.append(np.sort(np.concatenate(rows)))
        return pools

    def _present(self, parts: Sequence[str], labels: Collection[str]) -> tuple[str, ...]:
        return tuple(label for label in sorted(labels) if any((part, label) in self._rows for part in parts))

    def _count(self, part: str, labels: Collection[str]) -> int:
        return sum(len(self._rows.get((part, label), ())) for label in labels)


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
