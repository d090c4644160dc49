"""The tab about genes in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_whole_way import upload


def open_tab(page: Page, query) -> None:
    upload(page, query)
    page.locator(".tabs a", has_text="Genes").click()
    expect(page.locator(".gene-name h2")).to_be_visible()


def traces(page: Page, graph: str) -> list[str]:
    page.wait_for_function(
        "id => (document.querySelector(`#${id} .js-plotly-plot`)?.data || []).length > 0", arg=graph, timeout=30_000
    )
    return page.evaluate("id => document.querySelector(`#${id} .js-plotly-plot`).data.map(t => t.name)", graph)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_any_gene_can_be_looked_up(page, tiny_query, scheme):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    open_tab(page, tiny_query)
    assert "tab=genes" in page.url
    page.locator("#gene-search").click()
    page.keyboard.type("CD20")
    page.get_by_text("MS4A1 (CD20)").wait_for()
    page.keyboard.press("Enter")
    expect(page.locator(".gene-name h2")).to_have_text("MS4A1")
    page.wait_for_url(re.compile("gene=MS4A1"))
    assert {"with", "without", "ground"} == set(traces(page, "gene-map"))
    expect(page.locator("#gene-types")).to_contain_text("B cell")
    page.reload()
    expect(page.locator(".gene-name h2")).to_have_text("MS4A1")


@pytest.mark.browser
def test_the_tabs_share_the_selection(page, tiny_query):
    upload(page, tiny_query)
    page.locator("#composition .share-button").first.click()
    expect(page.locator("#selection-bar strong")).to_contain_text("of 110 cells")
    chosen = page.locator("#selection-bar strong").text_content()
    page.locator(".tabs a", has_text="Genes").click()
    expect(page.locator(".gene-name h2")).to_be_visible()
    expect(page.locator("#selection-bar strong")).to_have_text(chosen)
    page.locator(".tabs a", has_text="Results").click()
    expect(page.locator("#selection-bar strong")).to_have_text(chosen)
    page.locator("#heatmap .js-plotly-plot").wait_for()
    page.go_back()
    expect(page.locator(".gene-name h2")).to_be_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 700])
def test_nothing_is_wider_than_the_window(page, tiny_query, width):
    page.set_viewport_size({"width": width, "height": 800})
    open_tab(page, tiny_query)
    traces(page, "gene-map")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
