"""The tab Compare: who is compared, the answer, the bars of all groups, the types of two of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.compared import ADDRESS, CHOSEN, N_CHOSEN, choice_of
from callbacks.opened import Shown, in_panel, open_shown
from core.errors import ScQueryError
from core.explore.compare import Comparison
from core.explore.compare_choice import NONE
from core.result import to_csv
from layouts import compare, compare_types, ids, links, own_table, states
from layouts.figures.compare import compare_figure, shown_rows
from layouts.figures.tokens import Theme


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    controls = (ids.COMPARE_BY, ids.COMPARE_GROUP, ids.COMPARE_AGAINST, ids.COMPARE_REPLICATES)
    app.callback(
        Output(ids.COMPARED, "data"),
        *(Output(name, part) for name in controls for part in ("data", "value")),
        *CHOSEN,
        Input(ids.COMPARED, "id"),
        State(ids.URL, "pathname"),
    )(update_controls)
    app.callback(
        Output(ids.COMPARE_ANSWER, "children"),
        Output(ids.COMPARE_NOTE, "children"),
        *CHOSEN,
        *ADDRESS,
        Input(ids.COMPARED, "id"),
        State(ids.URL, "pathname"),
    )(update_answer)
    app.callback(
        Output(ids.DOWNLOAD_SUMMARY, "href"),
        *CHOSEN,
        *ADDRESS[1:],
        Input(ids.DOWNLOAD_SUMMARY, "id"),
        State(ids.URL, "pathname"),
    )(summary_link)
    app.callback(
        Output(ids.COMPARE_BARS, "children"),
        Output(ids.COMPARE_BARS_SUB, "children"),
        Output(ids.COMPARE_BARS_MESSAGE, "children"),
        *CHOSEN,
        *ADDRESS,
        Input(ids.COMPARE_BARS, "id"),
        State(ids.URL, "pathname"),
    )(update_bars)
    app.callback(
        Output(ids.COMPARE_TYPES, "children"),
        Output(ids.COMPARE_TYPES_SUB, "children"),
        Output(ids.COMPARE_TYPES_MESSAGE, "children"),
        *CHOSEN,
        *ADDRESS,
        Input(ids.COMPARE_VIEW, "value"),
        Input(ids.SCHEME, "data"),
        State(ids.URL, "pathname"),
    )(update_types)
    app.callback(
        Output(ids.COMPARE_TABLE_TOLD, "children"), Input(ids.CELL_TABLE_STATE, "data"), prevent_initial_call=True
    )(tell_table)
    files = (
        (ids.COMPARE_FILE, ids.COMPARE_DOWNLOAD, save),
        (ids.COMPARE_BARS_FILE, ids.COMPARE_BARS_DOWNLOAD, save_bars),
    )
    for file, asked, act in files:
        app.callback(
            Output(file, "data"),
            Input(asked, "n_clicks"),
            *(State(part.component_id, "data") for part in (*CHOSEN, *ADDRESS)),
            State(ids.URL, "pathname"),
            prevent_initial_call=True,
        )(act)


def update_controls(*given: str | None) -> tuple[Any, ...]:
    """Say what the controls offer and show.

    Parameters
    ----------
    *given : str or None
        Column, group, the one against it, replicates; the id of the tab; path of the address.

    Returns
    -------
    tuple
        What is compared, for the browser, and data and value of each control.
    """
    *chosen, _, pathname = given
    try:
        shown = open_shown(pathname, "all", None)
        choice = shown.engine.compared(shown.result, *chosen)
    except ScQueryError as error:
        raise PreventUpdate from error
    if choice is None:
        raise PreventUpdate
    columns, replicates = shown.engine.own_columns(shown.result), shown.engine.replicate_columns(shown.result)
    compared = {
        "by": choice.column,
        "group": choice.group,
        "against": choice.against,
        "replicates": choice.replicates or NONE,
    }
    return (compared, *compare.choices(columns, replicates, choice))


def summary_link(*given: str | None) -> str:
    """Give the address of the summary to hand on, which tells of the groups the page compares.

    Parameters
    ----------
    *given : str or None
        Column, group, the one against it, replicates; threshold and detail; id of the link; path of the address.

    Returns
    -------
    str
        Path and query.
    """
    by, group, against, replicates, threshold, detail, _, pathname = given
    place = links.read_path(pathname)
    if place.page != "result":
        raise PreventUpdate
    return links.download(
        place.token,
        "summary.html",
        threshold=threshold,
        detail=detail,
        by=by,
        group=group,
        against=against,
        replicates=replicates,
    )


def update_answer(*given: str | None) -> tuple[Any, Any]:
    """Write the answer, and a warning where there is one.

    Parameters
    ----------
    *given : str or None
        Column, group, the one against it, replicates; selection, threshold and detail; the id of the tab; path of the address.

    Returns
    -------
    tuple
        Heading and line, and a band.
    """
    *address, _, pathname = given
    try:
        view = compared(open_shown(pathname, *address[N_CHOSEN:]), address[:N_CHOSEN])
    except ScQueryError as error:
        return states.panel_sentence(error), []
    return compare.answer(view), compare.note(view)


def update_bars(*given: str | None) -> list[Any]:
    """Draw the composition of all groups.

    Parameters
    ----------
    *given : str or None
        As `update_answer`.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    *address, _, pathname = given
    return in_panel(draw_bars, 2, (pathname, *address[N_CHOSEN:]), address[:N_CHOSEN])


