"""The tab Compare in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import PATIENT, traces


def open_tab(page: Page, address: str) -> None:
    page.goto(f"{address}?tab=compare")
    expect(page.locator(".group-bar").first).to_be_visible(timeout=PATIENT)


def pick(page: Page, control: str, name: str) -> None:
    page.locator(control).click()
    page.get_by_role("option", name=name).first.click()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_groups_are_compared(returning, answer, scheme):
    returning.emulate_media(color_scheme=scheme)
    open_tab(returning, answer.address)
    assert returning.url.endswith("?tab=compare")  # what stands in for a choice is not written down
    expect(returning.locator("#compare-answer p")).to_contain_text("Moderated paired t-test over replicates")
    assert {"against", "group", "interval"} <= set(traces(returning, "compare-types"))
    pick(returning, "#compare-replicates", "no column chosen")
    expect(returning.locator("#compare-note")).to_contain_text("not independent", timeout=PATIENT)
    expect(returning.locator("#compare-answer p")).to_contain_text("Fisher's exact test")
    returning.get_by_text("Table", exact=True).click()
    expect(returning.locator("#compare-types .ag-row").first).to_be_visible(timeout=PATIENT)
    with returning.expect_download() as download:
        returning.locator("#compare-download").click()
    assert Path(download.value.path()).read_text().startswith("group,against,type_id,")


@pytest.mark.browser
def test_a_gene_that_differs_is_shown_on_the_map(returning, answer):
    open_tab(returning, answer.address)
    expect(returning.locator("#compare-genes .ag-row").first).to_be_visible(timeout=PATIENT)
    pick(returning, "#compare-within", "All selected cells")
    returning.wait_for_url(re.compile("within=\\*"))
    expect(returning.locator("#compare-genes-sub")).to_contain_text("3 replicates", timeout=PATIENT)
    row = returning.locator("#compare-genes .ag-row").first
    gene = row.locator("[col-id=gene_symbol]").text_content()
    row.click()
    expect(returning.locator(".gene-name h2")).to_have_text(gene, timeout=PATIENT)
    returning.go_back()
    expect(returning.locator("#compare-within")).to_have_value("All selected cells", timeout=PATIENT)
    expect(returning.locator("#compare-genes-sub")).to_contain_text("3 replicates", timeout=PATIENT)
    cell = returning.locator("#compare-genes .ag-row [col-id=gene_symbol]").nth(1)
    second = cell.text_content()
    cell.focus()
    returning.keyboard.press("Enter")
    expect(returning.locator(".gene-name h2")).to_have_text(second, timeout=PATIENT)


@pytest.mark.browser
def test_what_is_cut_is_told_whole(returning, answer):
    returning.set_viewport_size({"width": 700, "height": 800})
    open_tab(returning, answer.address)
    line = returning.locator(".panel-compare-genes .panel-sub")
    expect(line).to_contain_text("against", timeout=PATIENT)
    line.hover()
    assert line.get_attribute("title") == line.text_content()
    heading = returning.locator("#compare-bars-sub")
    heading.hover()
    assert not heading.locator("..").get_attribute("title")  # it has room


@pytest.mark.browser
def test_a_choice_lives_in_the_address(returning, answer):
    open_tab(returning, answer.address)
    pick(returning, "#compare-group", "healthy")  # the one compared with: both change places
    returning.wait_for_url(re.compile("group=healthy&against=disease"))
    expect(returning.locator("#compare-against")).to_have_value(re.compile("disease"))
    pick(returning, "#compare-by", "planted_type")
    returning.wait_for_url(lambda url: "by=planted_type" in url and "group=" not in url)
    expect(returning.locator("#compare-against")).to_have_value("all other cells")
    expect(returning.locator("#compare-answer h1")).to_contain_text("than all others", timeout=PATIENT)
    returning.go_back()
    expect(returning.locator("#compare-group")).to_have_value(re.compile("healthy"), timeout=PATIENT)
    returning.reload()
    expect(returning.locator("#compare-group")).to_have_value(re.compile("healthy"), timeout=PATIENT)
    returning.locator(".tabs a", has_text="Results").click()
    returning.locator("#composition .share-button").first.click()
    returning.locator(".tabs a", has_text="Compare").click()
    expect(returning.locator("#compare-answer h1")).to_contain_text(
        "All selected cells of healthy and disease", timeout=PATIENT
    )
