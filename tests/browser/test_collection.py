"""The collection's figures on the Reference page: drawn, drawn again in the other colours, and absent where nothing was read."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

PLACES = ("collection-months", "collection-reads", "collection-rates")
DRAWN = "id => document.querySelector(`#${id} .js-plotly-plot`)?._fullLayout?.font.color.toLowerCase()"

MIDDLE_OF_TALLEST = """() => {
  const boxes = [...document.querySelectorAll('#collection-months .bars .point path')].map(p => p.getBoundingClientRect());
  const box = boxes.reduce((a, b) => (b.height > a.height ? b : a));
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


def _wait_for_colour(page: Page, place: str, colour: str) -> None:
    page.wait_for_function(f"([id, colour]) => ({DRAWN})(id) === colour", arg=[place, colour])


@pytest.mark.browser
def test_the_figures_follow_the_colour_scheme(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    for place in PLACES:
        _wait_for_colour(page, place, "#465362")
    page.click("#theme")
    for place in PLACES:
        _wait_for_colour(page, place, "#b5c0cc")


@pytest.mark.browser
def test_a_bar_tells_its_month_and_kind(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    _wait_for_colour(page, "collection-months", "#465362")
    x, y = page.evaluate(MIDDLE_OF_TALLEST)
    page.mouse.move(x, y)
    page.wait_for_selector("#collection-months .hovertext")
    assert "cells" in (page.locator("#collection-months .hoverlayer").text_content() or "")
