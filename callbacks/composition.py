"""The Composition panel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State

from callbacks.browser import in_browser
from callbacks.opened import Shown, in_panel
from layouts import composition, ids


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.COMPOSITION, "children"),
        Output(ids.SCOPE_SWITCH, "data"),
        Output(ids.COMPOSITION_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCOPE_SWITCH, "value"),
        State(ids.URL, "pathname"),
    )(update)
    in_browser(app, "tellHiddenTypes", [], Input(ids.COMPOSITION, "children"))


def update(
    selection: str | None, threshold: str | None, detail: str | None, scope: str | None, pathname: str | None
) -> list[Any]:
    """Fill the panel for an address.

    Parameters
    ----------
    selection, threshold, detail : str or None
        Parts of the address.
    scope : str or None
        ``selection`` or ``all``.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    return in_panel(draw, 2, (pathname, selection, threshold, detail), scope)


def draw(shown: Shown, scope: str | None) -> Sequence[Any]:
    """Draw the rows.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    scope : str or None
        ``selection`` or ``all``.

    Returns
    -------
    sequence
        Rows, and the words of the switch.
    """
    mask = shown.everything if scope == composition.ALL else shown.mask
    view = shown.engine.composition(shown.result, mask)
    ranks = shown.engine.type_ranks(shown.result)
    types = shown.engine.reference_view(shown.bundle.name).types
    thin = types.loc[types["thin"], "type_id"]
    rows = composition.rows(view, ranks, chosen=str(shown.selection), thin=frozenset(thin))
    return rows, composition.scopes(shown.result.n_query)
