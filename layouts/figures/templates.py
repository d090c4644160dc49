"""The two plotly templates, complete: nothing is left to plotly's own default.

Plotly's default template turns on ``automargin`` and tick marks for axes beyond the first, which moves panels. So every axis
kind gets the whole set of values here and a figure only adds what it alone needs (domains, ranges, titles).
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from layouts.figures.tokens import CATEGORICAL, DIVERGING, FONT, SEQUENTIAL, THEMES, TOKENS, Theme, colour_scale

MARGIN = {"l": 44, "r": 8, "t": 8, "b": 36, "pad": 0, "autoexpand": False}
TICK_SIZE = 11.0
TEXT_SIZE = 11.5


def template_name(theme: Theme) -> str:
    """Give the name a theme's template is registered under, ``scquery_light`` or ``scquery_dark``."""
    return f"scquery_{theme}"


def template(theme: Theme) -> go.layout.Template:
    """Build the template of a theme.

    Parameters
    ----------
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.layout.Template
        Layout defaults with every axis, and defaults of the traces in use.
    """
    colours = TOKENS[theme]
    axis = _axis(theme)
    layout = go.Layout(
        font={"family": FONT, "size": TEXT_SIZE, "color": colours["text2"]},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        colorway=list(CATEGORICAL[theme]),
        colorscale={"sequential": colour_scale(SEQUENTIAL[theme]), "diverging": colour_scale(DIVERGING[theme])},
        margin=MARGIN,
        autosize=True,
        showlegend=False,
        hovermode="closest",
        hoverlabel={
            "bgcolor": colours["text"],
            "bordercolor": colours["text"],
            "font": {"family": FONT, "size": 12, "color": colours["surface"]},
            "align": "left",
            "namelength": 0,
        },
        modebar={
            "orientation": "h",
            "bgcolor": "rgba(0,0,0,0)",
            "color": colours["text3"],
            "activecolor": colours["accent"],
        },
        xaxis=axis,
        yaxis=axis,
        annotationdefaults={"showarrow": False, "font": {"size": TEXT_SIZE, "color": colours["text2"]}},
        shapedefaults={"line": {"color": colours["text3"], "width": 1}},
        newselection={"line": {"color": colours["selection"], "width": 1.3, "dash": "4px,3px"}},
        activeselection={"fillcolor": colours["selection"], "opacity": 0.08},
        dragmode=False,
        transition={"duration": 0},
        uirevision="keep",
    )
    data = {"heatmap": [go.Heatmap(colorbar=_colour_bar(theme), colorscale=colour_scale(SEQUENTIAL[theme]))]}
    return go.layout.Template(layout=layout, data=data)


def register() -> None:
    """Register both templates with plotly; safe to call again."""
    for theme in THEMES:
        pio.templates[template_name(theme)] = template(theme)


def figure(theme: Theme) -> go.Figure:
    """Start an empty figure in a theme.

    Parameters
    ----------
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    plotly.graph_objects.Figure
        Without traces. The template is part of the figure, because a page holds literal colours only.
    """
    if template_name(theme) not in pio.templates:
        register()
    return go.Figure(layout={"template": pio.templates[template_name(theme)]})


def bare_axis(**more: Any) -> dict[str, Any]:  # noqa: ANN401 - plotly takes anything
    """Describe an axis without ticks, grid and title, for strips and trees."""
    return {"showgrid": False, "showticklabels": False, "title": {"text": ""}, "fixedrange": True, **more}


def _axis(theme: Theme) -> dict[str, Any]:
    colours = TOKENS[theme]
    return {
        "automargin": False,
        "ticks": "",
        "ticklabelstandoff": 5,
        "tickfont": {"size": TICK_SIZE, "color": colours["text3"]},
        "title": {"font": {"size": TEXT_SIZE, "color": colours["text2"]}, "standoff": 6},
        "showgrid": True,
        "gridcolor": colours["grid"],
        "gridwidth": 1,
        "zeroline": False,
        "showline": False,
        "linecolor": colours["border2"],
        "showspikes": False,
    }


def _colour_bar(theme: Theme) -> dict[str, Any]:
    colours = TOKENS[theme]
    return {
        "thickness": 6,
        "len": 0.3,
        "xpad": 0,
        "ypad": 0,
        "outlinewidth": 0,
        "ticks": "",
        "tickfont": {"size": TICK_SIZE - 0.5, "color": colours["text3"]},
        "title": {"font": {"size": TICK_SIZE - 0.5, "color": colours["text3"]}, "side": "top"},
    }
