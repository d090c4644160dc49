"""Every colour and size of the visual language, in one place.

The style sheet in ``assets`` repeats the colours as CSS variables (``css_variables``); a test holds the two together.
Contrast of text colours on ``bg``, ``surface`` and ``surface2`` is at least 4.5:1 and is tested too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

FONT = "Inter, system-ui, -apple-system, 'Segoe UI', sans-serif"

_PAIRS: Mapping[str, tuple[str, str]] = {
    "bg": ("#F4F6F8", "#0E1217"),
    "surface": ("#FFFFFF", "#161B22"),
    "surface2": ("#F0F3F6", "#1E252E"),
    "border": ("#DFE4EA", "#2A333E"),
    "border2": ("#B9C2CD", "#4A5766"),
    "track": ("#E7EBEF", "#28313B"),
    "text": ("#18202A", "#E6EBF1"),
    "text2": ("#465362", "#B5C0CC"),
    "text3": ("#5E6B79", "#909CAA"),
    "accent": ("#1B5E9E", "#72B4F0"),
    "accent-soft": ("#E6F0F9", "#15304B"),
    "on-accent": ("#FFFFFF", "#0B1724"),
    "selection": ("#C8193C", "#FF6F83"),
    "selection-soft": ("#FCEBEE", "#3A1A22"),
    "matched": ("#2C7A51", "#4DBB88"),
    "ok": ("#1C6E46", "#63C896"),
    "ok-soft": ("#E6F4EC", "#142B20"),
    "warn": ("#7E5200", "#F0BC55"),
    "warn-soft": ("#FFF4DC", "#2C2310"),
    "warn-line": ("#E2B24A", "#6B5320"),
    "error": ("#A01C1C", "#FF938A"),
    "error-soft": ("#FCECEA", "#331A1A"),
    "error-line": ("#DE9A94", "#7A3733"),
    "ghost": ("#C9D0D8", "#3A4552"),
    "grid": ("#E9EDF1", "#242C36"),
    "query": ("#18202A", "#F4F7FA"),
}
FIGURE_ONLY = frozenset({"grid", "query"})
TOKENS: Mapping[Theme, Mapping[str, str]] = {
    "light": {name: pair[0] for name, pair in _PAIRS.items()},
    "dark": {name: pair[1] for name, pair in _PAIRS.items()},
}
"""Colours by theme and name, ``#RRGGBB``."""

CATEGORICAL: Mapping[Theme, tuple[str, ...]] = {
    "light": (
        "#2E4F96", "#C55C13", "#38ABC1", "#6F3FD5", "#A2A419", "#FB699D",
        "#804623", "#489E6C", "#371E6B", "#5D1D2C", "#6896FA", "#586C75",
    ),
    "dark": (
        "#3388FB", "#F97C23", "#BAEEFA", "#CC9DFE", "#FBBA36", "#E9B2BE",
        "#B26929", "#43B17A", "#7B67B8", "#AD577A", "#B9F39E", "#8293B5",
    ),
}  # fmt: skip
"""Twelve type colours, in the order they are given out; told apart by colour-blind eyes too."""

SEQUENTIAL: Mapping[Theme, tuple[str, ...]] = {
    "light": (
        "#F6FAF8", "#D3EEDD", "#8FDCB5", "#4BBFAD", "#35A1AB", "#3487A6",
        "#366DA0", "#3D5296", "#403A76", "#352A5C", "#2A1D47",
    ),
    "dark": (
        "#161B22", "#241F36", "#35264C", "#403A76", "#3D5296", "#366DA0",
        "#3487A6", "#35A1AB", "#43BBAD", "#8FDCB5", "#DEF5E5",
    ),
}  # fmt: skip
"""Scores 0..0.9 and expression 0..4; zero is the ground."""

DIVERGING: Mapping[Theme, tuple[str, ...]] = {
    "light": ("#2B5C8A", "#7FA8CC", "#F3F4F5", "#DDA06A", "#9C4A12"),
    "dark": ("#7DB4E8", "#3F6C96", "#232A33", "#A2622A", "#F2A65E"),
}


def type_colours(ranks: Sequence[str], theme: Theme) -> dict[str, str]:
    """Give the most frequent types of a query their colours.

    Parameters
    ----------
    ranks : sequence of str
        Type ids, most query cells first (`core.explore.composition.type_ranks`): always of the whole query, so that a colour
        does not change with the selection.
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    dict of str to str
        At most twelve ids with their colour; every other type is drawn in ``ghost``.
    """
    return dict(zip(ranks, CATEGORICAL[theme], strict=False))


def colour_scale(colours: Sequence[str]) -> list[list[float | str]]:
    """Space colours evenly over 0..1, in plotly's form."""
    last = len(colours) - 1
    return [[i / last, colour] for i, colour in enumerate(colours)]


def rgba(colour: str, alpha: float) -> str:
    """Write a ``#RRGGBB`` colour with an opacity, for example ``rgba(24,32,42,0.27)``."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def css_variables(theme: Theme) -> dict[str, str]:
    """Name the tokens as the style sheet does.

    Parameters
    ----------
    theme : {"light", "dark"}
        Colour scheme.

    Returns
    -------
    dict of str to str
        ``--surface`` to ``#ffffff`` and so on; the categorical colours are ``--cat-1`` to ``--cat-12``.
    """
    named = {name: colour for name, colour in TOKENS[theme].items() if name not in FIGURE_ONLY}
    named |= {f"cat-{i}": colour for i, colour in enumerate(CATEGORICAL[theme], start=1)}
    return {f"--{name}": colour.lower() for name, colour in named.items()}
