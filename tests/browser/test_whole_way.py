"""The whole way in a real browser: a file, its types, a cluster, a node of the ontology, genes, studies, the link again, a download."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path
from urllib.parse import unquote

import h5py
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.worlds import QUERY, write_h5ad

B_CELL = "CL:0000236"
HINT_COLOUR = "getComputedStyle(document.getElementById('setting-leave-out'), '::placeholder').color"


DARK = "() => document.querySelector('#scatter .js-plotly-plot')._fullLayout.font.color.toLowerCase() === '#b5c0cc'"
ZOOM = (
    "(l => [l.dragmode, l.xaxis.range, l.yaxis.range])(document.querySelector('#scatter .js-plotly-plot')._fullLayout)"
)


def upload(page: Page, file) -> None:
    with page.expect_file_chooser() as chooser:
        page.click("#upload-drop")
    chooser.value.set_files(file)
    page.wait_for_url(re.compile(r"/r/[\w-]{22}"), timeout=30_000)
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until every panel shows something."""
    for graph in ("heatmap", "scatter"):
        page.wait_for_function(
            "id => (document.querySelector(`#${id} .js-plotly-plot`)?.data || []).length > 0", arg=graph, timeout=60_000
        )
    page.wait_for_selector("#composition .share-row")
    page.wait_for_selector("#studies .ag-row")
    page.wait_for_function(
        "() => { const o = document.getElementById('ontology'); return o && o._cyreg && o._cyreg.cy.nodes('.matched').length }"
    )


def click_row(page: Page, share: float) -> None:
    box = page.locator("#heatmap .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * share)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] * share)


def tap(page: Page, term: str) -> None:
    x, y = page.evaluate(
        """term => {
            const place = document.getElementById('ontology');
            const node = place._cyreg.cy.getElementById(term).renderedPosition();
            const box = place.getBoundingClientRect();
            return [box.left + node.x, box.top + node.y];
        }""",
        term,
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.wait_for_timeout(80)
    page.mouse.up()


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
def test_settings_that_need_no_search_follow_at_once(page, tiny_query):
    upload(page, tiny_query)
    before = page.locator("#answer p").text_content()
    thumb = page.locator("#setting-confidence [role=slider]")
    thumb.focus()
    page.keyboard.press("End")
    expect(page.locator("#answer p")).not_to_have_text(before)
    assert "threshold=0.95" in page.url
    _says_what_is_not_searched_yet(page)
    page.locator("#cluster-slider [role=slider]").focus()
    page.keyboard.press("Home")
    expect(page.locator("#cluster-count")).to_have_text("2 clusters")


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
def test_a_study_is_left_out_from_its_row(page, tiny_query):
    upload(page, tiny_query)
    year = page.locator("#studies .ag-header-cell[col-id=year]")
    expect(year).to_be_hidden()
    page.locator("[data-enlarge=studies]").click()
    expect(year).to_be_visible()
    expect(page.locator("#studies .study-detail").first).to_be_hidden()
    leave_out = page.locator("#studies [data-leave-out]").first
    leave_out.click()
    expect(leave_out).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".settings .mantine-Pill-root")).to_have_count(1)
    expect(page.locator("#search-pending")).to_have_text("The other choice of studies is not searched yet.")
    page.locator("#studies .ag-cell[col-id=leave_out]").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#search-pending")).to_be_empty()
    page.keyboard.press("Escape")
    expect(year).to_be_hidden()


@pytest.mark.browser
def test_wider_types_in_every_panel(page, tiny_query):
    upload(page, tiny_query)
    page.locator("#composition .share-button").first.click()
    page.wait_for_url(re.compile("sel=type"))
    page.locator("#detail-slider [role=slider]").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#detail-value")).to_have_text("5 wider types")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#detail-value")).to_have_text("4 wider types")
    page.wait_for_url(lambda url: "detail=2" in url and "sel=" not in url)  # a type of another level is no choice here
    expect(page.locator("#composition .share-row").first).to_contain_text("T cell")
    page.wait_for_function(
        "() => document.getElementById('ontology')._cyreg.cy.getElementById('CL:0000084').hasClass('matched')"
    )
    page.reload()
    drawn(page)
    assert page.locator("#detail-slider [role=slider]").get_attribute("aria-valuenow") == "2"
    page.go_back()
    expect(page.locator("#detail-value")).to_have_text("5 wider types")
    expect(page.locator("#detail-slider [role=slider]")).to_have_attribute("aria-valuenow", "3")


@pytest.mark.browser
def test_a_branch_can_be_opened(page, tiny_query):
    upload(page, tiny_query)
    expect(page.locator("#heatmap-open")).to_be_hidden()
    click_row(page, 0.1)
    page.locator("#heatmap-open").click()
    expect(page.locator("#heatmap-open")).to_have_attribute("aria-pressed", "true")
    chosen = re.search(r": (\d+) of 110", page.locator("#selection-bar strong").inner_text()).group(1)
    expect(page.locator("#heatmap-sub")).to_contain_text(f"{chosen} cells")
    before = page.url
    click_row(page, 0.5)
    page.wait_for_timeout(500)
    assert page.url == before  # rows of an opened branch choose nothing
    page.locator("#heatmap-open").click()
    expect(page.locator("#heatmap-sub")).to_contain_text("110 cells")
    page.locator("#heatmap-open").click()
    page.wait_for_url(re.compile("rows=selected"))
    page.locator("#clear-selection").click()
    page.wait_for_url(lambda url: "sel=" not in url and "rows=" not in url)


