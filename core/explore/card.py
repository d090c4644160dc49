"""The card of a cell type: what it is, how sure the answer is, and the genes that speak for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.explore.markers import Markers, markers_of
from core.explore.naming import type_names
from core.explore.query import Mask, Query
from core.explore.studies import studies
from core.explore.thin import thin_sentence

N_EVIDENCE_HIGH, N_EVIDENCE_LOW = 4, 2
COMMON, RARE = 0.5, 0.25
"""Shares of cells: a gene in at least `COMMON` of a type's cells is expected there, one in at most `RARE` is not."""
OLS = "https://www.ebi.ac.uk/ols4/ontologies/{ontology}/classes?obo_id={term}"


@dataclass(frozen=True)
class Accuracy:
    """Held-out accuracy of a type.

    Parameters
    ----------
    value : float
        Share of held-out cells of this type that got the right label, 0..1.
    low, high : float or None
        95 % interval over studies, where it could be computed.
    n_query : int
        Held-out cells behind the figure.
    split : str
        ``study`` (whole studies held out) or ``pair``.
    """

    value: float
    low: float | None
    high: float | None
    n_query: int
    split: str


@dataclass(frozen=True)
class Evidence:
    """One gene that decides.

    Parameters
    ----------
    gene : str
        Symbol.
    share : float
        Share of the type's selected cells that express it, 0..1.
    expected_high : bool
        Whether the reference expects it in most cells of the type, else in few.
    as_expected : bool
        Whether the query cells agree.
    """

    gene: str
    share: float
    expected_high: bool
    as_expected: bool


@dataclass(frozen=True)
class TypeCard:
    """The card of one type.

    Parameters
    ----------
    id, name, definition : str
        Of the term; the definition may be empty.
    synonyms : tuple of str
        Other names.
    parents : tuple of (str, str)
        Id and name of the next wider terms.
    url : str
        Page of the term in the Ontology Lookup Service.
    n_query : int
        Selected cells with exactly this type, confident or ambiguous.
    n_confident, n_ambiguous : int
        Parts of `n_query`.
    n_query_total : int
        Query cells in all.
    n_selected : int
        Selected cells.
    n_reference, n_studies : int
        Reference cells and studies with this label, 0 for a wider term that labels nothing.
    median_score : float or None
        Of the type's selected cells.
    accuracy : Accuracy or None
        Where the evaluation has the type.
    runner_up : tuple of (str, str) or None
        Id and name of the most frequent second choice of its cells.
    up, down : pandas.DataFrame
        Genes that set the type apart, strongest first, columns `GENE_COLUMNS`; at most 50 each.
    evidence : tuple of Evidence
        Genes that speak for the type, with their share in the type's selected cells.
    studies : pandas.DataFrame
        `core.explore.studies.studies` of the type's selected cells.
    thin : str
        "The reference is thin here: 119 dendritic cells against 972 monocytes." or empty.
    """

    id: str
    name: str
    definition: str
    synonyms: tuple[str, ...]
    parents: tuple[tuple[str, str], ...]
    url: str
    n_query: int
    n_confident: int
    n_ambiguous: int
    n_query_total: int
    n_selected: int
    n_reference: int
    n_studies: int
    median_score: float | None
    accuracy: Accuracy | None
    runner_up: tuple[str, str] | None
    up: pd.DataFrame
    down: pd.DataFrame
    evidence: tuple[Evidence, ...]
    studies: pd.DataFrame
    thin: str


