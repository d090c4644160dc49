"""Reads what a browser says of the maps it shows: where the user zoomed to, and the tool in use. A new drawing keeps both."""

from __future__ import annotations

from math import isfinite

from layouts.figures.map_axes import LookedAt

CHOOSING, MOVING = ("select", "lasso"), ("zoom", "pan")


def read_frame(frame: object) -> LookedAt | None:
    """Read what the user zoomed to.

    Parameters
    ----------
    frame : object
        ``{"of": revision, "x": [low, high], "y": [low, high]}``, or anything.

    Returns
    -------
    LookedAt or None
        None for anything else.
    """
    match frame:
        case {"of": str(of), "x": [x0, x1], "y": [y0, y1]}:
            ends = (x0, x1, y0, y1)
            if all(isinstance(end, int | float) and isfinite(end) for end in ends) and x0 < x1 and y0 < y1:
                return LookedAt(of, (x0, x1), (y0, y1))
    return None


def read_tool(drag: object, usual: str, *, touch: bool) -> str | bool:
    """Read the tool in use.

    Parameters
    ----------
    drag : object
        Plotly's ``dragmode`` as the user last chose it, or anything.
    usual : str
        The tool of a map on which none was chosen; where it moves the map, cells cannot be chosen with a tool.
    touch : bool
        Whether a finger points: it scrolls the page until a tool is chosen.

    Returns
    -------
    str or bool
        A ``dragmode``.

    Examples
    --------
    >>> (
    ...     read_tool("pan", "lasso", touch=False),
    ...     read_tool("lasso", "zoom", touch=False),
    ...     read_tool(None, "lasso", touch=True),
    ... )
    ('pan', 'zoom', False)
    """
    offered = MOVING if usual in MOVING else (*MOVING, *CHOOSING)
    if isinstance(drag, str) and drag in offered:
        return drag
    return False if touch else usual
