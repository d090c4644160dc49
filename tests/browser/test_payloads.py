"""Text that would be markup or a script, on every way into the page: it is shown as text, and none of it runs."""

from __future__ import annotations

import csv
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_genes import PATIENT
from tests.browser.test_whole_way import upload
from tests.worlds import QUERY, write_h5ad

RUN = "window.__ran=1"
PAYLOADS = (
    f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}>",
    f"<script>{RUN}</script>",
    f'"><img src=x onerror={RUN}>',
    f"'><svg onload={RUN}>",
    f"<iframe srcdoc='<img src=x onerror=parent.{RUN}>'>",
    f"<a href=javascript:{RUN}>cell</a>",
    f"javascript:{RUN}",
    f"<b onmouseover={RUN}>cell</b>",
    "{{7*7}}<style>body{display:none}</style>",
)
INJECTED = "[onerror], [onload], [onmouseover], [srcdoc], a[href^='javascript'], img[src='x'], body script:not([src]):not([id]):not([type])"


@pytest.fixture
def hostile(tiny_world, tmp_path) -> Path:
    """Cells whose names, metadata columns and values are payloads, in a file that is called one."""
    cells = tiny_world.draw("query", QUERY, seed=99)
    n = len(cells.types)
    plain = [text.replace("/", "\\") for text in PAYLOADS]  # a slash makes a group of HDF5
    obs = {f"{column} {i}": [plain[(i + j) % 10] for j in range(n)] for i, column in enumerate(plain)}
    path = tmp_path / f"{PAYLOADS[0]}.h5ad"
    names = [f"{PAYLOADS[i % 10]} {i}" for i in range(n)]
    write_h5ad(path, cells.counts, names, [*tiny_world.genes[:-10], *PAYLOADS], obs)
    return path


def check(page: Page) -> None:
    """Nothing ran, and nothing became an element that could."""
    page.wait_for_timeout(500)  # what is injected may run a little later
    assert page.evaluate("window.__ran") is None
    assert page.locator(INJECTED).count() == 0
    assert page.locator("body").is_visible()


def bring(page: Page, button: str, file: Path) -> None:
    with page.expect_file_chooser() as asked:
        page.locator(button).first.click()
    asked.value.set_files(file)
    page.wait_for_timeout(3_000)


@pytest.mark.browser
def test_no_payload_runs(page, context, server, hostile, tmp_path):
    upload(page, hostile)
    expect(page.locator(".rail")).to_contain_text(PAYLOADS[0])
    check(page)
    result = page.url

    table = tmp_path / "table.csv"
    rows = [[f"{PAYLOADS[i % 10]} {i}", PAYLOADS[(i + 3) % 10]] for i in range(110)]
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows([["cell_id", PAYLOADS[4]], *rows])
    sets = tmp_path / "sets.gmt"
    sets.write_text("".join(f"{text}\t{text}\tCD79A\tMS4A1\tCD3D\n" for text in PAYLOADS))
    bring(page, "[data-cell-table]", table)
    expect(page.locator(".rail")).to_contain_text("110 of 110 cells matched", timeout=PATIENT)
    for tab in ("compare", "results", "genes"):
        page.goto(f"{result}?tab={tab}")
        expect(page.locator(".panel").first).to_be_visible(timeout=PATIENT)
        check(page)
    page.goto(f"{result}?tab=genes&list=CD79A,MS4A1,CD3D")
    page.get_by_text("Gene sets", exact=True).click()
    bring(page, "[data-gene-sets]", sets)
    expect(page.locator("#list-table .ag-row").first).to_contain_text("onerror", timeout=PATIENT)
    check(page)

    ways = cycle(("tab=genes&gene={0}&list={0}", "sel={0}&type={0}", "tab=compare&by={0}&group={0}&within={0}"))
    for text in PAYLOADS:
        page.goto(f"{result}?{next(ways).format(quote(text))}")
        page.wait_for_selector(".panel", timeout=PATIENT)
        check(page)
    page.goto(f"{result}?sel=obs:{quote(quote(next(iter(PAYLOADS)) + ' 0'))}={quote(quote(PAYLOADS[1]))}")
    expect(page.locator(".panel").first).to_be_visible(timeout=PATIENT)
    check(page)

    whole = context.new_page()  # the summary to hand on is a page of its own, opened from a disk without our headers
    with page.expect_download() as download:
        page.evaluate("address => { location.href = address }", f"{result}/summary.html")
    whole.goto(f"file://{download.value.path()}")
    check(whole)
