"""The Map figure: query cells among the reference on two principal components (the paper's Figure 5b), or alone on their own map.

One trace a group of points that share a hover text, so that little text is sent per point:

==================  =====================================================================  ===========================================
trace name          what                                                                   customdata of a point
==================  =====================================================================  ===========================================
type name           reference cells of a coloured type from one study                      none
``reference``       reference cells of all other types, in grey, a trace a type            none
``User Query``      query cells, inverted triangles, a trace a label                       `layouts.figures.map_hover`
``selected``        the selected ones among them, in red                                   `layouts.figures.map_hover`
==================  =====================================================================  ===========================================

On a map of the file's own there are query cells alone, in the colours of their types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from core.explore.cell_facts import CellFacts
from core.explore.projection import ProjectionView, even_rows
from core.ontology.text import short_name
from layouts.figures.map_axes import LookedAt, axis_titles
from layouts.figures.map_hover import MIXED, HoverGroup, hover_groups
from layouts.figures.map_labels import Crowd, Frame, type_labels
from layouts.figures.templates import figure
from layouts.figures.text import escape
from layouts.figures.tokens import TOKENS, Theme, rgba

MAX_QUERY_POINTS = 25_000
MAX_GROUPS = 90
FEW_CELLS = 50
LARGE = 11
PLAIN_ALPHA_UP_TO = 4_000
OWN_ALPHA = 0.75
PADDING = 0.06


@dataclass(frozen=True)
class _Group:
    """Reference points with one colour and one hover text."""

    name: str
    colour: str | None
    hover: str
    rows: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Window:
    """Where the map is shown.

    Parameters
    ----------
    size : tuple of int
        Width and height of the panel in pixels, for labels that do not overlap.
    zoomed : bool
        Whether the axes span the query cells alone.
    dragmode : str or bool
        What moving over the map does, in plotly's words: with False a finger scrolls the page.
    looked_at : LookedAt, optional
        What the user zoomed to: it stays, and names of types are placed for it.
    """

    size: tuple[int, int] = (352, 300)
    zoomed: bool = False
    dragmode: str | bool = "lasso"
    looked_at: LookedAt | None = None


def map_figure(
    view: ProjectionView,
    *,
    theme: Theme,
    colours: Mapping[str, str],
    selected: npt.NDArray[np.bool_] | None = None,
    facts: CellFacts | None = None,
    window: Window = Window(),
) -> go.Figure:
    """Draw the map.

    Parameters
    ----------
    view : ProjectionView
        Points of the reference and of the query.
    theme : {"light", "dark"}
        Colour scheme.
    colours : mapping of str to str
        Type id to colour (`layouts.figures.tokens.type_colours`), the most frequent type of the query first.
    selected : numpy.ndarray of bool, shape (n_query,), optional
        Selected cells, drawn in red on top. None or all: nothing is red.
    facts : CellFacts, optional
        What query cells say when they are pointed at; without it, their label alone.
    window : Window
        Where it is shown.

    Returns
    -------
    plotly.graph_objects.Figure
        Points as float32; at most 20,000 reference, 25,000 plain and 25,000 selected query points.
    """
    fig = figure(theme)
    groups = _few(list(_groups(view, colours)))
    for group in sorted(groups, key=lambda group: group.colour is not None):
        fig.add_trace(_reference(view, group, theme))
    chosen = None if selected is None or bool(selected.all()) else selected
    _add_query(fig, view, chosen, facts, theme, {} if view.explained_variance else colours)
    frame = _frame(view, window)
    _lay_out(fig, view, frame, window)
    crowd = _crowd(view, colours, chosen, frame)
    fig.update_layout(annotations=type_labels(_named_places(view, colours, frame), frame, theme, crowd))
    return fig


def _named_places(
    view: ProjectionView, colours: Mapping[str, str], frame: Frame
) -> list[tuple[str, npt.NDArray[np.float32]]]:
    """Give the names of the coloured types and where they belong: at the reference's cells, else at the query's."""
    codes = {term: code for code, term in enumerate(view.type_ids) if term in colours}
    places = []
    for term in colours:
        if term in codes:
            spots = view.type_xy[codes[term]], view.query_type_xy[codes[term]]
            name = short_name(view.type_names[codes[term]]).removesuffix(" cell")
            places += [(name, spot) for spot in spots if frame.holds(spot)][:1]
    return places


def _crowd(
    view: ProjectionView, colours: Mapping[str, str], chosen: npt.NDArray[np.bool_] | None, frame: Frame
) -> Crowd:
    is_coloured = np.array([term in colours for term in view.type_ids], dtype=np.bool_)[view.reference_type]
    red = np.zeros(len(view.query_xy), dtype=np.bool_) if chosen is None else chosen
    plain = np.concatenate([view.reference_xy[is_coloured], view.query_xy[~red]])
    return Crowd(frame, plain, view.reference_xy[~is_coloured], view.query_xy[red])


def _groups(view: ProjectionView, colours: Mapping[str, str]) -> Iterator[_Group]:
    by_type = _rows_by(view.reference_type)
    for code, rows in by_type.items():
        name, term = escape(view.type_names[code]), view.type_ids[code]
        colour = colours.get(term)
        studies = _rows_by(view.reference_study[rows])
        if colour is None:
            of = ", ".join(escape(view.accessions[s]) for s in list(studies)[:3]) + ", ..." * (len(studies) > 3)
            yield _Group("reference", None, f"<b>{name}</b><br>{term}<br>{of}", rows)
            continue
        for study, places in studies.items():
            yield _Group(name, colour, f"<b>{name}</b><br>{term}<br>{escape(view.accessions[study])}", rows[places])


def _rows_by(codes: npt.NDArray[np.int16]) -> dict[int, npt.NDArray[np.intp]]:
    """Group rows by code, the largest group first."""
    groups = {int(code): np.flatnonzero(codes == code) for code in np.unique(codes)}
    return dict(sorted(groups.items(), key=lambda item: -len(item[1])))


def _few(groups: list[_Group]) -> list[_Group]:
    """Join the smallest groups of a colour: hundreds of traces would make the page slow."""
    by_size = sorted(groups, key=lambda group: -len(group.rows))
    kept, rest = by_size[:MAX_GROUPS], by_size[MAX_GROUPS:]
    for colour in dict.fromkeys(group.colour for group in rest):
        same = [group for group in rest if group.colour == colour]
        rows = np.concatenate([group.rows for group in same])
        name = "another type" if colour is None else same[0].name
        hover = f"<b>{name}</b><br>one of {len(same)} small groups"
        kept.append(_Group("reference" if colour is None else same[0].name, colour, hover, rows))
    return kept


def _reference(view: ProjectionView, group: _Group, theme: Theme) -> go.Scattergl:
    ghost = group.colour is None
    return go.Scattergl(
        name=group.name,
        x=view.reference_xy[group.rows, 0],
        y=view.reference_xy[group.rows, 1],
        mode="markers",
        marker={
            "size": 3.5 if ghost else 4.5,
            "color": group.colour or TOKENS[theme]["ghost"],
            "opacity": 0.6 if ghost else 0.62,
            "line": {"width": 0},
        },
        hovertemplate=f"{group.hover}<extra></extra>",
        **_undimmed(0.6 if ghost else 0.62),
    )


def _add_query(
    fig: go.Figure,
    view: ProjectionView,
    chosen: npt.NDArray[np.bool_] | None,
    facts: CellFacts | None,
    theme: Theme,
    of_types: Mapping[str, str],
) -> None:
    """Draw the query cells; in the colours of their types where these are given."""
    colours = TOKENS[theme]
    plain = np.ones(len(view.query_xy), dtype=np.bool_) if chosen is None else ~chosen
    # Many cells on the same spot must not turn into one blot, and few must not be lost among the reference.
    are_few = len(plain) < FEW_CELLS
    alpha = (0.27 if theme == "light" else 0.2) * min(1.0, (PLAIN_ALPHA_UP_TO / max(len(plain), 1)) ** 0.5)
    marker = {
        "symbol": "triangle-down",
        "size": LARGE if are_few else 5,
        "color": colours["query"],
        "opacity": (alpha := 0.85 if are_few else alpha),
        "line": {"width": 0},
    }
    for group in hover_groups(_drawn(view, plain), view.query_type, view.type_names, facts):
        if of_types:
            alpha = OWN_ALPHA * min(1.0, (PLAIN_ALPHA_UP_TO / len(plain)) ** 0.25)
            marker = {**marker, "color": _own_colour(view, group, of_types, theme), "opacity": alpha}
        fig.add_trace(_query_trace(view, group, "User Query", {"marker": marker, **_undimmed(alpha)}))
    if chosen is None:
        return
    red = {
        "symbol": "triangle-down",
        "size": LARGE if chosen.sum() < FEW_CELLS else 7.5,
        "color": rgba(colours["selection"], 0.85),
        "line": {"width": 0.6, "color": colours["surface"]},
    }
    for group in hover_groups(_drawn(view, chosen), view.query_type, view.type_names, facts):
        fig.add_trace(_query_trace(view, group, "selected", {"marker": red, **_undimmed(1)}))


def _own_colour(view: ProjectionView, group: HoverGroup, of_types: Mapping[str, str], theme: Theme) -> str:
    """Give the colour of a type, or the greys of the composition: of other types and of unknown cells."""
    if group.label < 0:
        return TOKENS[theme]["border2" if group.label == MIXED else "text3"]
    return of_types.get(view.type_ids[group.label], TOKENS[theme]["border2"])


def _drawn(view: ProjectionView, wanted: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Give the rows that are drawn: of many cells as many of each label as there is room for."""
    rows = np.flatnonzero(wanted)
    return rows[even_rows(view.query_type[rows], MAX_QUERY_POINTS)]


