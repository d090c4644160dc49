"""The figures of the Reference page."""

from __future__ import annotations

from collections.abc import Callable

import plotly.graph_objects as go
from dash import Dash, Input, Output, State
from dash.exceptions import PreventUpdate

from callbacks.services import services
from core.explore.reference import ReferenceView
from layouts import ids, links
from layouts.figures.collection import months_figure, rates_figure, reads_figure
from layouts.figures.tokens import Theme


def register(app: Dash) -> None:
    """Register the callbacks, one a figure: a reference without reads has no place for two of them.

    Parameters
    ----------
    app : Dash
        The app.
    """
    for place, handler in ((ids.MONTHS, months), (ids.READS, reads), (ids.RATES, rates)):
        app.callback(
            Output(place, "figure"), Input(ids.SCHEME, "data"), Input(ids.BUNDLE, "data"), State(ids.URL, "pathname")
        )(handler)


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


def _drawn(
    draw: Callable[[ReferenceView, Theme], go.Figure], theme: Theme | None, bundle: str | None, pathname: str | None
) -> go.Figure:
    if theme is None or links.read_path(pathname).page != "reference":
        raise PreventUpdate
    engine = services().engine
    name = bundle if bundle is not None and bundle in engine.bundles else engine.default
    return draw(engine.reference_view(name), theme)
