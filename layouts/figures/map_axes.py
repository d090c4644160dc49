"""What the axes of a map are called, and what part of it the user looks at."""

from __future__ import annotations

from dataclasses import dataclass

from core.expression.places import spoken


@dataclass(frozen=True)
class LookedAt:
    """What the user zoomed to with the tools over the map.

    Parameters
    ----------
    of : str
        The figure's ``uirevision`` then: on another map, or once the button that zooms is pressed, the user's zoom is given up.
    x, y : tuple of float
        Ends of the axes.
    """

    of: str
    x: tuple[float, float]
    y: tuple[float, float]


def axis_titles(space: str, explained_variance: tuple[float, float] | None) -> tuple[str, str]:
    """Name the axes of a map.

    Parameters
    ----------
    space : str
        ``embedding``, ``raw``, or the name of one of the file's own maps.
    explained_variance : tuple of float or None
        Shares of the reference's variance, 0..1; None for the file's own map.

    Returns
    -------
    tuple of str
        Titles of x and y.

    Examples
    --------
    >>> axis_titles("raw", (0.31, 0.13)), axis_titles("X_umap", None)
    (('PC 1 (31 % of variance)', 'PC 2 (13 %)'), ('UMAP 1', 'UMAP 2'))
    """
    if explained_variance is None:
        return f"{spoken(space)} 1", f"{spoken(space)} 2"
    first, second = (f"{100 * share:.0f} %" for share in explained_variance)
    return f"PC 1 ({first} of variance)", f"PC 2 ({second})"