@pytest.mark.browser
def test_the_scheme_can_be_switched_and_is_kept(page, tiny_query):
    upload(page, tiny_query)
    page.click("#theme")
    page.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    page.wait_for_function(
        "() => document.querySelector('#heatmap .js-plotly-plot')._fullLayout.font.color.toLowerCase() === '#b5c0cc'"
    )
    page.reload()
    drawn(page)
    assert page.evaluate("document.documentElement.dataset.mantineColorScheme") == "dark"


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
def test_the_focus_stays_where_the_work_is(page, tiny_query):
    """A choice draws its own controls anew, and must not throw a keyboard user back to the top of the page."""
    upload(page, tiny_query)
    row = page.locator("#composition .share-button").first
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clear-selection")).to_be_visible()
    expect(page.locator("#composition .share-button[aria-pressed=true]")).to_be_focused()
    about = page.locator("#selection-bar [data-go*=type]")
    about.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".mantine-Drawer-content")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".mantine-Drawer-content")).to_be_hidden()
    expect(about).to_be_focused()
    page.locator("#cluster-list button").nth(1).focus()
    expect(page.locator("#cluster-list .focus-list")).to_have_css("clip-path", "none")
    page.keyboard.press("Enter")
    expect(page.locator("#selection-bar strong")).to_contain_text("Cluster 2")
    expect(page.locator("#cluster-list button[aria-pressed=true]")).to_be_focused()
    page.locator("#clear-selection").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#clear-selection")).to_be_hidden()
    expect(page.locator("#selection-bar")).to_be_focused()


@pytest.mark.browser
def test_a_group_of_the_users_own_metadata_is_one_selection_more(page, tiny_query):
    upload(page, tiny_query)
    box = page.locator("#own-groups")
    box.click()
    first = page.locator(".mantine-Select-option").first
    name = first.inner_text()  # "donor: a (60)"
    first.click()
    expect(page.locator("#selection-bar")).to_contain_text(name.split(": ")[1].split(" (")[0])
    assert "sel=obs:" in unquote(page.url)
    expect(page.locator("#own-groups")).to_have_value(name)
    for again in (page.reload, page.get_by_role("link", name="Genes").click):  # the address keeps it
        again()
        expect(page.locator("#own-groups")).to_have_value(name)
        page.wait_for_timeout(500)
        assert "sel=obs:" in unquote(page.url)
    page.get_by_role("link", name="Results").click()
    page.locator("#composition .share-button").first.click(position={"x": 20, "y": 8})
    expect(page.locator("#own-groups")).to_have_value("")
    assert "sel=type:" in unquote(page.url)


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
def test_figures_are_saved_here_and_sent_nowhere(page, tiny_query, tmp_path):
    upload(page, tiny_query)
    expect(page.locator(".modebar-btn").first).to_be_attached()
    offered = page.locator(".modebar-btn").evaluate_all("buttons => buttons.map(b => b.dataset.title)")
    assert set(offered) <= {"Save as SVG", "Save as PNG", "Zoom", "Pan", "Reset axes", "Lasso Select", "Box Select"}
    page.locator("#scatter").hover()
    shown = page.evaluate("document.querySelector('#scatter .js-plotly-plot')._fullLayout.width")
    svg = saved(page, "#scatter [data-title='Save as SVG']", tmp_path / "scquery-map.svg")
    assert f'width="{shown + 24:g}"' in svg.decode()[:400]
    assert width_of(saved(page, "#scatter [data-title='Save as PNG']", tmp_path / "scquery-map.png")) >= 3 * shown
    drawn = page.evaluate("document.getElementById('ontology')._cyreg.cy.elements().boundingBox().w")
    assert width_of(saved(page, "[data-save-ontology]", tmp_path / "scquery-ontology.png")) >= 2 * drawn
    page.get_by_role("button", name="Download", exact=True).click()
    assert saved(page, "#composition-download", tmp_path / "scquery-composition.csv").startswith(b"type_id,type_name")


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


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 1024, 700, 390, 320])
def test_nothing_is_wider_than_the_window(page, server, tiny_query, tmp_path, width):
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator(".chip-title")).to_be_visible()  # the reference is in sight at every width
    upload(page, shutil.copy(tiny_query, tmp_path / f"{'a_long_name_' * 8}.h5ad"))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Where the map fills the width of a phone, a finger must be able to scroll past it.
    page.wait_for_function(
        "mode => document.querySelector('#scatter .js-plotly-plot')._fullLayout.dragmode === mode",
        arg="lasso" if width > 640 else False,
    )
    page.locator("#composition .share-button").first.click(position={"x": 20, "y": 8})  # its name
    cut = "said => said.filter(part => part.scrollWidth > part.clientWidth).map(part => part.textContent)"
    expect(page.locator(".selection-statement")).to_contain_text("median score")
    assert page.locator(".selection-statement > *").evaluate_all(cut) == []
    for last in (page.get_by_label("How to read this page"), page.locator("#clear-selection")):
        expect(last).to_be_visible()
        box = last.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width
    for tab, there in (
        ("Genes", ".gene-box"),
        ("Compare", "#compare-genes .ag-row >> nth=0"),
        ("Reference", "#reference h1"),
    ):
        page.locator(".tabs a", has_text=tab).click()
        expect(page.locator(there)).to_be_visible(timeout=15_000)  # genes of all cells are tested first
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)  # once drawn
    page.evaluate("document.querySelector('.panel-reads').remove()")  # a reference built from matrices has none
    narrowest = page.locator(".facts dd").evaluate_all("all => Math.min(...all.map(dd => dd.clientWidth))")
    assert narrowest >= 140
    page.goto(server.url)
    expect(page.locator(".recent-state")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.browser
def test_the_reference_page_and_back(page, tiny_query):
    upload(page, tiny_query)
    page.locator(".tabs a", has_text="Reference").click()
    expect(page.locator("#reference h1")).to_be_visible()
    page.locator(".tabs a", has_text="Results").click()
    drawn(page)
