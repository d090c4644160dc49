"""The answer, the selection bar, the warnings and the download of the selected cells' labels."""

from __future__ import annotations

import logging
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.exceptions import PreventUpdate

from callbacks.browser import in_browser
from callbacks.opened import open_shown, thin_band
from core.errors import ScQueryError
from core.explore.evidence import main_type
from layouts import ids, links, results, states

logger = logging.getLogger(__name__)

_BAR = "selection-words"


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.ANSWER, "children"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(answer)
    app.callback(
        Output(ids.SELECTION_BAR, "children"),
        Output(ids.SELECTION_BAR, "className"),
        Output(ids.DETAIL_VALUE, "children"),
        Output(ids.WARNINGS, "children"),
        *(Output(entry, "href") for entry in results.AS_SHOWN.values()),
        Output(ids.DOWNLOAD_LABELS_SELECTED, "href"),
        Output(ids.DOWNLOAD_LABELS_SELECTED, "children"),
        Output(ids.DOWNLOAD_LABELS_SELECTED, "disabled"),
        Input(ids.SELECTION, "data"),
        Input(ids.THRESHOLD, "data"),
        Input(ids.DETAIL, "data"),
        State(ids.URL, "pathname"),
    )(selection_bar)
    in_browser(app, "copyLink", Output(ids.COPY_NOTE, "children"), Input(ids.COPY_LINK, "n_clicks"), initially=False)


def answer(threshold: str | None, detail: str | None, pathname: str | None) -> Any:  # noqa: ANN401
    """Write the answer sentence.

    Parameters
    ----------
    threshold, detail : str or None
        Parts of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component or Component
        Heading and line, or why there is none.
    """
    _only_results(pathname)
    try:
        shown = open_shown(pathname, "all", threshold, detail)
    except ScQueryError as error:
        return states.panel_sentence(error)
    return results.answer(shown.engine.summary(shown.result, shown.everything))


def selection_bar(
    selection: str | None, threshold: str | None, detail: str | None, pathname: str | None
) -> tuple[Any, ...]:
    """Say what is selected.

    Parameters
    ----------
    selection, threshold, detail : str or None
        Parts of the address.
    pathname : str or None
        Its path.

    Returns
    -------
    tuple
        Values of the registered outputs.
    """
    _only_results(pathname)
    try:
        shown = open_shown(pathname, selection, threshold, detail)
    except ScQueryError as error:
        logger.info("A selection cannot be read", extra={"fields": {"code": error.code}})
        kept = (no_update,) * (2 + len(results.AS_SHOWN))
        return results.nothing_selected(error.message), _BAR, no_update, [], *kept, True
    view = shown.engine.describe(shown.result, shown.selection)
    warnings = thin_band(shown.engine, shown.result, shown.mask)
    everything = view.text == "all"
    bar = results.selection_bar(
        view, agrees_on=None if everything else main_type(shown.result, shown.mask), thin=bool(warnings)
    )
    entry = results.selected_download(shown.job.token, view.text, view.n_selected, threshold, detail)
    return (
        bar,
        _BAR if everything else f"{_BAR} is-active",
        results.detail_value(shown.engine.types_by_level(shown.result), shown.result.level),
        warnings,
        *(links.download(shown.job.token, file, threshold=threshold, detail=detail) for file in results.AS_SHOWN),
        entry["href"],
        entry["children"],
        everything or not view.n_selected,
    )


def _only_results(pathname: str | None) -> None:
    if links.read_path(pathname).page != "result":
        raise PreventUpdate