def draw_bars(shown: Shown, chosen: Sequence[str | None]) -> Sequence[Any]:
    """Draw the composition of all groups.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    chosen : sequence of str or None
        Column, group, the one against it, replicates.

    Returns
    -------
    sequence
        Bars, and the line beside the title.
    """
    view = compared(shown, chosen)
    if view.by_group.empty:
        return None, "", states.panel_empty("No cells are selected.", "Clear the selection, or choose other cells.")
    return compare.bars(view, shown.engine.type_ranks(shown.result)), compare.bars_line(view)


def update_types(*given: Any) -> list[Any]:  # noqa: ANN401  (parts of the address, a theme)
    """Draw the types of the two groups.

    Parameters
    ----------
    *given : str or None
        Column, group, the one against it, replicates; selection, threshold and detail; ``plot`` or ``table``; ``light`` or ``dark``, None
        before the browser has said; path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    *address, how, theme, pathname = given
    if theme is None:
        raise PreventUpdate
    return in_panel(draw_types, 2, (pathname, *address[N_CHOSEN:]), address[:N_CHOSEN], how, theme)


def draw_types(shown: Shown, chosen: Sequence[str | None], how: str | None, theme: Theme) -> Sequence[Any]:
    """Draw the types of the two groups.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    chosen : sequence of str or None
        Column, group, the one against it, replicates.
    how : str or None
        ``plot`` or ``table``.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Figure or table, line beside the title, and a sentence where there is nothing to draw.
    """
    view = compared(shown, chosen)
    if how == compare_types.TABLE and len(view.table):
        return compare_types.table(view), ""
    if not view.n_tested:
        return None, "", compare_types.nothing_tested(view)
    figure = compare_figure(view, theme=theme)
    return compare_types.plot(figure), compare_types.line(view, len(shown_rows(view)))


def tell_table(news: object) -> list[Component]:
    """Say beside the tab's own button why a table was not taken: in a narrow window the rail is away.

    Parameters
    ----------
    news : object
        What the page's script says of the last file.

    Returns
    -------
    list of Component
        A line, or none.
    """
    return own_table.told(None, news)


def save(n_clicks: int | None, *given: str | None) -> dict[str, str]:
    """Give the table as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    *given : str or None
        As `update_answer`, without the id of the tab.

    Returns
    -------
    dict
        For `dash.dcc.Download`.
    """
    view = _asked_for(n_clicks, given)
    return {"content": to_csv(view.choice.named(view.table)), "filename": compare_types.FILE, "type": "text/csv"}


def save_bars(n_clicks: int | None, *given: str | None) -> dict[str, str]:
    """Give the composition of all groups as a file; parameters as in `save`."""
    view = _asked_for(n_clicks, given)
    return {"content": to_csv(view.saved_groups), "filename": compare.BARS_FILE, "type": "text/csv"}


def _asked_for(n_clicks: int | None, given: Sequence[str | None]) -> Comparison:
    if not n_clicks:
        raise PreventUpdate
    *address, pathname = given
    return compared(open_shown(pathname, *address[N_CHOSEN:]), address[:N_CHOSEN])


def compared(shown: Shown, chosen: Sequence[str | None]) -> Comparison:
    """Compare what an address names.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    chosen : sequence of str or None
        Column, group, the one against it, replicates.

    Returns
    -------
    Comparison
        Of the selected cells.

    Raises
    ------
    InputError
        When the file has no groups.
    """
    return shown.engine.comparison(shown.result, shown.mask, choice_of(shown, chosen))
