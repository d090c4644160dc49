"""Why this label: the genes that tell it from the runner-up in the reference, looked up in the query cells.

Two types may come from different studies, and then every gene differs a little because the laboratories do. So a gene is taken
only where it also sets one of the two apart in the reference's own tests, which hold cells of one study against each other
wherever that can be done.

Cells measured less deeply have every gene more rarely, also those of their own type. So the shares of the reference are told as they
would be in cells with as many genes as the query's (`at_depth`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.markers import markers_of
from core.explore.naming import narrower, type_names
from core.explore.query import Mask, Query
from core.search.confidence import UNKNOWN

N_DRIVERS = 6
MOST_CELLS = 300
"""Of the query, to learn how many genes they have."""
ALL = 0.999
"""A gene that all cells of a sample have might be missing in the next."""
LEAST_DEPTH = 0.02
"""Of the query's cells against the reference's; less is taken for this much."""
COMMON, LESS = 0.5, 0.5
"""A gene tells two types apart if at least half of the one's cells have it, and at most half as large a share of the other's."""
FEW_CELLS = 5
TESTED_AGAINST = ("others", "siblings", "parent")
EVERYTHING_ELSE = "all other types"
Shares = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Driver:
    """A gene that tells the label from the runner-up.

    Parameters
    ----------
    symbol : str
        The gene.
    of_label : bool
        Whether it is a gene of the label; else one of the runner-up.
    share : float
        Share of the query cells with a value above 0, 0..1.
    share_label, share_rival : float
        The same in the reference's cells of both types, at the depth of the query cells.
    """

    symbol: str
    of_label: bool
    share: float
    share_label: float
    share_rival: float

    @property
    def supports(self) -> bool:
        """Whether the query cells are nearer to the label than to the runner-up."""
        return abs(self.share - self.share_label) <= abs(self.share - self.share_rival)


@dataclass(frozen=True)
class EvidenceView:
    """The evidence for one label.

    Parameters
    ----------
    label : tuple of (str, str)
        Id and name.
    rival : tuple of (str, str) or None
        Id and name of the most frequent second choice; None where no cell has one, then the label is held against all other types.
    n_cells : int
        Selected cells with the label.
    drivers : tuple of Driver
        Genes of the label first, the most telling first.
    n_missing : int
        More telling genes that the upload did not measure.
    shared_studies : tuple of str
        Studies of the reference that hold both types.
    """

    label: tuple[str, str]
    rival: tuple[str, str] | None
    n_cells: int
    drivers: tuple[Driver, ...]
    n_missing: int
    shared_studies: tuple[str, ...]


def main_label(result: Query, mask: Mask) -> str | None:
    """Return the type most selected cells carry, unknown cells aside; None for no such cell."""
    known = mask & (result.labels["status"] != UNKNOWN).to_numpy()
    counts = result.labels.loc[known, TYPE].value_counts()
    return str(counts.index[0]) if len(counts) else None


def main_type(result: Query, mask: Mask) -> tuple[str, str] | None:
    """Return id and name of the type most selected cells carry, as `main_label`."""
    label = main_label(result, mask)
    if label is None:
        return None
    return label, str(result.labels.loc[result.labels[TYPE] == label, "cell_type"].iloc[0])


def evidence(bundle: Bundle, result: Query, term_id: str, mask: Mask) -> EvidenceView:
    """Hold the genes that tell a label from its runner-up against the cells that carry it.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    term_id : str
        The label, or a wider term: then the cells of all narrower labels count.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    EvidenceView
        Without genes where no cell carries the label, or where the reference knows no telling gene.
    """
    own = label_mask(bundle, result, term_id, mask)
    rival = _runner_up(bundle, result.labels.loc[own], term_id)
    names = type_names(bundle)
    profile, other = _shares(bundle, term_id), _shares(bundle, rival) if rival else _all_others(bundle, term_id)
    found = _telling(bundle, (term_id, profile), (rival, other))
    measured = np.array([result.has_gene(str(symbol)) for symbol in found["symbol"]], dtype=np.bool_)
    chosen = found[measured].groupby("of_label", sort=False).head(N_DRIVERS)
    rows = np.flatnonzero(own)
    chosen = chosen.assign(
        label=_as_in(bundle, result, rows, profile, chosen["label"]),
        rival=_as_in(bundle, result, rows, other, chosen["rival"]),
    )
    symbols = [str(symbol) for symbol in chosen["symbol"]]
    shares = (result.expression_of(symbols, rows) > 0).mean(axis=0) if len(rows) and symbols else np.empty(0)
    drivers = [
        Driver(str(row["symbol"]), bool(row["of_label"]), float(share), float(row["label"]), float(row["rival"]))
        for row, share in zip(chosen.to_dict("records"), shares, strict=False)
    ]
    last = int(chosen.index.max()) if len(chosen) else len(found) - 1
    return EvidenceView(
        label=(term_id, names.get(term_id, term_id)),
        rival=(rival, names.get(rival, rival)) if rival else None,
        n_cells=len(rows),
        drivers=tuple(sorted(drivers, key=lambda driver: not driver.of_label)),
        n_missing=int((~measured[: last + 1]).sum()),
        shared_studies=_shared_studies(bundle, term_id, rival) if rival else (),
    )


def label_mask(bundle: Bundle, result: Query, term_id: str, mask: Mask) -> Mask:
    """Select the cells of a term among the selected ones.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    term_id : str
        A label: its own cells; a term that labels no reference cell: those of all narrower labels.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    numpy.ndarray of bool, shape (n_query,)
        Confident and ambiguous cells of the term.
    """
    terms = members(bundle, term_id)
    known = (result.labels["status"] != UNKNOWN).to_numpy()
    return np.asarray(mask & known & result.labels[TYPE].isin(terms).to_numpy(), dtype=np.bool_)


def members(bundle: Bundle, term_id: str) -> set[str]:
    """Return the labels a term stands for: itself where it labels cells, else all narrower ones."""
    labels = set(bundle.cell_types[TYPE])
    return {term_id} if term_id in labels else narrower(bundle, term_id) & labels


def _runner_up(bundle: Bundle, labels: pd.DataFrame, term_id: str) -> str | None:
    """Find the most frequent second choice that lies outside the term."""
    others = labels["runner_up_ontology_term_id"].fillna("").astype(str)
    counts = others[(others != "") & ~others.isin(narrower(bundle, term_id))].value_counts()
    return str(counts.index[0]) if len(counts) else None


def at_depth(shares: Shares, profile: Shares, n_genes: float) -> Shares:
    """Return in which shares of cells genes are found, were the cells measured less deeply.

    Parameters
    ----------
    shares : ndarray of float64
        Shares of cells with some genes, 0..1.
    profile : ndarray of float64
        The same of all genes that are compared.
    n_genes : float
        How many of these a cell has on the average, at the other depth.

    Returns
    -------
    ndarray of float64
        1 - (1 - share)^r, in order of `shares`, as for molecules that are each caught with r times the chance (r <= 1). r is such that the
        profile adds up to `n_genes`. Shares stay as they are where the profile has no more genes: what a cell does not express is not
        found at any depth.
    """
    missed = 1 - np.minimum(profile[profile > 0], ALL)

    def too_many(depth: float) -> float:
        return float(len(missed) - (missed**depth).sum() - n_genes)

    if too_many(1.0) <= 0:
        return shares
    depth = LEAST_DEPTH if too_many(LEAST_DEPTH) >= 0 else scipy.optimize.brentq(too_many, LEAST_DEPTH, 1.0)
    fewer: Shares = 1 - (1 - np.minimum(shares, ALL)) ** depth
    return fewer


def _as_in(
    bundle: Bundle, result: Query, rows: npt.NDArray[np.intp], found: tuple[Shares, Mask], shares: pd.Series
) -> Shares:
    """Return shares of the reference as in some cells of the query."""
    profile, known = found
    asked = shares.to_numpy(np.float64)
    if not len(rows):
        return asked
    place = np.array([bundle.gene_rows.get(symbol, -1) for symbol in result.genes])
    both = (place >= 0) & known[place]
    some = rows[:: -(-len(rows) // MOST_CELLS)]
    n_genes = (result.cells_by_gene(some)[:, both] > 0).sum() / len(some)
    return at_depth(asked, profile[place[both]], float(n_genes))


def _telling(
    bundle: Bundle, label: tuple[str, tuple[Shares, Mask]], runner_up: tuple[str | None, tuple[Shares, Mask]]
) -> pd.DataFrame:
    """List telling genes, the most telling first: symbol, of_label, and the shares of both types."""
    (term_id, (own, there)), (rival, (other, also)) = label, runner_up
    known = there & also
    of_label = known & (own >= COMMON) & (other <= LESS * own)
    of_rival = known & (other >= COMMON) & (own <= LESS * other)
    symbols = bundle.genes["gene_symbol"].to_numpy()
    table = pd.DataFrame({"symbol": symbols, "of_label": of_label, "label": own, "rival": other})
    table = table[of_label | of_rival]
    up, down = _tested(bundle, term_id)
    rival_up, rival_down = _tested(bundle, rival) if rival else (set(), set())
    for_label, for_rival = up | rival_down, down | rival_up
    sure = np.array(
        [s in (for_label if mine else for_rival) for s, mine in zip(table["symbol"], table["of_label"], strict=True)],
        dtype=np.bool_,
    )
    gap = (table["label"] - table["rival"]).abs()
    return table.assign(gap=gap)[sure].sort_values("gap", ascending=False, kind="stable", ignore_index=True)


def _tested(bundle: Bundle, term_id: str) -> tuple[set[str], set[str]]:
    """Return the genes that a term's own tests found higher and lower."""
    found = [markers_of(bundle, term_id, background) for background in TESTED_AGAINST]
    up = {str(symbol) for markers in found for symbol in markers.up["gene_symbol"]}
    down = {str(symbol) for markers in found for symbol in markers.down["gene_symbol"]}
    return up, down


def _shares(bundle: Bundle, term_id: str) -> tuple[Shares, Mask]:
    """Return the share of a term's reference cells with each gene, and where it was measured in enough of them."""
    return _pooled(bundle, bundle.cell_types[TYPE].isin(members(bundle, term_id)))


def _all_others(bundle: Bundle, term_id: str) -> tuple[Shares, Mask]:
    return _pooled(bundle, ~bundle.cell_types[TYPE].isin(narrower(bundle, term_id)))


def _pooled(bundle: Bundle, wanted: pd.Series) -> tuple[Shares, Mask]:
    found, columns = bundle.type_expression, np.flatnonzero(wanted)
    n = found.n_cells[:, columns].astype(np.float64)
    total = n.sum(axis=1)
    share = (n * found.pct[:, columns]).sum(axis=1) / np.maximum(total, 1)
    return share, np.asarray(total >= FEW_CELLS, dtype=np.bool_)


def _shared_studies(bundle: Bundle, term_id: str, rival: str) -> tuple[str, ...]:
    cells = bundle.cells
    types = cells[TYPE]
    both = [set(cells.loc[types.isin(members(bundle, term)), "study"]) for term in (term_id, rival)]
    return tuple(sorted(both[0] & both[1]))
