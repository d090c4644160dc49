"""The page to look through labels, as a file without network: evidence, corrections, export, and reading them back."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Browser, Page

from build_bundle.cli import main
from build_bundle.ontology.files import OntologySource
from tests.build_bundle.label.conftest import EDGES, TERMS
from tests.build_bundle.label.label_world import write_catalogue, write_ontology

pytestmark = pytest.mark.browser


@pytest.fixture
def command(tmp_path: Path) -> list[str]:
    source = OntologySource(TERMS, tuple((child, parent, "is_a") for child, parent in EDGES))
    catalogue, ontology = write_catalogue(tmp_path / "harvested"), write_ontology(tmp_path / "terms.json", source)
    words = ["label", "--catalogue", str(catalogue), "--ontology", str(ontology), "--out", str(tmp_path / "labels")]
    assert main(words) == 0
    return words


@pytest.fixture
def page(command: list[str], tmp_path: Path, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(accept_downloads=True)
    context.set_offline(True)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("console", lambda message: problems.append(message.text))
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("request", lambda request: problems.append(request.url) if request.url.startswith("http") else None)
    opened.goto((tmp_path / "labels" / "labels.html").as_uri())
    yield opened
    context.close()
    assert problems == []


def _row(page: Page, said: str) -> Page:
    return page.locator("#label-table > tbody > tr", has=page.locator("td.label-said", has_text=said))


def test_evidence_shows_the_name_in_its_text(page: Page) -> None:
    _row(page, "acinar").get_by_role("button").click()
    detail = page.locator(".label-detail")
    assert detail.locator("mark.is-kept").all_text_contents() == ["acinar"]
    assert detail.locator("mark.is-refused").all_text_contents() == ["Pancreas"]
    assert "pancreas (UBERON:0001264), preferred name: wider than another hit" in detail.inner_text()
    _row(page, "acinar").get_by_role("button").click()
    assert detail.count() == 0


def test_texts_of_a_source_stay_texts(page: Page) -> None:
    _row(page, "blood").get_by_role("button").click()
    assert '<b>T cells</b> & "more"' in page.locator(".label-detail").inner_text()
    assert page.locator(".label-detail b").count() == 0


def test_what_has_no_term_comes_first_and_rows_can_be_filtered(page: Page) -> None:
    first = page.locator("#label-table > tbody > tr").first
    assert "dish" in first.inner_text()
    page.get_by_label("Show rows that are").select_option("unmapped")
    assert page.locator("#label-count").inner_text() == "1 of 6 rows"
    page.get_by_label("Show rows that are").select_option("all")
    page.get_by_label("Show rows with").fill("gse1 macro")
    assert page.locator("#label-table > tbody > tr:visible").count() == 1


def test_a_term_that_is_none_is_refused_with_a_sentence(page: Page) -> None:
    _row(page, "dish").get_by_role("button").click()
    page.get_by_label("Right term").fill("spoon")
    page.get_by_role("button", name="Set", exact=True).click()
    assert "“spoon” is no term known here" in page.locator(".label-told").inner_text()
    assert page.locator("#label-save").is_disabled()


def test_corrections_come_back(page: Page, command: list[str], tmp_path: Path) -> None:
    _row(page, "Macrophage").get_by_role("button").click()
    page.get_by_label("Right term").fill("alveolar macrophage")
    page.get_by_label("Comment").fill('from the "lung", all')
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Set", exact=True).click()
    _row(page, "Macrophage").get_by_role("button").click()
    _row(page, "K562").get_by_role("button").click()
    page.get_by_role("button", name="Drop").click()
    assert "dropped" in _row(page, "K562").inner_text()
    _row(page, "K562").get_by_role("button").click()
    _row(page, "dish").get_by_role("button").click()
    page.get_by_label("Right term").fill("CL:0000540; UBERON:0000955")
    page.get_by_label("Right term").press("Enter")
    page.get_by_role("button", name="Undo").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download corrections (2)").click()
    table = tmp_path / download.value.suggested_filename
    download.value.save_as(table)
    assert table.name == "label_overrides.csv"
    assert list(csv.reader(table.read_text().splitlines())) == [
        ["study", "sample", "term_ids", "comment"],
        ["GSE1", "Macrophage", "CL:0000583", 'from the "lung", all'],
        ["GSE1", "K562", "drop", ""],
    ]
    assert main([*command, "--overrides", str(table)]) == 0
    rows = pq.read_table(tmp_path / "labels" / "labels.parquet").to_pylist()
    found = {row["sample_accession"]: (row["status"], row["label_term_ids"]) for row in rows}
    assert found["GSM1"] == found["GSM2"] == ("overridden", ["CL:0000583"])
    assert found["GSM3"] == ("dropped", [])


def test_without_scripts_the_table_can_be_read(command: list[str], tmp_path: Path, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto((tmp_path / "labels" / "labels.html").as_uri())
    assert "Scripts are off here" in opened.inner_text("main")
    assert "pancreatic acinar cell (CL:0002064)" in opened.inner_text("#label-table")
    assert opened.locator("#label-save:visible").count() == 0
    context.close()
