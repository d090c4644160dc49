"""The figures of the Reference page, and its tables of models: by reference of the study, and as files."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import plotly.graph_objects as go
from dash import Dash, Input, Output, State
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.services import services
from core.citation import reference_bibliography
from core.explore.reference import ReferenceView
from core.result import to_csv
from layouts import all_models, held_out, ids, links, models_by_type, reference_types
from layouts.figures.collection import months_figure, rates_figure, reads_figure
from layouts.figures.reliability import reliability_figure
from layouts.figures.tokens import Theme
from layouts.figures.training import training_figure


def register(app: Dash) -> None:
    """Register the callbacks, one a figure: a reference without reads has no place for two of them.

    Parameters
    ----------
    app : Dash
        The app.
    """
    figures = ((ids.MONTHS, months), (ids.READS, reads), (ids.RATES, rates), (ids.TRAINING, training),
               (ids.RELIABILITY, reliability))  # fmt: skip
    for place, handler in figures:
        app.callback(
            Output(place, "figure"), Input(ids.SCHEME, "data"), Input(ids.BUNDLE, "data"), State(ids.URL, "pathname")
        )(handler)
    acts = (
        (Output(ids.ALL_MODELS_FILE, "data"), Input(ids.ALL_MODELS_DOWNLOAD, "n_clicks"), save_models),
        (Output(ids.MODELS_BY_TYPE_FILE, "data"), Input(ids.MODELS_BY_TYPE_DOWNLOAD, "n_clicks"), save_models_by_type),
        (Output(ids.CITE_FILE, "data"), Input(ids.CITE, "n_clicks"), save_citations),
        (Output(ids.TYPES_FILE, "data"), Input(ids.TYPES_DOWNLOAD, "n_clicks"), save_types),
        (Output(ids.ACCURACY_FILE, "data"), Input(ids.ACCURACY_DOWNLOAD, "n_clicks"), save_accuracy),
        (Output(ids.MODELS_BY_TYPE, "children"), Input(ids.STUDY_SWITCH, "value"), draw_models_by_type),
    )
    for changed, asked, act in acts:
        app.callback(changed, asked, State(ids.BUNDLE, "data"), State(ids.URL, "pathname"), prevent_initial_call=True)(
            act
        )


def months(theme: Theme | None, bundle: str | None, pathname: str | None) -> go.Figure:
    """Draw studies and cells by month.

    Parameters
    ----------
    theme : str or None
        ``light`` or ``dark``; None before the browser has said.
    bundle : str or None
        Reference of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    plotly figure
        The figure.
    """
    return _drawn(lambda view, scheme: months_figure(view.collection, theme=scheme), theme, bundle, pathname)


def reads(theme: Theme | None, bundle: str | None, pathname: str | None) -> go.Figure:
    """Draw the reads by study; parameters as in `months`."""
    return _drawn(lambda view, scheme: reads_figure(view.reads, theme=scheme), theme, bundle, pathname)


def rates(theme: Theme | None, bundle: str | None, pathname: str | None) -> go.Figure:
    """Draw the alignment rates; parameters as in `months`."""
    return _drawn(lambda view, scheme: rates_figure(view.rates, theme=scheme), theme, bundle, pathname)


def training(theme: Theme | None, bundle: str | None, pathname: str | None) -> go.Figure:
    """Draw the training of the networks; parameters as in `months`."""
    return _drawn(lambda view, scheme: training_figure(view.training, theme=scheme), theme, bundle, pathname)


def reliability(theme: Theme | None, bundle: str | None, pathname: str | None) -> go.Figure:
    """Draw the reliability diagram; parameters as in `months`."""
    return _drawn(
        lambda view, scheme: reliability_figure(view.trust.reliability, theme=scheme), theme, bundle, pathname
    )


def save_models(n_clicks: int | None, bundle: str | None, pathname: str | None) -> dict[str, str]:
    """Give the table of all models as a file.

    Parameters
    ----------
    n_clicks : int or None
        None or 0 when the button has just appeared.
    bundle : str or None
        Reference of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    dict
        For `dash.dcc.Download`.
    """
    return _saved(lambda view: view.models, all_models.FILE, n_clicks, bundle, pathname)


def save_models_by_type(n_clicks: int | None, bundle: str | None, pathname: str | None) -> dict[str, str]:
    """Give the figures of all models by type as a file, all references in one; parameters as in `save_models`."""
    return _saved(lambda view: view.models_by_type, models_by_type.FILE, n_clicks, bundle, pathname)


def save_citations(n_clicks: int | None, bundle: str | None, pathname: str | None) -> dict[str, str]:
    """Give the studies that are searched, and the method, as BibTeX; parameters as in `save_models`."""
    if not n_clicks:
        raise PreventUpdate
    studies = _view(bundle, pathname).studies
    text = reference_bibliography(studies[studies["status"] == "used"])
    return {"content": text, "filename": "scquery-reference.bib", "type": "text/x-bibtex"}


def save_types(n_clicks: int | None, bundle: str | None, pathname: str | None) -> dict[str, str]:
    """Give all types of the reference as a file; parameters as in `save_models`."""
    return _saved(lambda view: view.types, reference_types.TYPES_FILE, n_clicks, bundle, pathname)


def save_accuracy(n_clicks: int | None, bundle: str | None, pathname: str | None) -> dict[str, str]:
    """Give the held-out accuracy by type as a file; parameters as in `save_models`."""
    return _saved(held_out.measured_types, held_out.FILE, n_clicks, bundle, pathname)


def draw_models_by_type(reference: str | None, bundle: str | None, pathname: str | None) -> list[Component]:
    """Draw all models by type.

    Parameters
    ----------
    reference : str or None
        Reference of the study, of the switch.
    bundle : str or None
        Reference of the address.
    pathname : str or None
        Path of the address.

    Returns
    -------
    list of Component
        For the place of the heatmap.
    """
    tables = _view(bundle, pathname).study_types
    if reference not in tables:
        raise PreventUpdate
    return models_by_type.heatmap(tables[reference], all_models.NAMES)


def _saved(
    chosen: Callable[[ReferenceView], pd.DataFrame],
    name: str,
    n_clicks: int | None,
    bundle: str | None,
    pathname: str | None,
) -> dict[str, str]:
    if not n_clicks:
        raise PreventUpdate
    return {"content": to_csv(chosen(_view(bundle, pathname))), "filename": name, "type": "text/csv"}


def _drawn(
    draw: Callable[[ReferenceView, Theme], go.Figure], theme: Theme | None, bundle: str | None, pathname: str | None
) -> go.Figure:
    if theme is None:
        raise PreventUpdate
    return draw(_view(bundle, pathname), theme)


def _view(bundle: str | None, pathname: str | None) -> ReferenceView:
    if links.read_path(pathname).page != "reference":
        raise PreventUpdate
    engine = services().engine
    return engine.reference_view(bundle if bundle is not None and bundle in engine.bundles else engine.default)
