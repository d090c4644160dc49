"""The tab Compare in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_genes import PATIENT, traces
from tests.browser.test_whole_way import upload


def open_tab(page: Page, query: Path) -> None:
    upload(page, query)
    page.locator(".tabs a", has_text="Compare").click()
    expect(page.locator(".group-bar").first).to_be_visible(timeout=PATIENT)


def pick(page: Page, control: str, name: str) -> None:
    page.locator(control).click()
    page.get_by_role("option", name=name).first.click()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_groups_are_compared(page, tiny_query, scheme):
    page.emulate_media(color_scheme=scheme)
    page.reload()
    open_tab(page, tiny_query)
    assert page.url.endswith("?tab=compare")  # what stands in for a choice is not written down
    expect(page.locator("#compare-answer p")).to_contain_text("Moderated paired t-test over replicates")
    assert {"against", "group", "interval"} <= set(traces(page, "compare-types"))
    pick(page, "#compare-replicates", "no column chosen")
    expect(page.locator("#compare-note")).to_contain_text("not independent", timeout=PATIENT)
    expect(page.locator("#compare-answer p")).to_contain_text("Fisher's exact test")
    page.get_by_text("Table", exact=True).click()
    expect(page.locator("#compare-types .ag-row").first).to_be_visible(timeout=PATIENT)
    with page.expect_download() as download:
        page.locator("#compare-download").click()
    assert Path(download.value.path()).read_text().startswith("group,against,type_id,")


@pytest.mark.browser
def test_a_gene_that_differs_is_shown_on_the_map(page, tiny_query):
    open_tab(page, tiny_query)
    expect(page.locator("#compare-genes .ag-row").first).to_be_visible(timeout=PATIENT)
    pick(page, "#compare-within", "All selected cells")
    page.wait_for_url(re.compile("within=\\*"))
    expect(page.locator("#compare-genes-sub")).to_contain_text("3 replicates", timeout=PATIENT)
    row = page.locator("#compare-genes .ag-row").first
    gene = row.locator("[col-id=gene_symbol]").text_content()
    row.click()
    expect(page.locator(".gene-name h2")).to_have_text(gene, timeout=PATIENT)
    page.go_back()
    expect(page.locator("#compare-within")).to_have_value("All selected cells", timeout=PATIENT)
    expect(page.locator("#compare-genes-sub")).to_contain_text("3 replicates", timeout=PATIENT)
    cell = page.locator("#compare-genes .ag-row [col-id=gene_symbol]").nth(1)
    second = cell.text_content()
    cell.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".gene-name h2")).to_have_text(second, timeout=PATIENT)


@pytest.mark.browser
def test_what_is_cut_is_told_whole(page, tiny_query):
    page.set_viewport_size({"width": 700, "height": 800})
    open_tab(page, tiny_query)
    line = page.locator(".panel-compare-genes .panel-sub")
    expect(line).to_contain_text("against", timeout=PATIENT)
    line.hover()
    assert line.get_attribute("title") == line.text_content()
    heading = page.locator("#compare-bars-sub")
    heading.hover()
    assert not heading.locator("..").get_attribute("title")  # it has room


@pytest.mark.browser
def test_a_choice_lives_in_the_address(page, tiny_query):
    open_tab(page, tiny_query)
    pick(page, "#compare-group", "healthy")  # the one compared with: both change places
    page.wait_for_url(re.compile("group=healthy&against=disease"))
    expect(page.locator("#compare-against")).to_have_value(re.compile("disease"))
    pick(page, "#compare-by", "planted_type")
    page.wait_for_url(lambda url: "by=planted_type" in url and "group=" not in url)
    expect(page.locator("#compare-against")).to_have_value("all other cells")
    expect(page.locator("#compare-answer h1")).to_contain_text("than all others", timeout=PATIENT)
    page.go_back()
    expect(page.locator("#compare-group")).to_have_value(re.compile("healthy"), timeout=PATIENT)
    page.reload()
    expect(page.locator("#compare-group")).to_have_value(re.compile("healthy"), timeout=PATIENT)
    page.locator(".tabs a", has_text="Results").click()
    page.locator("#composition .share-button").first.click()
    page.locator(".tabs a", has_text="Compare").click()
    expect(page.locator("#compare-answer h1")).to_contain_text(
        "All selected cells of healthy and disease", timeout=PATIENT
    )
