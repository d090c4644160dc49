"""The whole way in a real browser: a file, its types, a cluster, a node of the ontology, genes, studies, the link again, a download."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

import h5py
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import B_CELL, drawn, tap, upload
from tests.worlds import QUERY, write_h5ad

HINT_COLOUR = "getComputedStyle(document.getElementById('setting-leave-out'), '::placeholder').color"
DARK = "() => document.querySelector('#scatter .js-plotly-plot')._fullLayout.font.color.toLowerCase() === '#b5c0cc'"
ZOOM = (
    "(l => [l.dragmode, l.xaxis.range, l.yaxis.range])(document.querySelector('#scatter .js-plotly-plot')._fullLayout)"
)


def click_row(page: Page, share: float) -> None:
    box = page.locator("#heatmap .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * share)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * share)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_whole_way(page, tiny_query, scheme):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    upload(page, tiny_query)
    expect(page.locator("#answer h1")).to_contain_text("Mostly")
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == scheme

    click_row(page, 0.1)
    expect(page.locator("#selection-bar strong")).to_contain_text(re.compile(r"Cluster \d+: \d+ of 110 cells"))
    assert "sel=cluster:" in page.url
    expect(page.locator("#studies-sub")).to_contain_text("selected cells")

    tap(page, B_CELL)
    expect(page.locator(".card-title h1")).to_have_text("B cell")
    expect(page.locator("#type-card-genes")).to_contain_text("MS4A1", timeout=30_000)
    with page.expect_download() as genes:
        page.click("#type-card-genes-download")
    assert genes.value.suggested_filename == "scquery-genes-CL-0000236.csv"
    page.keyboard.press("Escape")
    expect(page.locator(".card-title")).to_have_count(0)
    page.wait_for_url(lambda url: "&type=" not in url)
    expect(page.locator("#selection-bar strong")).to_have_text("B cell: 25 of 110 cells")
    expect(page.locator("#studies-sub")).to_have_text("behind the selected cells' 2,500 neighbours")

    link = page.url
    page.reload()
    drawn(page)
    assert page.url == link
    expect(page.locator("#selection-bar strong")).to_have_text("B cell: 25 of 110 cells")

    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_download() as labels:
        page.get_by_text("Labels of the 25 selected cells").click()
    rows = list(csv.DictReader(labels.value.path().read_text(encoding="utf-8").splitlines()))
    assert {row["cell_type_ontology_term_id"] for row in rows} == {B_CELL}
    assert len(rows) == 25


@pytest.mark.browser
def test_every_panel_makes_the_same_selection(page, tiny_query, tmp_path):
    with h5py.File(shutil.copy(tiny_query, tmp_path / "mapped.h5ad"), "a") as file:
        file["obsm"].create_dataset("X_umap", data=np.random.default_rng(0).random((110, 2)))
    upload(page, tmp_path / "mapped.h5ad")
    bar = page.locator("#selection-bar strong")
    page.locator("#composition .share-button").first.click()
    expect(bar).to_contain_text("of 110 cells")
    assert "sel=type:CL:" in page.url
    expect(page.locator("#composition .share-row.is-selected")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(bar).to_have_text("All 110 cells")
    _types_further_down_are_counted(page)
    page.locator("#space-switch").get_by_text("Your UMAP").click()
    expect(page.locator("#map-zoom")).to_be_hidden()  # there is nothing but the user's cells
    page.wait_for_timeout(500)
    box = page.locator("#scatter .nsewdrag").first.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)]
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=6)
    page.mouse.up()
    expect(bar).to_contain_text(re.compile(r"map: \d+ of 110 cells"))
    assert "space=X_umap&sel=lasso:X_umap:" in page.url
    page.locator("#space-switch").get_by_text("Embedding").click()
    expect(page.locator("#map-zoom")).to_be_visible()
    page.locator("#scatter .modebar-btn[data-val=zoom]").dispatch_event("click")
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    zoomed = page.evaluate(ZOOM)
    page.locator("#theme").click()
    page.wait_for_function(DARK)
    assert page.evaluate(ZOOM) == zoomed  # with the tool
    page.locator("#map-zoom").press("Enter")
    expect(page.locator("#map-zoom")).to_have_attribute("aria-pressed", "true")
    assert "zoom=cells" in page.url
    expect(bar).to_contain_text("of 110 cells")
    page.go_back()
    expect(page.locator("#map-zoom")).to_have_attribute("aria-pressed", "false")
    page.go_back()
    page.go_back()
    expect(bar).to_have_text("All 110 cells")


def _types_further_down_are_counted(page: Page) -> None:
    apart = page.locator(".composition-apart")
    expect(page.locator(".composition-types .share-row").nth(1)).to_be_visible()
    page.locator("#composition").evaluate(
        "place => { place.style.height = '100px'; dispatchEvent(new Event('resize')); }"
    )
    expect(apart).to_have_attribute("data-more", re.compile(r"^\d more$"))
    page.locator(".composition-types").evaluate("list => list.scrollTo(0, 1e4)")
    expect(apart).to_have_attribute("data-more", "")


@pytest.mark.browser
def test_settings_that_need_no_search_follow_at_once(shown):
    before = shown.locator("#answer p").text_content()
    thumb = shown.locator("#setting-confidence [role=slider]")
    thumb.focus()
    shown.keyboard.press("End")
    expect(shown.locator("#answer p")).not_to_have_text(before)
    assert "threshold=0.95" in shown.url
    _says_what_is_not_searched_yet(shown)
    shown.locator("#cluster-slider [role=slider]").focus()
    shown.keyboard.press("Home")
    expect(shown.locator("#cluster-count")).to_have_text("2 clusters")


def _says_what_is_not_searched_yet(page: Page) -> None:
    pending, again = page.locator("#search-pending"), page.locator("#search-again")
    expect(pending).to_be_empty()
    page.locator("#setting-k [role=slider]").focus()
    page.keyboard.press("ArrowLeft")
    expect(pending).to_have_text("k 95 is not searched yet.")
    expect(again).to_have_class(re.compile("is-filled"))
    page.keyboard.press("ArrowRight")
    expect(pending).to_be_empty()
    expect(again).to_have_class(re.compile("is-default"))
    assert page.evaluate(HINT_COLOUR) == "rgb(94, 107, 121)"
    page.locator("#setting-leave-out").click()
    page.locator(".mantine-MultiSelect-option").first.click()
    expect(pending).to_have_text("The other choice of studies is not searched yet.")
    assert page.evaluate(HINT_COLOUR) == "rgba(0, 0, 0, 0)"  # "None left out" would be untrue
    page.keyboard.press("Escape")


@pytest.mark.browser
def test_a_study_is_left_out_from_its_row(shown):
    year = shown.locator("#studies .ag-header-cell[col-id=year]")
    expect(year).to_be_hidden()
    shown.locator("[data-enlarge=studies]").click()
    expect(year).to_be_visible()
    expect(shown.locator("#studies .study-detail").first).to_be_hidden()
    leave_out = shown.locator("#studies [data-leave-out]").first
    leave_out.click()
    expect(leave_out).to_have_attribute("aria-pressed", "true")
    expect(shown.locator(".settings .mantine-Pill-root")).to_have_count(1)
    expect(shown.locator("#search-pending")).to_have_text("The other choice of studies is not searched yet.")
    shown.locator("#studies .ag-cell[col-id=leave_out]").first.focus()
    shown.keyboard.press("Enter")
    expect(shown.locator("#search-pending")).to_be_empty()
    shown.keyboard.press("Escape")
    expect(year).to_be_hidden()


@pytest.mark.browser
def test_wider_types_in_every_panel(shown):
    shown.locator("#composition .share-button").first.click()
    shown.wait_for_url(re.compile("sel=type"))
    shown.locator("#detail-slider [role=slider]").focus()
    shown.keyboard.press("ArrowLeft")
    expect(shown.locator("#detail-value")).to_have_text("5 wider types")
    shown.keyboard.press("ArrowLeft")
    expect(shown.locator("#detail-value")).to_have_text("4 wider types")
    shown.wait_for_url(lambda url: "detail=2" in url and "sel=" not in url)  # a type of another level is no choice here
    expect(shown.locator("#composition .share-row").first).to_contain_text("T cell")
    shown.wait_for_function(
        "() => document.getElementById('ontology')._cyreg.cy.getElementById('CL:0000084').hasClass('matched')"
    )
    shown.reload()
    drawn(shown)
    assert shown.locator("#detail-slider [role=slider]").get_attribute("aria-valuenow") == "2"
    shown.go_back()
    expect(shown.locator("#detail-value")).to_have_text("5 wider types")
    expect(shown.locator("#detail-slider [role=slider]")).to_have_attribute("aria-valuenow", "3")


@pytest.mark.browser
def test_a_branch_can_be_opened(shown):
    expect(shown.locator("#heatmap-open")).to_be_hidden()
    click_row(shown, 0.1)
    shown.locator("#heatmap-open").click()
    expect(shown.locator("#heatmap-open")).to_have_attribute("aria-pressed", "true")
    chosen = re.search(r": (\d+) of 110", shown.locator("#selection-bar strong").inner_text()).group(1)
    expect(shown.locator("#heatmap-sub")).to_contain_text(f"{chosen} cells")
    before = shown.url
    click_row(shown, 0.5)
    shown.wait_for_timeout(500)
    assert shown.url == before  # rows of an opened branch choose nothing
    shown.locator("#heatmap-open").click()
    expect(shown.locator("#heatmap-sub")).to_contain_text("110 cells")
    shown.locator("#heatmap-open").click()
    shown.wait_for_url(re.compile("rows=selected"))
    shown.locator("#clear-selection").click()
    shown.wait_for_url(lambda url: "sel=" not in url and "rows=" not in url)


@pytest.mark.browser
def test_the_scheme_can_be_switched_and_is_kept(shown):
    shown.click("#theme")
    shown.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    shown.wait_for_function(
        "() => document.querySelector('#heatmap .js-plotly-plot')._fullLayout.font.color.toLowerCase() === '#b5c0cc'"
    )
    shown.reload()
    drawn(shown)
    assert shown.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"


@pytest.mark.browser
def test_the_keyboard_reaches_what_matters(page):
    expect(page.locator("#upload-drop")).to_be_visible()
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(document.activeElement.id || document.activeElement.getAttribute('data-example') || document.activeElement.className)"
            )
        )
    assert {"upload-drop", "theme"} <= reached
    assert any("skip" in name for name in reached)


@pytest.mark.browser
def test_the_focus_stays_where_the_work_is(shown):
    """A choice draws its own controls anew, and must not throw a keyboard user back to the top of the page."""
    row = shown.locator("#composition .share-button").first
    row.focus()
    shown.keyboard.press("Enter")
    expect(shown.locator("#clear-selection")).to_be_visible()
    expect(shown.locator("#composition .share-button[aria-pressed=true]")).to_be_focused()
    about = shown.locator("#selection-bar [data-go*=type]")
    about.focus()
    shown.keyboard.press("Enter")
    expect(shown.locator(".mantine-Drawer-content")).to_be_visible()
    shown.keyboard.press("Escape")
    expect(shown.locator(".mantine-Drawer-content")).to_be_hidden()
    expect(about).to_be_focused()
    shown.locator("#cluster-list button").nth(1).focus()
    expect(shown.locator("#cluster-list .focus-list")).to_have_css("clip-path", "none")
    shown.keyboard.press("Enter")
    expect(shown.locator("#selection-bar strong")).to_contain_text("Cluster 2")
    expect(shown.locator("#cluster-list button[aria-pressed=true]")).to_be_focused()
    shown.locator("#clear-selection").focus()
    shown.keyboard.press("Enter")
    expect(shown.locator("#clear-selection")).to_be_hidden()
    expect(shown.locator("#selection-bar")).to_be_focused()


@pytest.mark.browser
def test_a_group_of_the_users_own_metadata_is_one_selection_more(shown):
    box = shown.locator("#own-groups")
    box.click()
    first = shown.locator(".mantine-Select-option").first
    name = first.inner_text()  # "donor: a (60)"
    first.click()
    expect(shown.locator("#selection-bar")).to_contain_text(name.split(": ")[1].split(" (")[0])
    assert "sel=obs:" in unquote(shown.url)
    expect(shown.locator("#own-groups")).to_have_value(name)
    for again in (shown.reload, shown.get_by_role("link", name="Genes").click):  # the address keeps it
        again()
        expect(shown.locator("#own-groups")).to_have_value(name)
        shown.wait_for_timeout(500)
        assert "sel=obs:" in unquote(shown.url)
    shown.get_by_role("link", name="Results").click()
    shown.locator("#composition .share-button").first.click(position={"x": 20, "y": 8})
    expect(shown.locator("#own-groups")).to_have_value("")
    assert "sel=type:" in unquote(shown.url)


@pytest.mark.browser
def test_a_table_of_the_cells_gives_a_file_without_metadata_its_groups(page, tiny_world, tmp_path, problems):
    drawn_cells = tiny_world.draw("query", QUERY, seed=99)
    names = [f"AAAC{place:06d}-1" for place in range(len(drawn_cells.types))]
    write_h5ad(tmp_path / "bare.h5ad", drawn_cells.counts, names, tiny_world.genes, {})
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("cell,donor\nnobody,d1\n")
    good.write_text("cell,donor\n" + "".join(f"{name[:-2]},d{place % 2}\n" for place, name in enumerate(names)))
    upload(page, tmp_path / "bare.h5ad")
    expect(page.locator("#own-groups")).to_have_count(0)
    says = ((bad, "bad.csv: No row of this table"), (good, "Table of your cells: 110 of 110 cells matched, 1 column"))
    for file, words in says:
        with page.expect_file_chooser() as chooser:
            page.locator("[data-cell-table]").click()
        chooser.value.set_files(file)
        expect(page.locator("#cell-table-told")).to_contain_text(words, timeout=30_000)
    problems.forgive("cell-table")  # the refusal of the table of other cells
    page.locator("#own-groups").click()
    page.locator(".mantine-Select-option").first.click()
    expect(page.locator("#selection-bar")).to_contain_text("55 of 110 cells")
    assert "sel=obs:donor=d" in unquote(page.url)


@pytest.mark.browser
def test_on_a_narrow_window_the_rail_is_a_drawer(page, tiny_query):
    page.set_viewport_size({"width": 1024, "height": 800})
    expect(page.locator("#upload-drop")).to_be_visible()
    expect(page.locator("#rail-toggle")).to_be_hidden()  # the first page has no rail
    upload(page, tiny_query)
    page.locator("#rail-toggle").click()
    rail = page.locator(".mantine-AppShell-navbar")
    expect(page.locator("#rail-toggle")).to_be_in_viewport()
    expect(rail.get_by_text("Your cells", exact=True)).to_be_in_viewport()
    box = rail.bounding_box()
    assert box is not None
    assert box["width"] <= 320
    page.keyboard.press("Escape")
    expect(rail).not_to_be_in_viewport()


@pytest.mark.browser
def test_figures_are_saved_here_and_sent_nowhere(shown, tmp_path):
    expect(shown.locator(".modebar-btn").first).to_be_attached()
    offered = shown.locator(".modebar-btn").evaluate_all("buttons => buttons.map(b => b.dataset.title)")
    assert set(offered) <= {"Save as SVG", "Save as PNG", "Zoom", "Pan", "Reset axes", "Lasso Select", "Box Select"}
    shown.locator("#scatter").hover()
    width = shown.evaluate("document.querySelector('#scatter .js-plotly-plot')._fullLayout.width")
    svg = saved(shown, "#scatter [data-title='Save as SVG']", tmp_path / "scquery-map.svg")
    assert f'width="{width + 24:g}"' in svg.decode()[:400]
    assert width_of(saved(shown, "#scatter [data-title='Save as PNG']", tmp_path / "scquery-map.png")) >= 3 * width
    drawn = shown.evaluate("document.getElementById('ontology')._cyreg.cy.elements().boundingBox().w")
    assert width_of(saved(shown, "[data-save-ontology]", tmp_path / "scquery-ontology.png")) >= 2 * drawn
    shown.get_by_role("button", name="Download", exact=True).click()
    assert saved(shown, "#composition-download", tmp_path / "scquery-composition.csv").startswith(b"type_id,type_name")


def saved(page, button: str, path: Path) -> bytes:
    """Press a button that saves a file of this name; give what is in it."""
    with page.expect_download() as file:
        page.locator(button).click()
    assert file.value.suggested_filename == path.name
    file.value.save_as(path)
    return path.read_bytes()


def width_of(png: bytes) -> int:
    assert png[1:4] == b"PNG"
    return int.from_bytes(png[16:20], "big")


@pytest.fixture(scope="module")
def long_named(answer, server, tiny_query, tmp_path_factory) -> str:
    """The address of a result whose file has a long name."""
    page = answer.visitor.new_page()
    page.goto(server.url)
    upload(page, shutil.copy(tiny_query, tmp_path_factory.mktemp("named") / f"{'a_long_name_' * 8}.h5ad"))
    address = page.url
    page.close()
    return address


def each(page: Page, widths: Sequence[int]) -> Iterator[int]:
    """Drag the window to every width, where nothing may be wider than it, and back to the first."""
    for width in (*widths, widths[0]):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
        yield width


@pytest.mark.browser
@pytest.mark.parametrize("widths", [(1280, 1024, 700), (390, 320)])
def test_nothing_is_wider_than_the_window(returning, server, long_named, widths):
    returning.set_viewport_size({"width": widths[0], "height": 800})
    returning.goto(server.url)
    for _ in each(returning, widths):
        expect(returning.locator(".chip-title")).to_be_visible()  # the reference is in sight at every width
    returning.goto(long_named)
    drawn(returning)
    returning.locator("#composition .share-button").first.click(position={"x": 20, "y": 8})  # its name
    expect(returning.locator(".selection-statement")).to_contain_text("median score")
    for width in each(returning, widths):
        _a_result_fits(returning, width)
    for tab, there in (
        ("Genes", ".gene-box"),
        ("Compare", "#compare-genes .ag-row >> nth=0"),
        ("Reference", "#reference h1"),
    ):
        returning.locator(".tabs a", has_text=tab).click()
        expect(returning.locator(there)).to_be_visible(timeout=15_000)  # genes of all cells are tested first
        for _ in each(returning, widths):
            expect(returning.locator(there)).to_be_visible()
    returning.evaluate("document.querySelector('.panel-reads').remove()")  # a reference built from matrices has none
    for _ in each(returning, widths):
        narrowest = returning.locator(".facts dd").evaluate_all("all => Math.min(...all.map(dd => dd.clientWidth))")
        assert narrowest >= 140
    returning.goto(server.url)
    for _ in each(returning, widths):
        expect(returning.locator(".recent-state").first).to_be_visible()


def _a_result_fits(page: Page, width: int) -> None:
    # Where the map fills the width of a phone, a finger must be able to scroll past it.
    page.wait_for_function(
        "mode => document.querySelector('#scatter .js-plotly-plot')._fullLayout.dragmode === mode",
        arg="lasso" if width > 640 else False,
    )
    cut = "said => said.filter(part => part.scrollWidth > part.clientWidth).map(part => part.textContent)"
    assert page.locator(".selection-statement > *").evaluate_all(cut) == []
    for last in (page.get_by_label("How to read this page"), page.locator("#clear-selection")):
        expect(last).to_be_visible()
        box = last.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width


@pytest.mark.browser
def test_the_reference_page_and_back(shown):
    shown.locator(".tabs a", has_text="Reference").click()
    expect(shown.locator("#reference h1")).to_be_visible()
    shown.locator(".tabs a", has_text="Results").click()
    drawn(shown)