def type_card(bundle: Bundle, result: Query, term_id: str, mask: Mask) -> TypeCard:
    """Collect the card of a type.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    term_id : str
        A term of the bundle's ontology subgraph, matched or not.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells; the card counts the type's cells among them.

    Returns
    -------
    TypeCard
        Empty gene tables for a term that labels no reference cell.

    Raises
    ------
    KeyError
        If the bundle's ontology subgraph has no such term.
    """
    term = _term(bundle, term_id)
    labels = result.labels
    status = labels["status"].to_numpy()
    own = mask & (labels["cell_type_ontology_term_id"].to_numpy() == term_id) & (status != "unknown")
    size = bundle.cell_types.set_index("cell_type_ontology_term_id")
    found = markers_of(bundle, term_id)
    rival = _runner_up(bundle, labels.loc[own])
    n = int(own.sum())
    return TypeCard(
        id=term_id,
        name=str(term["name"]),
        definition=str(term["definition"]),
        synonyms=tuple(str(s) for s in term["synonyms"]),
        parents=_parents(bundle, term_id),
        url=OLS.format(ontology=term_id.partition(":")[0].lower(), term=term_id),
        n_query=n,
        n_confident=int((own & (status == "confident")).sum()),
        n_ambiguous=int((own & (status == "ambiguous")).sum()),
        n_query_total=result.n_query,
        n_selected=int(mask.sum()),
        n_reference=int(size["n_cells"].get(term_id, 0)),
        n_studies=int(size["n_studies"].get(term_id, 0)),
        median_score=float(labels.loc[own, "confidence"].median()) if n else None,
        accuracy=_accuracy(bundle, term_id),
        runner_up=rival,
        up=found.up,
        down=found.down,
        evidence=_evidence(bundle, result, found, np.flatnonzero(own), rival),
        studies=studies(bundle, result, own),
        thin=thin_sentence(bundle, result, mask, term_id),
    )


def _term(bundle: Bundle, term_id: str) -> dict[str, Any]:
    rows = bundle.terms.loc[bundle.terms["term_id"] == term_id]
    if rows.empty:
        raise KeyError(term_id)
    return {str(key): value for key, value in rows.iloc[0].items()}


def _parents(bundle: Bundle, term_id: str) -> tuple[tuple[str, str], ...]:
    names = type_names(bundle)
    wider = bundle.edges.loc[bundle.edges["child_id"] == term_id, "parent_id"].astype(str)
    return tuple((parent, names[parent]) for parent in dict.fromkeys(wider))


def _accuracy(bundle: Bundle, term_id: str) -> Accuracy | None:
    """Take the figure of whole held-out studies, else the one of single held-out pairs."""
    table = bundle.frame("evaluation")
    rows = table.loc[
        (table["cell_type_ontology_term_id"] == term_id)
        & (table["model"] == "encoder")
        & (table["metric"] == "accuracy")
        & (table["held_out"] == "all")
    ]
    for split in ("study", "pair"):
        for row in rows.loc[rows["split"] == split].to_dict("records"):
            return Accuracy(
                float(row["value"]), _number(row["ci_low"]), _number(row["ci_high"]), int(row["n_query"]), split
            )
    return None


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _runner_up(bundle: Bundle, labels: pd.DataFrame) -> tuple[str, str] | None:
    others = labels["runner_up_ontology_term_id"].fillna("").astype(str)
    counts = others[others != ""].value_counts()
    if counts.empty:
        return None
    term = str(counts.index[0])
    return term, type_names(bundle).get(term, term)


def _evidence(
    bundle: Bundle, result: Query, found: Markers, rows: npt.NDArray[np.intp], rival: tuple[str, str] | None
) -> tuple[Evidence, ...]:
    """Hold the genes that tell the type from its runner-up against the query cells."""
    if not len(rows):
        return ()
    against = markers_of(bundle, rival[0]).pct_in if rival else {}
    high = _telling(found.up, against, expected_high=True, result=result)[:N_EVIDENCE_HIGH]
    low = _telling(found.down, against, expected_high=False, result=result)[:N_EVIDENCE_LOW]
    genes = [str(gene) for gene in (*high["gene_symbol"], *low["gene_symbol"])]
    if not genes:
        return ()
    shares = (result.expression_of(genes, rows) > 0).mean(axis=0)
    expected = [*high["pct_in"], *low["pct_in"]]
    out = []
    for i, (gene, share, pct) in enumerate(zip(genes, shares, expected, strict=True)):
        is_high = i < len(high)
        agrees = share >= COMMON * pct if is_high else share <= max(RARE, 2 * pct)
        out.append(Evidence(gene, float(share), is_high, bool(agrees)))
    return tuple(out)


def _telling(genes: pd.DataFrame, against: Mapping[str, float], *, expected_high: bool, result: Query) -> pd.DataFrame:
    measured = genes.loc[[result.has_gene(str(gene)) for gene in genes["gene_symbol"]]]
    other = np.array(
        [against.get(str(r.gene_symbol), r.pct_out) for r in measured.itertuples(index=False)], dtype=float
    )
    own = measured["pct_in"].to_numpy(dtype=float)
    if expected_high:
        return measured.loc[(own >= COMMON) & (other <= COMMON * own)]
    return measured.loc[(own <= RARE) & (other >= COMMON)]
