"""The panel Why this label; the card of a type shows the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.opened import Shown, in_panel
from core.explore.evidence import main_label
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


def main_label_of(shown: Shown) -> str | None:
    """Return the type most selected cells carry; None for no labelled cell."""
    return main_label(shown.result, shown.mask)


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
