"""The tab about genes in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PATIENT, traces, upload


def open_tab(page: Page, address: str) -> None:
    page.goto(f"{address}?tab=genes")
    expect(page.locator(".gene-name h2")).to_be_visible(timeout=PATIENT)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_gene_can_be_looked_up(returning, answer, scheme):
    returning.emulate_media(color_scheme=scheme)
    open_tab(returning, answer.address)
    returning.locator("#gene-search").click()
    returning.keyboard.type("CD20")
    returning.keyboard.press(
        "Enter"
    )  # before the suggestions for the whole word are there: those for "CD2" begin with CD2
    expect(returning.locator(".gene-name h2")).to_have_text("MS4A1", timeout=PATIENT)
    returning.wait_for_url(re.compile("gene=MS4A1"))
    assert {"with", "without", "ground"} == set(traces(returning, "gene-map"))
    expect(returning.locator("#gene-types")).to_contain_text("B cell")
    returning.reload()
    expect(returning.locator(".gene-name h2")).to_have_text("MS4A1", timeout=PATIENT)


MAP = (
    "(l => [l.dragmode, l.xaxis.range, l.yaxis.range])(document.querySelector('#gene-map .js-plotly-plot')._fullLayout)"
)


@pytest.mark.browser
def test_what_the_map_was_zoomed_to_stays_with_another_gene_and_theme(returning, answer):
    open_tab(returning, answer.address)
    traces(returning, "gene-map")
    returning.locator("#gene-map .modebar-btn[data-val=zoom]").dispatch_event("click")
    before = returning.evaluate(MAP)
    box = returning.locator("#gene-map .nsewdrag").first.bounding_box()
    returning.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    returning.mouse.down()
    returning.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.7 * box["height"], steps=6)
    returning.mouse.up()
    returning.wait_for_function(f"before => JSON.stringify({MAP}) !== JSON.stringify(before)", arg=before)
    zoomed = returning.evaluate(MAP)
    returning.locator("#gene-search").click()
    returning.keyboard.type("MS4A1")
    returning.keyboard.press("Enter")
    expect(returning.locator("#gene-map-sub")).to_contain_text("MS4A1", timeout=PATIENT)
    assert returning.evaluate(MAP) == zoomed
    returning.locator("#theme").click()
    returning.wait_for_function(
        "() => document.querySelector('#gene-map .js-plotly-plot')._fullLayout.font.color.toLowerCase() === '#b5c0cc'"
    )
    assert returning.evaluate(MAP) == zoomed


@pytest.mark.browser
def test_a_name_of_no_gene_is_said(returning, answer):
    open_tab(returning, answer.address)
    returning.locator("#gene-search").click()
    returning.keyboard.type("NOSUCHGENE9")
    returning.keyboard.press("Enter")
    expect(returning.locator("#gene-facts")).to_contain_text("no gene named", timeout=PATIENT)
    expect(
        returning.get_by_text("No gene of this reference has that name.")
    ).to_be_hidden()  # the list does not cover the panels
    expect(returning.locator("#gene-search")).to_be_focused()
    expect(returning.locator("#gene-search")).to_have_value("NOSUCHGENE9")  # a slip can be mended


@pytest.mark.browser
def test_a_gene_is_chosen_in_the_volcano_plot(returning, answer):
    open_card(returning, answer.address, CD4)
    first = returning.locator("#type-card-forest-place h3").text_content()
    returning.wait_for_function(
        "() => document.querySelector('#type-card-volcano-place .js-plotly-plot')?.data?.length > 2"
    )
    chosen = returning.evaluate(CLICK_ANOTHER_POINT, first)
    expect(returning.locator("#type-card-forest-place h3")).to_have_text(chosen)


# Tells plotly of a click on a point, as its own handlers do: points of a WebGL figure have no element to click.
CLICK_ANOTHER_POINT = """first => {
  const plot = document.querySelector('#type-card-volcano-place .js-plotly-plot');
  const trace = plot.data.findIndex(t => t.text && [...t.text].some(name => name !== first));
  const point = [...plot.data[trace].text].findIndex(name => name !== first);
  const text = plot.data[trace].text[point];
  plot.emit('plotly_click', { points: [{ curveNumber: trace, pointNumber: point, text, x: 0, y: 0 }] });
  return text;
}"""


@pytest.mark.browser
def test_the_tabs_share_the_selection(shown):
    shown.locator("#composition .share-button").first.click()
    expect(shown.locator("#selection-bar strong")).to_contain_text("of 110 cells")
    chosen = shown.locator("#selection-bar strong").text_content()
    shown.locator(".tabs a", has_text="Genes").click()
    expect(shown.locator(".gene-name h2")).to_be_visible(timeout=PATIENT)
    expect(shown.locator("#selection-bar strong")).to_have_text(chosen)
    shown.locator(".tabs a", has_text="Results").click()
    expect(shown.locator("#selection-bar strong")).to_have_text(chosen)
    shown.locator("#heatmap .js-plotly-plot").wait_for()
    shown.go_back()
    expect(shown.locator(".gene-name h2")).to_be_visible(timeout=PATIENT)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 700])
def test_nothing_is_wider_than_the_window(returning, answer, width):
    returning.set_viewport_size({"width": width, "height": 800})
    open_tab(returning, answer.address)
    traces(returning, "gene-map")
    assert returning.evaluate("document.documentElement.scrollWidth") <= width


CD4 = "CL:0000624"


def open_card(page: Page, address: str, term: str) -> None:
    page.goto(f"{address}?type={term}")
    expect(page.locator(".card-title h1")).to_be_visible(timeout=PATIENT)
    page.wait_for_selector("#type-card-table .ag-row")


def cell(page: Page, row: int, column: str) -> str:
    return page.locator(f'#type-card-table [row-index="{row}"] [col-id="{column}"]').first.text_content()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_genes_of_a_type(returning, answer, scheme):
    returning.emulate_media(color_scheme=scheme)
    open_card(returning, answer.address, CD4)
    first = cell(returning, 0, "gene_symbol")
    expect(returning.locator("#type-card-forest-place h3")).to_have_text(first)
    returning.locator('#type-card-table [row-index="2"] [col-id="gene_symbol"]').click()
    expect(returning.locator("#type-card-forest-place h3")).to_have_text(cell(returning, 2, "gene_symbol"))
    assert "intervals" in traces(returning, "type-card-forest")
    returning.get_by_text("vs. siblings").click()
    returning.wait_for_url(re.compile("vs=siblings"))
    expect(returning.locator(".card-part-words p")).to_contain_text("its sibling types (CD8", timeout=PATIENT)
    returning.locator("#type-card-table .ag-floating-filter-input input").first.fill("CD4")
    expect(returning.locator('#type-card-table [row-index="0"] [col-id="gene_symbol"]').first).to_contain_text("CD4")
    with returning.expect_download() as genes:
        returning.click("#type-card-genes-download")
    assert genes.value.suggested_filename == "scquery-genes-CL-0000624-vs-siblings.csv"
    expect(returning.locator("#type-card-evidence")).to_contain_text("labelled CD4", timeout=PATIENT)
    expect(returning.locator("#type-card-evidence")).to_contain_text("found as expected")
    traces(returning, "type-card-genes")


@pytest.mark.browser
def test_a_wider_term_has_a_card_too(returning, answer):
    open_card(returning, answer.address, "CL:0000542")
    expect(returning.locator(".card-title h1")).to_have_text("lymphocyte")
    expect(returning.locator(".card-part-words p")).to_contain_text("up,")


@pytest.mark.browser
def test_from_the_card_to_the_map(returning, answer):
    open_card(returning, answer.address, "CL:0000236")
    gene = returning.locator("#type-card-forest-place h3").text_content()
    returning.get_by_text("Show on the map").click()
    expect(returning.locator(".gene-name h2")).to_have_text(gene)
    expect(returning.locator(".card-title")).to_have_count(0)
    assert "with" in traces(returning, "gene-map")


@pytest.mark.browser
def test_what_a_gene_marks_and_why_the_label(returning, answer):
    open_tab(returning, answer.address)
    returning.goto(returning.url.split("?")[0] + "?tab=genes&gene=LYZ&sel=type:CL:0000576")
    expect(returning.locator("#gene-marks .ag-row").first).to_contain_text("monocyte", timeout=PATIENT)
    expect(returning.locator("#gene-forest-head")).to_contain_text("LYZ in monocyte")
    expect(returning.locator("#evidence")).to_contain_text("labelled monocyte", timeout=PATIENT)
    returning.add_style_tag(content="#evidence p { min-height: 120px }")  # more to say than usual: the panel grows
    scale, panel = (returning.locator(f".panel-evidence{part}").bounding_box() for part in (" .xtitle", ""))
    assert scale["y"] + scale["height"] <= panel["y"] + panel["height"]
    returning.context.new_cdp_session(returning).send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    buttons = returning.locator("#gene-types .modebar-btn").last.bounding_box()
    assert buttons["y"] + buttons["height"] <= returning.locator("#gene-types .main-svg").first.bounding_box()["y"] + 1
    returning.context.new_cdp_session(returning).send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    returning.locator("#gene-marks .ag-row").nth(1).click()
    expect(returning.locator("#gene-forest-head")).not_to_contain_text("in monocyte")
    returning.locator("#gene-forest-head").get_by_text("About this type").click()
    expect(returning.locator(".card-title h1")).to_be_visible(timeout=PATIENT)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_list_of_genes(page, tiny_query, tmp_path, scheme, problems):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    upload(page, tiny_query)  # a result of its own: it is given gene sets
    open_tab(page, page.url)
    page.locator("#list-text").fill("MS4A1, CD79A, CD20; ENSG00000105369\nCD19 CD79B NOPE")
    page.click("#list-submit")
    expect(page.locator("#list-table .ag-row").first).to_contain_text("B cell", timeout=PATIENT)
    expect(page.locator("#list-found")).to_contain_text("NOPE")
    page.wait_for_url(re.compile("list=MS4A1,CD79A"))
    page.get_by_text("Gene sets", exact=True).click()
    expect(page.locator("#list-result")).to_contain_text("No gene sets yet.")
    bad, good = tmp_path / "bad.gmt", tmp_path / "good.gmt"
    bad.write_bytes(b"\x1f\x8b\x08\x00")
    good.write_text("B_CELLS\tx\tMS4A1\tCD79A\tCD79B\nOTHERS\tx\tLYZ\tCD14\tCD68\n")
    for file, says in ((bad, "bad.gmt: This file is not text."), (good, "good.gmt: 2 sets")):
        with page.expect_file_chooser() as chooser:
            page.locator("[data-gene-sets]").click()
        chooser.value.set_files(file)
        expect(page.locator("#list-result")).to_contain_text(says, timeout=PATIENT)
    problems.forgive("gene-sets")  # the refusal of the file that is no text
    expect(page.locator("#list-table .ag-row").first).to_contain_text("B CELLS")
    expect(page.locator(".list-foot")).to_contain_text("against a background of")
    with page.expect_download() as table:
        page.click("#list-download")
    assert table.value.suggested_filename == "scquery-list-gene-sets.csv"
    page.reload()
    expect(page.locator("#list-text")).to_have_value(re.compile("MS4A1, CD79A"), timeout=PATIENT)
