"""Text that would be markup or a script, on every way into the page: it is shown as text, and none of it runs.

The ways are what users bring (names, metadata, tables, gene sets, file names), addresses, and the texts of a reference. The page's own
policy would stop much of it: a violation of the policy fails the test as well.
"""

from __future__ import annotations

import csv
from itertools import cycle, islice, product
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.bundle import schema
from core.bundle.publish import build_lock
from core.bundle.reader import Bundle
from tests.browser.payloads import PAYLOADS, check
from tests.browser.steps import PATIENT, upload
from tests.republished import republish
from tests.worlds import QUERY, TERMS, write_h5ad

pytestmark = pytest.mark.browser
TABS = ("compare", "results", "genes", "reference")


def hostile_cells(world, folder: Path, payloads: tuple[str, ...]) -> Path:
    """Write cells whose names, genes, metadata columns and values are payloads, in a file that is called one."""
    cells = world.draw("query", QUERY, seed=99)
    n, m = len(cells.types), len(payloads)
    plain = [text.replace("/", "\\") for text in payloads]  # a slash makes a group of HDF5
    obs = {f"{column} {i}": [payloads[(i + j) % m] for j in range(n)] for i, column in enumerate(plain)}
    path = folder / f"{payloads[0]}.h5ad"
    names = [f"{payloads[i % m]} {i}" for i in range(n)]
    write_h5ad(path, cells.counts, names, [*world.genes[:-m], *payloads], obs)
    return path


def bring(page: Page, button: str, name: str, text: str) -> None:
    with page.expect_file_chooser() as asked:
        page.locator(button).first.click()
    asked.value.set_files({"name": name, "mimeType": "text/plain", "buffer": text.encode()})
    page.wait_for_timeout(3_000)


def hover_everywhere(page: Page, figure: str) -> None:
    """Go over a figure until it says something about what is under the pointer."""
    box = page.locator(f"{figure} .nsewdrag").first.bounding_box()
    for across, down in product(range(1, 12), repeat=2):
        page.mouse.move(box["x"] + box["width"] * across / 12, box["y"] + box["height"] * down / 12)
        if page.locator(f"{figure} .hovertext").count():
            return
    raise AssertionError(f"{figure} says nothing")


def look_at_the_summary(context: BrowserContext, page: Page, result: str, folder: Path) -> None:
    """Open the summary to hand on: a page of its own, opened from a disk without our headers."""
    file = folder / "summary.html"
    file.write_bytes(page.request.get(f"{result}/summary.html", timeout=PATIENT).body())
    whole = context.new_page()
    whole.goto(f"file://{file}")
    check(whole)
    whole.close()


@pytest.mark.tries(usual=10, full=len(PAYLOADS))
def test_nothing_that_a_user_brings_runs(page, context, server, tiny_world, tmp_path, n_tries):
    payloads = PAYLOADS[:n_tries]
    upload(page, hostile_cells(tiny_world, tmp_path, payloads))
    expect(page.locator(".rail")).to_contain_text(payloads[0])
    for figure in ("#heatmap", "#scatter"):
        hover_everywhere(page, figure)
        check(page)
    result = page.url

    table = tmp_path / "table.csv"
    rows = [
        [f"{payloads[i % n_tries]} {i}", *(payloads[(i + j) % n_tries] for j in range(n_tries))] for i in range(110)
    ]
    with table.open("w", newline="") as stream:
        csv.writer(stream).writerows([["cell_id", *payloads], *rows])
    bring(page, "[data-cell-table]", f"{payloads[-1]}.csv", table.read_text())
    expect(page.locator(".rail")).to_contain_text("110 of 110 cells matched", timeout=PATIENT)
    for tab in TABS:
        page.goto(f"{result}?tab={tab}")
        expect(page.locator(".panel").first).to_be_visible(timeout=PATIENT)
        check(page)
    page.goto(f"{result}?tab=genes&list=CD79A,MS4A1,CD3D")
    page.get_by_text("Gene sets", exact=True).click()
    sets = "".join(f"{text}\t{text}\tCD79A\tMS4A1\tCD3D\n" for text in payloads)
    bring(page, "[data-gene-sets]", f"{payloads[-1]}.gmt", sets)
    expect(page.locator("#list-table .ag-row").first).to_contain_text("onerror", timeout=PATIENT)
    check(page)
    for text in payloads[::5]:
        page.goto(
            f"{result}?sel=obs:{quote(quote(text.replace('/', chr(92)) + ' 0'))}={quote(quote(payloads[1]))}&by={quote(text)}"
        )
        expect(page.locator(".panel").first).to_be_visible(timeout=PATIENT)
        check(page)
    look_at_the_summary(context, page, result, tmp_path)


