"""The Reference page: figures are drawn, and drawn again in the other colours; the table of models is sifted and saved,
and the heatmap of all models by type tells its cells."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

PLACES = ("collection-months", "collection-reads", "collection-rates", "training", "reliability")
MODELS = "#all-models .ag-center-cols-container .ag-row"
FOLDED = ".compared-models > summary"
NAMES = "#all-models .ag-pinned-left-cols-container .ag-row"
BY_TYPE = "#models-by-type"
TYPES = ".ag-pinned-left-cols-container .ag-row"
GROUND = "getComputedStyle(document.querySelector('#models-by-type [row-index=\"1\"] [col-id=m0]')).backgroundColor"
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
    page.locator(FOLDED).click()
    page.wait_for_function("s => document.querySelectorAll(s).length === 4", arg=MODELS)
    page.locator('#all-models input[aria-label="MAFP Filter Input"]:visible').fill("0.8")
    page.wait_for_function("s => document.querySelectorAll(s).length === 2", arg=MODELS)
    assert page.locator(NAMES).all_text_contents() == ["dense 20", "Encoderdefault"]
    assert "0.8800.83 to 0.92" in (page.locator(MODELS).nth(1).text_content() or "")
    with page.expect_download() as saved:
        page.click("#all-models-download")
    assert len(saved.value.path().read_text(encoding="utf-8").splitlines()) == 5


@pytest.mark.browser
def test_accuracy_by_type_is_as_high_as_the_models_beside_it(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    boxes = [page.locator(f".panel-{name}").bounding_box() for name in ("accuracy", "models")]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["height"] == pytest.approx(boxes[1]["height"], abs=1)


@pytest.mark.browser
def test_all_models_by_type_are_read_in_both_colour_schemes(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    page.locator(FOLDED).click()
    page.wait_for_function("s => document.querySelectorAll(s).length === 3", arg=f"{BY_TYPE} {TYPES}")
    light = page.evaluate(GROUND)
    _read_a_cell(page)
    page.click("#theme")
    page.wait_for_function(f"light => {GROUND} !== light", arg=light)
    _read_a_cell(page)
    page.locator("#study-switch").get_by_text("Mouse").click()
    page.wait_for_function("s => document.querySelectorAll(s).length === 1", arg=f"{BY_TYPE} {TYPES}")
    assert page.locator(f"{BY_TYPE} {TYPES}").text_content() == "astrocyte"
    with page.expect_download() as saved:
        page.click("#models-by-type-download")
    assert len(saved.value.path().read_text(encoding="utf-8").splitlines()) == 12


def _read_a_cell(page: Page) -> None:
    """Point at the encoder's cell of the second type, which tells what it is; names stand upright and are not cut."""
    page.mouse.move(0, 0)
    page.wait_for_selector(".ag-tooltip", state="detached")
    cell = page.locator(f'{BY_TYPE} .ag-row[row-index="1"] [col-id="m0"]')
    assert cell.text_content() == "0.84"
    cell.hover()
    page.wait_for_selector(".ag-tooltip")
    told = "Encoder, the default, B cell, CL:0000236: MAFP 0.840, 120 cells of 3 studies"
    assert page.locator(".ag-tooltip").text_content() == told
    box = page.locator(f"{BY_TYPE} .is-upright .ag-header-cell-text").first.bounding_box()
    assert box is not None
    assert box["height"] > 2 * box["width"]


@pytest.mark.browser
def test_a_bar_tells_its_month_and_kind(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    _wait_for_colour(page, "collection-months", "#465362")
    x, y = page.evaluate(MIDDLE_OF_TALLEST)
    page.mouse.move(x, y)
    page.wait_for_selector("#collection-months .hovertext")
    assert "cells" in (page.locator("#collection-months .hoverlayer").text_content() or "")


CUT = """() => [...document.querySelectorAll('.models th, .models td')].filter(cell => {
  const box = cell.getBoundingClientRect(), panel = cell.closest('.panel').getBoundingClientRect();
  return cell.scrollWidth > cell.clientWidth + 1 || box.right > panel.right;
}).map(cell => cell.textContent)"""


@pytest.mark.browser
def test_on_a_phone_the_compared_models_are_not_cut(page: Page, server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/reference")
    page.wait_for_selector(".models td")
    assert page.evaluate(CUT) == []


@pytest.mark.browser
def test_a_type_is_told_with_what_the_baselines_reach(page: Page, server) -> None:
    page.goto(f"{server.url}/reference")
    page.locator(".dot-row.is-compared").last.hover()
    told = page.locator("#tooltip")
    told.wait_for(state="visible")
    lines = told.inner_text().splitlines()
    assert len(lines) == 3
    assert "PCA, 100 components: " in lines[1]
