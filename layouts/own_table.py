"""A table of the user's cells: the way to bring one to a result, and what became of it."""

from __future__ import annotations

from dash import dcc, html
from dash.development.base_component import Component

from core import words
from core.explore.own_table import MAX_BYTES, OwnTable
from layouts import elements as el
from layouts import ids

DEFINITION = (
    "CSV or TSV with a header and a line a cell: its name, as in your file, then columns such as donor or condition. They become"
    f" your groups. Up to {MAX_BYTES // 1024**2} MB; kept with this search."
)
SHOWN_NAME, SHOWN_REASON = 60, 400


def layout(held: OwnTable | None) -> Component:
    """Build the part of the rail.

    Parameters
    ----------
    held : OwnTable or None
        The result's table.

    Returns
    -------
    Component
        The button, and below it what is known of the table.
    """
    return html.Div(
        [
            button(again=held is not None),
            html.Div(told(held), id=ids.CELL_TABLE_TOLD),
            dcc.Store(id=ids.CELL_TABLE_STATE),
        ],
        className="cell-table",
    )


def button(*, again: bool = False) -> Component:
    """Build the button that opens the file chooser (``assets/scquery.js``); a page of a result may hold several.

    Parameters
    ----------
    again : bool
        Whether the result has a table, which the next one replaces.

    Returns
    -------
    Component
        A native button, with the form of a table as its definition.
    """
    text = "Choose another table of your cells" if again else "Add a table of your cells"
    return el.tip(el.button(text, symbol="table", look="subtle", **el.attributes(data_cell_table="choose")), DEFINITION)


def told(held: OwnTable | None, news: object = None) -> list[Component]:
    """Say what the result's table holds, and why the last file was not taken.

    Parameters
    ----------
    held : OwnTable or None
        The result's table.
    news : object
        What the page's script says of the last file: a mapping of ``name`` and ``refused``, empty if it was taken.

    Returns
    -------
    list of Component
        Lines; none where there is nothing to tell.
    """
    lines: list[Component] = [] if held is None else [html.P(facts(held), className="quiet")]
    match news:
        case {"name": str(name), "refused": str(why)} if why:
            lines.append(html.P(f"{name[:SHOWN_NAME]}: {why[:SHOWN_REASON]}", className="rail-message", role="alert"))
        case _:
            pass
    return lines


def facts(held: OwnTable) -> str:
    """Write how much of the result a table knows.

    Parameters
    ----------
    held : OwnTable
        The table.

    Returns
    -------
    str
        One line.
    """
    matched = f"{held.n_matched:,} of {words.count(len(held.obs), 'cell')} matched"
    how = ", by names without their ending (-1)" if held.matched_without_suffix else ""
    rest = f". {held.rest()}." if held.rest() else ""
    return f"Table of your cells: {matched}, {words.count(held.obs.shape[1], 'column')}{how}{rest}"