WAYS = (
    "{result}?tab=genes&gene={0}&list={0}&contrast={0}",
    "{result}?sel={0}&type={0}&space={0}&detail={0}",
    "{result}?tab=compare&by={0}&group={0}&within={0}",
    "{result}?tab={0}&t={0}&clusters={0}&rows={0}",
    "{home}?bundle={0}&tab={0}",
    "{home}{0}",
)


@pytest.mark.tries(usual=6, full=len(WAYS) * len(PAYLOADS))
def test_nothing_in_an_address_runs(returning, answer, server, problems, n_tries):
    for number in range(n_tries):  # so that a few tries take every way, all of them every pair
        way, text = WAYS[number % len(WAYS)], PAYLOADS[(number + number // len(PAYLOADS)) % len(PAYLOADS)]
        returning.goto(way.format(quote(text, safe=""), result=answer.address, home=f"{server.url}/"))
        returning.wait_for_selector("main", timeout=PATIENT)
        check(returning)
    problems.forgive("status of 404")


def searched(page: Page, name: str, content: bytes) -> str:
    """Search a file of any name, also one that no disk takes, as the page's scripts do; return where its result is."""

    def ask(method: str, path: str, **body: object) -> dict[str, object]:
        answer = page.request.fetch(path, method=method, **body)
        assert answer.ok, answer.text()
        return answer.json()

    home = page.url.rstrip("/")
    token = ask("POST", f"{home}/api/uploads", data={"filename": name, "size": len(content)})["token"]
    ask("PUT", f"{home}/api/uploads/{token}?offset=0", data=content)
    url = home + str(ask("POST", f"{home}/api/uploads/{token}/finish")["url"])
    while ask("GET", f"{home}/api/jobs/{token}")["state"] not in {"done", "failed"}:
        page.wait_for_timeout(200)
    return url


@pytest.mark.tries(usual=2, full=len(PAYLOADS))
def test_no_file_name_runs(page, context, server, tiny_query, tmp_path, n_tries):
    for payload in PAYLOADS[:n_tries]:
        text = payload.replace("/", " ").replace("\\", " ")  # the server keeps the last part of a path
        url = searched(page, f"{text}.h5ad", tiny_query.read_bytes())
        refused = searched(page, f"{text}.csv", b"no matrix")
        for address in (url, refused):
            page.goto(address)
            expect(page.locator("body")).to_contain_text(text, timeout=PATIENT)
            check(page)
        look_at_the_summary(context, page, url, tmp_path)
        page.goto(server.url)
        expect(page.locator(".recent")).to_contain_text(f"{text}.csv")
        check(page)


def hostile_bundle(source: Path, out: Path) -> Path:
    """Publish a reference whose free texts are payloads: titles, names of types, definitions, licences, notes."""
    bundle, texts = Bundle.open(source), cycle(PAYLOADS)

    def said(table, *columns: str):
        return table.assign(**{column: list(islice(texts, len(table))) for column in columns})

    terms = said(bundle.terms, "name", "definition")
    named = terms.set_index("term_id")["name"]
    terms["synonyms"] = [list(islice(texts, 2)) for _ in range(len(terms))]
    types = bundle.cell_types
    tables = {
        schema.STUDIES: said(
            bundle.studies, "accession", "title", "pubmed_id", "technology", "tissue", "licence", "source"
        ),
        schema.TERMS: terms,
        schema.CELL_TYPES: types.assign(cell_type=named.loc[types[schema.TYPE]].to_numpy()),
        schema.EXAMPLE_QUERIES: said(bundle.examples, "title", "detail", "source"),
    }
    with build_lock(out):
        republish(source, out, tables, {}, title=PAYLOADS[3], notes=PAYLOADS)
    return out


@pytest.mark.tries(usual=2, full=len(TERMS))
def test_no_text_of_a_reference_runs(context, new_server, problems, tiny_bundle, tiny_query, tmp_path, n_tries):
    server = new_server(hostile_bundle(tiny_bundle, tmp_path / "builds"))
    server.start()
    page = context.new_page()
    problems.watch(page, server.url)
    page.goto(server.url)
    expect(page.locator("body")).to_contain_text(PAYLOADS[3])
    check(page)
    upload(page, tiny_query)
    result = page.url
    for figure in ("#heatmap", "#scatter"):
        hover_everywhere(page, figure)
    for tab in TABS:
        page.goto(f"{result}?tab={tab}")
        expect(page.locator(".panel").first).to_be_visible(timeout=PATIENT)
        check(page)
    for term in list(TERMS)[:n_tries]:
        page.goto(f"{result}?type={quote(term)}&sel=type:{quote(term)}")
        expect(page.locator(".mantine-Drawer-content")).to_be_visible(timeout=PATIENT)
        check(page)
    look_at_the_summary(context, page, result, tmp_path)
