"""The card of a cell type: what it is, how sure the answer is, and the genes that speak for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import ALL, ENCODER, TYPE
from core.explore.contrast import BACKGROUND, Contrast, backgrounds_of, contrast_of
from core.explore.evidence import label_mask, members
from core.explore.markers import markers_of
from core.explore.naming import type_names
from core.explore.query import Mask, Query
from core.explore.studies import studies
from core.explore.thin import thin_sentence
from core.search.confidence import AMBIGUOUS, CONFIDENT

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
    wider : bool
        Whether the term labels no reference cell itself: then everything counts the cells of all narrower types.
    n_query : int
        Selected cells with exactly this type (or a narrower one of a wider term), confident or ambiguous.
    n_confident, n_ambiguous : int
        Parts of `n_query`.
    n_query_total : int
        Query cells in all.
    n_selected : int
        Selected cells.
    n_reference, n_studies : int
        Reference cells and studies with this label, or with a narrower one of a wider term.
    median_score : float or None
        Of the type's selected cells.
    accuracy : Accuracy or None
        Where the evaluation has the type.
    backgrounds : tuple of str
        What the type can be held against: ``others``, ``siblings``, ``parent``; empty for an untested one.
    contrast : Contrast or None
        What it is held against here.
    up, down : pandas.DataFrame
        Genes that set the type apart from it, strongest first, columns `GENE_COLUMNS`.
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
    wider: bool
    n_query: int
    n_confident: int
    n_ambiguous: int
    n_query_total: int
    n_selected: int
    n_reference: int
    n_studies: int
    median_score: float | None
    accuracy: Accuracy | None
    backgrounds: tuple[str, ...]
    contrast: Contrast | None
    up: pd.DataFrame
    down: pd.DataFrame
    studies: pd.DataFrame
    thin: str


def type_card(bundle: Bundle, result: Query, term_id: str, mask: Mask, background: str = BACKGROUND) -> TypeCard:
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
    background : str
        What the type is held against; where that was not tested, the first that was.

    Returns
    -------
    TypeCard
        Empty gene tables for a term that was not tested.

    Raises
    ------
    KeyError
        If the bundle's ontology subgraph has no such term.
    """
    term = _term(bundle, term_id)
    labels = result.labels
    status = labels["status"].to_numpy()
    own = label_mask(bundle, result, term_id, mask)
    backgrounds = backgrounds_of(bundle, term_id)
    chosen = background if background in backgrounds else next(iter(backgrounds), BACKGROUND)
    found = markers_of(bundle, term_id, chosen)
    terms = members(bundle, term_id)
    sizes = bundle.cells.loc[bundle.cells[TYPE].isin(terms), "study"]
    n = int(own.sum())
    return TypeCard(
        id=term_id,
        name=str(term["name"]),
        definition=str(term["definition"]),
        synonyms=tuple(str(s) for s in term["synonyms"]),
        parents=_parents(bundle, term_id),
        url=OLS.format(ontology=term_id.partition(":")[0].lower(), term=term_id),
        wider=terms != {term_id},
        n_query=n,
        n_confident=int((own & (status == CONFIDENT)).sum()),
        n_ambiguous=int((own & (status == AMBIGUOUS)).sum()),
        n_query_total=result.n_query,
        n_selected=int(mask.sum()),
        n_reference=len(sizes),
        n_studies=int(sizes.nunique()),
        median_score=float(labels.loc[own, "confidence"].median()) if n else None,
        accuracy=_accuracy(bundle, term_id),
        backgrounds=backgrounds,
        contrast=contrast_of(bundle, term_id, chosen),
        up=found.up,
        down=found.down,
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
        (table[TYPE] == term_id)
        & (table["model"] == ENCODER)
        & (table["metric"] == "accuracy")
        & (table["held_out"] == ALL)
    ]
    for split in ("study", "pair"):
        for row in rows.loc[rows["split"] == split].to_dict("records"):
            return Accuracy(
                float(row["value"]), _number(row["ci_low"]), _number(row["ci_high"]), int(row["n_query"]), split
            )
    return None


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
