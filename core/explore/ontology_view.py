"""The matched types and their paths to the root, laid out for drawing (the paper's Figure 5c)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.bundle.reader import Bundle
from core.explore.composition import composition
from core.explore.query import Mask, Query
from core.ontology.graph import Ontology
from core.ontology.layout import Drawing, draw

DEFAULT_SIZE = (640, 240)


@dataclass(frozen=True)
class OntologyView:
    """The ontology panel.

    Parameters
    ----------
    drawing : Drawing
        Nodes with places, labels and label sides, and edges; see `core.ontology.layout`.
    n_query : mapping of str to int
        Selected cells labelled with exactly this type (confident and ambiguous), for every drawn node.
    n_below : mapping of str to int
        Selected cells labelled with this type or a narrower one.
    """

    drawing: Drawing
    n_query: Mapping[str, int]
    n_below: Mapping[str, int]


def ontology_view(bundle: Bundle, result: Query, mask: Mask, size: tuple[int, int] = DEFAULT_SIZE) -> OntologyView:
    """Lay out the types of the whole query and count the selected cells in each.

    Parameters
    ----------
    bundle : Bundle
        The reference's ontology subgraph.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells: they change counts, never places, so that the picture does not jump.
    size : tuple of int
        Width and height of the panel's drawing area in pixels.

    Returns
    -------
    OntologyView
        Drawing for a 1:1 fit where the types allow it.
    """
    ontology = Ontology.from_tables(bundle.terms, bundle.edges)
    everything = _counts(bundle, result, np.ones(result.n_query, dtype=np.bool_))
    matched = {term: n for term, n in everything.items() if term in ontology}
    drawing = draw(ontology, matched, width=size[0], height=size[1])
    chosen = _counts(bundle, result, mask)
    shown = [node.id for node in drawing.nodes if node.id in ontology]
    below = {i: sum(chosen.get(t, 0) for t in (i, *ontology.descendants(i))) for i in shown}
    return OntologyView(drawing, {i: chosen.get(i, 0) for i in shown}, below)


def _counts(bundle: Bundle, result: Query, mask: Mask) -> dict[str, int]:
    table = composition(bundle, result, mask).table
    return dict(zip(table["type_id"].astype(str), table["n"].astype(int), strict=True))
