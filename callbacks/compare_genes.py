"""The panel Genes that differ of the tab Compare."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.compared import ADDRESS, CHOSEN, N_CHOSEN, choice_of
from callbacks.opened import Shown, drawable, in_panel, open_shown
from core.result import to_csv
from layouts import compare_genes, ids
from layouts.figures.tokens import Theme
from layouts.figures.volcano import volcano_figure


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.COMPARE_GENES, "children"),
        Output(ids.COMPARE_GENES_SUB, "children"),
        Output(ids.COMPARE_WITHIN, "data"),
        Output(ids.COMPARE_WITHIN, "value"),
        Output(ids.COMPARED_WITHIN, "data"),
        Output(ids.COMPARE_GENES_MESSAGE, "children"),
        *CHOSEN,
        *ADDRESS,
        Input(ids.WITHIN, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.WEBGL, "data"),
        Input(ids.COMPARE_GENES, "id"),
        State(ids.URL, "pathname"),
    )(update)
    app.callback(
        Output(ids.COMPARE_GENES_FILE, "data"),
        Input(ids.COMPARE_GENES_DOWNLOAD, "n_clicks"),
        *(State(part.component_id, "data") for part in (*CHOSEN, *ADDRESS)),
        State(ids.WITHIN, "data"),
        State(ids.URL, "pathname"),
        prevent_initial_call=True,
    )(save)


def update(*given: Any) -> list[Any]:  # noqa: ANN401  (parts of the address, a theme, whether there is WebGL)
    """Show the genes that differ.

    Parameters
    ----------
    *given : str, bool or None
        Column, group, the one against it, replicates; selection, threshold and detail; the type; ``light`` or ``dark`` and whether the
        browser draws WebGL, None before it has said; id of the panel's content; path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    *address, within, theme, webgl, _, pathname = given
    if None in (theme, webgl):
        raise PreventUpdate
    return in_panel(draw, 5, (pathname, *address[N_CHOSEN:]), address[:N_CHOSEN], within, theme, webgl)


def draw(
    shown: Shown,
    chosen: Sequence[str | None],
    within: str | None,
    theme: Theme,
    webgl: bool,  # noqa: FBT001
) -> Sequence[Any]:
    """Show the genes that differ.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    chosen : sequence of str or None
        Column, group, the one against it, replicates.
    within, theme, webgl
        As `update`.

    Returns
    -------
    sequence
        Plot and table, line beside the title, what the control offers and shows, and a sentence where there is nothing to show.
    """
    choice = choice_of(shown, chosen)
    view = shown.engine.gene_difference(shown.result, shown.mask, choice, within)
    control = (compare_genes.offered(view), view.within, view.within)
    if view.table.empty:
        return None, "", *control, compare_genes.nothing(view)
    group, against = compare_genes.axis_names(choice)
    figure = volcano_figure(view.volcano(against), theme=theme, name=group, size=compare_genes.PLOT_SIZE)
    drawn = compare_genes.body(view, choice, drawable(figure, webgl=webgl))
    return drawn, compare_genes.line(view, choice), *control


def save(n_clicks: int | None, *given: str | None) -> dict[str, str]:
    """Give the genes as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    *given : str or None
        Column, group, the one against it, replicates; selection, threshold and detail; the type; path of the address.

    Returns
    -------
    dict
        For `dash.dcc.Download`.
    """
    if not n_clicks:
        raise PreventUpdate
    *address, within, pathname = given
    shown = open_shown(pathname, *address[N_CHOSEN:])
    choice = choice_of(shown, address[:N_CHOSEN])
    view = shown.engine.gene_difference(shown.result, shown.mask, choice, within)
    return {"content": to_csv(choice.named(view.table)), "filename": compare_genes.FILE, "type": "text/csv"}
