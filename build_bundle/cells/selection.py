"""Which ontology terms label a cell, and which cells train the encoder (science 1 and 2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.configuration.config import SelectionSettings
from build_bundle.ontology.files import OntologySource
from core.bundle.schema import TYPE
from core.ontology.graph import Ontology

_SEED = 20_181  # keeps this module's random numbers apart from other users of the build's seed


@dataclass(frozen=True)
class TermRules:
    """Turns the terms a source gives into the terms a cell keeps.

    Parameters
    ----------
    ontology : OntologySource
        Live terms and what replaced the others.
    settings : SelectionSettings
        Terms and prefixes too general to label a cell.
    """

    ontology: OntologySource
    settings: SelectionSettings

    @property
    def graph(self) -> Ontology:
        """The whole ontology as a graph."""
        return self.ontology.graph

    def keep(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the terms a cell keeps: live, not too general, and none an ancestor of another.

        Parameters
        ----------
        ids : iterable of str
            Terms as the source gives them; retired ids are replaced where the release says by what.

        Returns
        -------
        tuple of str
            Sorted; empty where nothing is left.
        """
        live = {i if i in self.graph else self.ontology.deprecated.get(i, "") for i in ids}
        return tuple(sorted(self.graph.most_specific({i for i in live if i in self.graph and not self.is_general(i)})))

    def is_general(self, term_id: str) -> bool:
        """Whether configuration calls the term too general."""
        prefix = term_id.split(":", maxsplit=1)[0]
        return term_id in self.settings.general_terms or prefix in self.settings.general_prefixes

    def label(self, kept: Iterable[str]) -> str:
        """Choose the single label of a cell.

        Parameters
        ----------
        kept : iterable of str
            What `keep` returned, not empty.

        Returns
        -------
        str
            A cell type before a tissue, then the deepest, then the first by id.
        """
        return min(kept, key=lambda i: (not i.startswith("CL:"), -self.graph.depth(i), i))


def high_confidence(terms: pd.Series, settings: SelectionSettings) -> pd.Series:
    """Choose the cells that may train the encoder.

    Parameters
    ----------
    terms : pandas.Series of tuple of str
        Terms kept of every reference cell.
    settings : SelectionSettings
        `min_cells` and `single_term`.

    Returns
    -------
    pandas.Series of bool
        True where one of the cell's terms has at least `min_cells` cells and, with `single_term`, it is the only one.
    """
    counts = terms.explode().value_counts()
    common = frozenset(counts[counts >= settings.min_cells].index)
    single = terms.map(len) == 1 if settings.single_term else True
    chosen: pd.Series = terms.map(lambda ids: not common.isdisjoint(ids)).astype(bool) & single
    return chosen


def split(cells: pd.DataFrame, settings: SelectionSettings, seed: int) -> pd.Series:
    """Split the training cells: some only watch.

    Parameters
    ----------
    cells : pandas.DataFrame
        ``part``, ``cell_type_ontology_term_id``, ``high_confidence``.
    settings : SelectionSettings
        `validation_share`.
    seed : int
        Seed of the build.

    Returns
    -------
    pandas.Series of str
        "train", "validation", or "none" for cells that are not high-confidence. Of every part and type the rounded
        share watches, and at least one cell trains.
    """
    result = pd.Series("none", index=cells.index, dtype=object)
    rng = np.random.default_rng([_SEED, seed])
    chosen = cells[cells["high_confidence"]]
    for _, group in chosen.groupby(["part", TYPE], sort=True):
        order = rng.permutation(group.index.to_numpy())
        n_watching = min(round(len(order) * settings.validation_share), len(order) - 1)
        result[order[:n_watching]] = "validation"
        result[order[n_watching:]] = "train"
    return result


def hold_out(labels: pd.Series, n_cells: int, seed: int) -> pd.Index:
    """Choose cells for an example query, in proportion to their labels.

    Parameters
    ----------
    labels : pandas.Series of str
        Words of the cells that may be taken.
    n_cells : int
        How many; never more than half of a label's cells are taken.
    seed : int
        Seed of the build.

    Returns
    -------
    pandas.Index
        Index values of the chosen cells, in the order of `labels`.
    """
    rng = np.random.default_rng([_SEED + 1, seed])
    groups = {word: group.index.to_numpy() for word, group in labels.groupby(labels, sort=True)}
    sizes = np.array([len(group) for group in groups.values()], dtype=np.int64)
    takes = _quotas(sizes, n_cells)
    chosen = [rng.choice(group, take, replace=False) for group, take in zip(groups.values(), takes, strict=True)]
    kept = set(np.concatenate(chosen).tolist()) if chosen else set()
    return labels.index[[value in kept for value in labels.index]]


def _quotas(sizes: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.int64]:
    """Share out n places in proportion to the sizes, never more than half of one, the largest remainders first."""
    most = sizes // 2
    n = min(n, int(most.sum()))
    exact = sizes * (n / max(1, sizes.sum()))
    quotas: npt.NDArray[np.int64] = np.minimum(np.floor(exact).astype(np.int64), most)
    while quotas.sum() < n:
        lacking = np.where(quotas < most, exact - quotas, -np.inf)
        quotas[int(np.argmax(lacking))] += 1
    return quotas
