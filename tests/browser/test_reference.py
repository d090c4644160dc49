"""The Reference page: figures are drawn, and drawn again in the other colours; the table of models is sifted and saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

PLACES = ("collection-months", "collection-reads", "collection-rates", "training", "reliability")
MODELS = "#all-models .ag-center-cols-container .ag-row"
NAMES = "#all-models .ag-pinned-left-cols-container .ag-row"
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
    _sift_the_models(page)


def _sift_the_models(page: Page) -> None:
    """Keep the models with at least a figure, find the default among them with its interval, save all."""
    page.wait_for_function("s => document.querySelectorAll(s).length === 4", arg=MODELS)
    page.locator('#all-models input[aria-label="MAFP Filter Input"]:visible').fill("0.8")
    page.wait_for_function("s => document.querySelectorAll(s).length === 2", arg=MODELS)
    assert page.locator(NAMES).all_text_contents() == ["dense 20", "Encoderdefault"]
    assert "0.8800.83 to 0.92" in (page.locator(MODELS).nth(1).text_content() or "")
    with page.expect_download() as saved:
        page.click("#all-models-download")
    assert len(saved.value.path().read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.browser
def test_a_bar_tells_its_month_and_kind(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    _wait_for_colour(page, "collection-months", "#465362")
    x, y = page.evaluate(MIDDLE_OF_TALLEST)
    page.mouse.move(x, y)
    page.wait_for_selector("#collection-months .hovertext")
    assert "cells" in (page.locator("#collection-months .hoverlayer").text_content() or "")
