"""The Composition panel: types by their share, confident and ambiguous told apart, unknown below a rule.

Plain HTML: a row is a button that selects its cells. Colours are tokens, so a change of theme needs no redrawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from core.explore.composition import CompositionView
from core.ontology.text import brief_name
from core.search.confidence import AMBIGUOUS, UNKNOWN
from core.words import percent
from layouts import elements as el
from layouts import ids, states

N_COLOURS = 12
SELECTION, ALL = "selection", "all"
FILE = "scquery-composition.csv"


def layout() -> Component:
    """Build the panel.

    Returns
    -------
    Component
        The panel, still empty.
    """
    switch = dmc.SegmentedControl(
        id=ids.SCOPE_SWITCH,
        data=scopes(None),
        value=SELECTION,
        size="xs",
    )
    return el.panel(
        "Composition",
        html.Div(id=ids.COMPOSITION, className="composition"),
        name="composition",
        tools=[switch],
        message_id=ids.COMPOSITION_MESSAGE,
        expandable=False,
    )


def scopes(n_query: int | None) -> list[dict[str, str]]:
    """Name the two ways to count.

    Parameters
    ----------
    n_query : int or None
        Query cells; None before they are known.

    Returns
    -------
    list of dict
        For the switch.
    """
    everything = "All" if n_query is None else f"All {n_query:,}"
    return [{"value": SELECTION, "label": "Selection"}, {"value": ALL, "label": everything}]


def rows(view: CompositionView, ranks: Sequence[str], *, chosen: str, thin: frozenset[str]) -> list[Component]:
    """Draw the rows.

    Parameters
    ----------
    view : CompositionView
        Counts of the cells shown.
    ranks : sequence of str
        Types in the order colours are given out.
    chosen : str
        Text of the selection: its row is framed.
    thin : frozenset of str
        Types with a thin reference.

    Returns
    -------
    list of Component
        Types, most cells first, then ambiguous and unknown cells.
    """
    if not view.n_selected:
        return [states.panel_empty("No cells are selected.", "Clear the selection, or choose other cells.")]
    most = max(int(view.table["n"].max()) if len(view.table) else 0, view.n_unknown, 1)
    types = [
        _row(row, view.n_selected, most, colour(row["type_id"], ranks), chosen=chosen, is_thin=row["type_id"] in thin)
        for row in view.table.to_dict("records")
    ]
    apart = [
        _status_row(AMBIGUOUS, "of which ambiguous", view.n_ambiguous, view.n_selected, most, chosen),
        _status_row(UNKNOWN, "Unknown", view.n_unknown, view.n_selected, most, chosen),
    ]
    return [
        html.Div(types or states.no_types(view.n_unknown), className="composition-types"),
        html.Div(apart, className="composition-apart"),
    ]


def colour(term_id: str, ranks: Sequence[str]) -> str:
    """Give the colour token of a type.

    Parameters
    ----------
    term_id : str
        Cell type id.
    ranks : sequence of str
        Types by their share in the whole query.

    Returns
    -------
    str
        CSS value; every type past the twelfth is grey.
    """
    place = ranks.index(term_id) if term_id in ranks else N_COLOURS
    return f"var(--cat-{place + 1})" if place < N_COLOURS else "var(--ghost)"


def _row(row: dict[Any, Any], n_selected: int, most: int, swatch: str, *, chosen: str, is_thin: bool) -> Component:
    term_id, name, n = str(row["type_id"]), str(row["type_name"]), int(row["n"])
    picked = chosen in (f"type:{term_id}", f"under:{term_id}")
    button = _button(
        f"type:{term_id}",
        brief_name(name),
        (n, percent(n, n_selected)),
        title=f"{name}: {n:,} cells, {row['n_confident']:,} confident and {row['n_low']:,} ambiguous",
        picked=picked,
        is_thin=is_thin,
        style={"--solid": _width(row["n_confident"], most), "--shown": _width(n, most)},
    )
    about = html.Button(
        className="share-about glyph-info-circle",
        type="button",
        title=f"About {name}",
        **el.attributes(aria_label=f"About {name}"),
        **el.goes(type=term_id),
    )
    return html.Div([button, about], className=_row_class(picked=picked), style={"--swatch": swatch})


def _status_row(status: str, text: str, n: int, n_selected: int, most: int, chosen: str) -> Component:
    definitions = {
        AMBIGUOUS: "No type reaches the confidence level. These cells are counted above: they are the hatched parts of their most "
        "likely types. The headline counts them by the wider type they carry.",
        UNKNOWN: "Farther from their nearest reference cells than almost all held-out cells of known types are. No type is given.",
    }
    picked = chosen == f"status:{status}"
    button = _button(
        f"status:{status}",
        text,
        (n, percent(n, n_selected)),
        title=definitions[status],
        picked=picked,
        style={"--shown": _width(min(n, most), most)},
    )
    return html.Div(button, className=_row_class(status, picked=picked))


def _button(
    selection: str,
    name: str,
    counts: tuple[int, str],
    *,
    title: str,
    picked: bool,
    style: dict[str, str],
    is_thin: bool = False,
) -> Component:
    """Draw a row's figures; swatch, bar and warning are drawn by the style sheet, since every component costs every click its part."""
    n, share = counts
    return html.Button(
        [
            html.Span(name, className="share-name is-thin glyph-alert-triangle" if is_thin else "share-name"),
            f"{n:,}",
            html.Span(share, className="share-percent"),
        ],
        type="button",
        className="share-button",
        title=title,
        style=style,
        **el.attributes(aria_pressed="true" if picked else "false"),
        **el.goes(sel=None if picked else selection),
    )


def _row_class(status: str = "", *, picked: bool) -> str:
    return " ".join(["share-row", *([f"is-{status}"] if status else []), *(["is-selected"] if picked else [])])


def _width(n: int, most: int) -> str:
    return f"{100 * n / most:.2f}%"
