"""The card of a cell type: what it is, how sure the answer is, its genes in the reference and in the query cells."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
import pandas as pd
from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.card import Accuracy, TypeCard
from core.explore.contrast import BACKGROUND
from core.explore.markers import GeneHeatmapView
from core.words import percent
from layouts import card_genes, ids, states
from layouts import elements as el
from layouts.figures.genes import height as figure_height

SHOWN_SYNONYMS = 4
SHOWN_STUDIES = 6
FEWEST_OF_A_TYPE = 20
"""Held-out cells below which the share that got its own type is not shown: two of two tell nothing."""


def drawer(*, opened: bool) -> Component:
    """Build the drawer; it opens when the address names a type.

    Parameters
    ----------
    opened : bool
        Whether it is open from the start.

    Returns
    -------
    Component
        Drawer and the file it can save.
    """
    body = html.Div(el.skeleton(), id=ids.CARD_BODY, className="card-body")
    shown = dmc.Drawer(
        body,
        id=ids.CARD,
        opened=opened,
        position="right",
        size=784,
        offset=0,
        padding=0,
        withCloseButton=True,
        closeButtonProps={"aria-label": "Close the card"},
        overlayProps={"backgroundOpacity": 0.38, "blur": 0},
        transitionProps={"transition": "slide-left", "duration": 180},
        keepMounted=False,
        className="card-drawer",
        trapFocus=True,
        returnFocus=True,
    )
    return html.Div([shown, dcc.Download(id=ids.GENES_FILE)])


def layout(card: TypeCard, *, swatch: str, chosen: str, ontology_release: str) -> Component:
    """Fill the card.

    Parameters
    ----------
    card : TypeCard
        The type.
    swatch : str
        CSS colour of the type.
    chosen : str
        Text of the selection.
    ontology_release : str
        "Cell Ontology, release 2017-12-11".

    Returns
    -------
    Component
        Body of the drawer.
    """
    return html.Div(
        [
            _head(card, swatch),
            _stats(card),
            *_thin(card),
            html.Section(card_genes.layout(card), className="card-part"),
            html.Div([_why(), _studies(card)], className="card-evidence"),
            _genes(),
            _foot(card, chosen, ontology_release),
        ],
        className="card",
    )


def heatmap_height(view: GeneHeatmapView) -> dict[str, str]:
    """Give the gene heatmap a row height at which every gene can be named.

    Parameters
    ----------
    view : GeneHeatmapView
        Genes and cells.

    Returns
    -------
    dict
        Style of its place.
    """
    return {"height": f"{figure_height(len(view.genes))}px"}


def gene_table(card: TypeCard) -> pd.DataFrame:
    """Join up and down genes for saving.

    Parameters
    ----------
    card : TypeCard
        The type.

    Returns
    -------
    pandas.DataFrame
        One row a gene, up first, with a column ``direction``.
    """
    up = card.up.assign(direction="up")
    return pd.concat([up, card.down.assign(direction="down")], ignore_index=True)


def gene_file(card: TypeCard) -> str:
    """Name the file of a type's genes after the type and what it is held against.

    Parameters
    ----------
    card : TypeCard
        The type.

    Returns
    -------
    str
        File name.
    """
    against = (
        "" if card.contrast is None or card.contrast.background == BACKGROUND else f"-vs-{card.contrast.background}"
    )
    return f"scquery-genes-{card.id.replace(':', '-')}{against}.csv"


def _head(card: TypeCard, swatch: str) -> Component:
    known_as: list[Any] = []
    if card.synonyms:
        names = ", ".join(card.synonyms[:SHOWN_SYNONYMS])
        known_as += ["Also called ", html.Strong(names), ". "]
    if card.parents:
        known_as.append("Parent: " if len(card.parents) == 1 else "Parents: ")
        for i, (term_id, name) in enumerate(card.parents):
            known_as += [", "] if i else []
            known_as.append(html.Button(name, className="link", type="button", **el.goes(type=term_id)))
        known_as.append(".")
    term = el.outside(
        [card.id, el.icon("external-link", size="small")],
        card.url,
        class_name="mono",
        title="In the Ontology Lookup Service",
    )
    title = html.Div(
        [html.Span(className="swatch is-large", style={"--swatch": swatch}), html.H1(card.name), term],
        className="card-title",
    )
    definition = card.definition or "The ontology has no definition for this term."
    return html.Header(
        [title, html.P(definition, className="card-definition"), html.P(known_as, className="card-names")],
        className="card-head",
    )


def _stats(card: TypeCard) -> Component:
    of = (
        f"of your {card.n_query_total:,} cells"
        if card.n_selected == card.n_query_total
        else f"of {card.n_selected:,} selected cells"
    )
    wider = " A wider term: the cells of all narrower types are counted." if card.wider else ""
    figures = [
        el.stat(
            words.count(card.n_query),
            of,
            "Cells with this label, confident or ambiguous." + wider,
        ),
        el.stat(
            words.count(card.n_reference),
            "in the reference",
            wider.strip() or "Reference cells with exactly this label.",
        ),
        el.stat(
            words.count(card.n_studies),
            "study with this type" if card.n_studies == 1 else "studies with this type",
            "Studies whose cells carry this label.",
        ),
        _accuracy(card.accuracy),
        _score(card),
    ]
    return html.Div(figures, className="card-stats")


def _accuracy(accuracy: Accuracy | None) -> Component:
    if accuracy is None:
        return el.stat("–", "accuracy not measured", "No held-out study has this type, so it could not be measured.")
    if accuracy.n_query < FEWEST_OF_A_TYPE:
        few = f"accuracy: only {words.count(accuracy.n_query, 'held-out cell')}"
        return el.stat("–", few, "Too few cells of this type were held out to tell how often the label is right.")
    what = "a study is held out" if accuracy.split == "study" else "its study is held out"
    label: list[Any] = [f"right when {what}"]
    if accuracy.low is not None and accuracy.high is not None:
        label.append(html.Div(f"{100 * accuracy.low:.0f} to {100 * accuracy.high:.0f} %"))
    definition = f"Share of {accuracy.n_query:,} held-out cells of this type that got this type; below it the 95 % interval over studies."
    return el.stat(f"{100 * accuracy.value:.0f} %", label, definition)


def _score(card: TypeCard) -> Component:
    label: list[Any] = ["median score"]
    if card.n_ambiguous:
        label.append(html.Div(f"{card.n_ambiguous:,} of them ambiguous"))
    return el.stat(
        words.score(card.median_score),
        label,
        "Share of the neighbours' weight this type has, median over its cells; 1 is all.",
    )


def _thin(card: TypeCard) -> list[Component]:
    if not card.thin:
        return []
    text = html.Div(
        [html.Strong(card.thin), html.P("Read the label together with the runner-up.")], className="band-text"
    )
    return [
        html.Section([el.icon("alert-triangle", class_name="band-icon"), text], className="band is-warn", role="note")
    ]


def genes_line(view: GeneHeatmapView) -> str:
    """Say what the gene heatmap shows.

    Parameters
    ----------
    view : GeneHeatmapView
        Genes and cells.

    Returns
    -------
    str
        For the line under the heading.
    """
    line = "log expression; the leftmost column is the reference's mean"
    return f"{line}. {view.n_missing} more genes are not in your file" if view.n_missing else line


def no_genes(view: GeneHeatmapView) -> Component:
    """Say why there is no gene heatmap.

    Parameters
    ----------
    view : GeneHeatmapView
        Without genes or without cells.

    Returns
    -------
    Component
        A sentence in the figure's place.
    """
    if not view.cell_ids:
        return states.panel_empty("No cells are selected.", "Clear the selection to see all cells.")
    if view.n_missing:
        return states.panel_empty("None of its genes is in your file.")
    return states.panel_empty("There are no genes to look up.", "Its genes were not tested against other types.")


def _genes() -> Component:
    # Its own callback fills it: clustering takes longer than the rest of the card.
    line = html.P(id=ids.GENES_SUB, className="quiet is-one-line")
    body = html.Div(el.skeleton(), id=ids.GENES_BODY, className="card-graph is-tall")
    return html.Section([html.H2("The same genes in your cells"), line, body], className="card-part")


def _why() -> Component:
    # Its own callback fills it too: it reads all genes of two types.
    return html.Section(
        [html.H2("Why this label"), html.Div(el.skeleton(), id=ids.CARD_EVIDENCE, className="evidence-place")]
    )


def _studies(card: TypeCard) -> Component:
    table = card.studies[card.studies["n_hits"] > 0].head(SHOWN_STUDIES)
    rows = [
        [
            row["accession"] if isinstance(row["accession"], str) else "no accession",
            ", ".join(x for x in (row["tissue"], row["technology"]) if x),
            percent(float(row["share"]), 1),
        ]
        for row in table.to_dict("records")
    ]
    body = dmc.Table(data={"body": rows}) if rows else html.P("No cell of this type is selected.", className="quiet")
    return html.Section([html.H2("Studies the nearest cells come from"), body])


def _foot(card: TypeCard, chosen: str, ontology_release: str) -> Component:
    text = f"under:{card.id}" if card.wider else f"type:{card.id}"
    already = chosen == text
    show = el.button(
        "These cells are selected" if already else "Show these cells only",
        id=ids.CARD_SELECT,
        symbol="check" if already else "lasso",
        look="filled",
        disabled=already,
        **el.goes(sel=text, type=None),
    )
    save = el.button(
        "Download genes", id=ids.GENES_DOWNLOAD, symbol="download", disabled=not len(card.up) and not len(card.down)
    )
    return html.Footer(
        [show, save, html.Span(className="spring"), html.Span(ontology_release, className="quiet")],
        className="card-foot",
    )


def ontology_release(name: str, release: str) -> str:
    """Name the ontology a term comes from.

    Parameters
    ----------
    name, release : str
        From the manifest.

    Returns
    -------
    str
        For the foot of the card.
    """
    return f"{name}, release {release}" if release else name
