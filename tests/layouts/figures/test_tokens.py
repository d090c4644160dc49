import re
from itertools import combinations
from pathlib import Path

import pytest

from layouts.figures.tokens import (
    CATEGORICAL,
    DIVERGING,
    SEQUENTIAL,
    THEMES,
    TOKENS,
    colour_scale,
    css_variables,
    rgba,
    type_colours,
)

STYLE = Path(__file__).parents[3] / "assets" / "tokens.css"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def oklab(colour):
    r, g, b = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    )
    lms = [
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    ]
    return (
        0.2104542553 * lms[0] + 0.793617785 * lms[1] - 0.0040720468 * lms[2],
        1.9779984951 * lms[0] - 2.428592205 * lms[1] + 0.4505937099 * lms[2],
        0.0259040371 * lms[0] + 0.7827717662 * lms[1] - 0.808675766 * lms[2],
    )


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ink", ["text", "text2", "text3", "accent", "selection", "matched", "ok", "warn", "error"])
@pytest.mark.parametrize("ground", ["bg", "surface", "surface2"])
def test_text_is_readable(theme, ink, ground):
    assert contrast(TOKENS[theme][ink], TOKENS[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_states_are_readable_on_their_own_ground(theme):
    for state in ("ok", "warn", "error"):
        assert contrast(TOKENS[theme][state], TOKENS[theme][f"{state}-soft"]) >= 4.5
    assert contrast(TOKENS[theme]["on-accent"], TOKENS[theme]["accent"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_type_colours_can_be_told_apart(theme):
    smallest = min(
        sum((x - y) ** 2 for x, y in zip(oklab(a), oklab(b), strict=True)) ** 0.5
        for a, b in combinations(CATEGORICAL[theme], 2)
    )
    assert len(set(CATEGORICAL[theme])) == 12
    assert smallest > 0.11


def test_light_and_dark_name_the_same_things():
    assert set(TOKENS["light"]) == set(TOKENS["dark"])
    for theme in THEMES:
        colours = [*TOKENS[theme].values(), *CATEGORICAL[theme], *SEQUENTIAL[theme], *DIVERGING[theme]]
        assert all(re.fullmatch(r"#[0-9A-F]{6}", colour) for colour in colours)


@pytest.mark.parametrize("theme", THEMES)
def test_the_style_sheet_repeats_the_tokens(theme):
    text = STYLE.read_text(encoding="utf-8")
    start = text.index(":root {") if theme == "light" else text.index('[data-mantine-color-scheme="dark"] {')
    block = text[start : text.index("}", start)]
    written = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", block))
    wanted = css_variables(theme)
    assert {name: written.get(name, "missing").lower() for name in wanted} == wanted


def test_colours_go_to_the_most_frequent_types():
    ranks = [f"CL:{i}" for i in range(20)]
    colours = type_colours(ranks, "light")
    assert list(colours) == ranks[:12]
    assert colours["CL:0"] == "#2E4F96"
    assert type_colours([], "dark") == {}


def test_scales_and_opacity():
    assert colour_scale(("#000000", "#FFFFFF")) == [[0.0, "#000000"], [1.0, "#FFFFFF"]]
    assert rgba("#18202A", 0.27) == "rgba(24,32,42,0.27)"
