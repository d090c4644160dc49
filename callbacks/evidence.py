"""The panel Why this label, and the same in the card of a type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel
from layouts import evidence, ids, states
from layouts.figures.evidence import evidence_figure
from layouts.figures.tokens import Theme


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.EVIDENCE, "children"),
        Output(ids.EVIDENCE_SUB, "children"),
        Output(ids.EVIDENCE_MESSAGE, "children"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        Input(ids.SCHEME, "data"),
        Input(ids.EVIDENCE, "id"),
        State(ids.URL, "pathname"),
    )(update_evidence)
    app.callback(
        Output(ids.CARD_EVIDENCE, "children"),
        Input(ids.SCHEME, "data"),
        Input(ids.CARD_EVIDENCE, "id"),
        State(ids.TYPE, "data"),
        State(ids.SELECTION, "data"),
        State(ids.THRESHOLD, "data"),
        State(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(update_card)


def update_evidence(
    selection: str | None,
    threshold: str | None,
    detail: str | None,
    theme: Theme | None,
    place: object,  # noqa: ARG001  (its appearance is the news)
    pathname: str | None,
) -> list[Any]:
    """Say why the selected cells carry their label.

    Parameters
    ----------
    selection, threshold, detail : str or None
        Parts of the address.
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    place : object
        Id of the panel's content.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list
        Values of the registered outputs.
    """
    if theme is None:
        raise PreventUpdate
    return in_panel(draw_evidence, 2, (pathname, selection, threshold, detail), None, theme)


def update_card(
    theme: Theme | None,
    place: object,  # noqa: ARG001  (its appearance is the news: a card has been filled)
    term_id: str | None,
    selection: str | None,
    threshold: str | None,
    detail: str | None,
    pathname: str | None,
) -> Any:  # noqa: ANN401
    """Say in the card why cells carry its label.

    Parameters
    ----------
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    place : object
        Id of the section.
    term_id, selection, threshold, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component or Component
        The evidence, or why there is none.
    """
    if theme is None or not term_id:
        raise PreventUpdate
    body, _, message = in_panel(draw_evidence, 2, (pathname, selection, threshold, detail), term_id, theme)
    return body if message is None else message


def draw_evidence(shown: Shown, term_id: str | None, theme: Theme) -> Sequence[Any]:
    """Draw the evidence for a label.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    term_id : str or None
        The label; None for the one most selected cells carry.
    theme : str
        ``light`` or ``dark``.

    Returns
    -------
    sequence
        Sentences and figure, line beside the title, and a sentence instead where no selected cell has a label.
    """
    view = shown.engine.genes(shown.result).evidence(shown.mask, term_id)
    if view is None:
        return None, "", states.panel_empty("No selected cell carries a label.", "Select other cells.")
    figure = evidence_figure(view, theme=theme) if view.drivers else None
    return evidence.body(view, figure), evidence.line(view)