def _query_trace(view: ProjectionView, group: HoverGroup, name: str, look: Mapping[str, object]) -> go.Scattergl:
    return go.Scattergl(
        name=name,
        x=view.query_xy[group.rows, 0],
        y=view.query_xy[group.rows, 1],
        mode="markers",
        customdata=group.customdata,
        hovertemplate=group.template,
        **look,
    )


def _undimmed(opacity: float) -> dict[str, dict[str, dict[str, float]]]:
    """Keep points as they are while a box or lasso is open: the answer comes back as the red trace."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def _revision(view: ProjectionView, window: Window) -> str:
    return f"map {view.space}{' zoomed' * window.zoomed}"


def _frame(view: ProjectionView, window: Window) -> Frame:
    zoom = window.looked_at
    if zoom is not None and zoom.of == _revision(view, window):
        return Frame(zoom.x, zoom.y, window.size)
    spanned = (view.query_xy,) if window.zoomed and len(view.query_xy) else (view.reference_xy, view.query_xy)
    points = [xy for xy in spanned if len(xy)]
    if not points:
        return Frame((-1.0, 1.0), (-1.0, 1.0), window.size)
    low = np.min([xy.min(axis=0) for xy in points], axis=0).astype(float)
    high = np.max([xy.max(axis=0) for xy in points], axis=0).astype(float)
    pad = np.where(high > low, (high - low) * PADDING, 1.0)
    (x0, y0), (x1, y1) = low - pad, high + pad
    return Frame((float(x0), float(x1)), (float(y0), float(y1)), window.size)


def _lay_out(fig: go.Figure, view: ProjectionView, frame: Frame, window: Window) -> None:
    across, up = axis_titles(view.space, view.explained_variance)
    fig.update_layout(
        dragmode=window.dragmode,
        xaxis={"title": {"text": across}, "range": list(frame.x), "nticks": 5},
        yaxis={"title": {"text": up}, "range": list(frame.y), "nticks": 7},
        # dcc.Graph takes what the user does for a new figure, so plotly alone keeps no zoom: `LookedAt` does.
        uirevision=_revision(view, window),
        meta={"space": view.space},  # what a selection on this map is written in
    )
