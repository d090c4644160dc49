"""What tests of the page do again and again: bring a file, wait for the panels, choose in them."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

B_CELL = "CL:0000236"
PAGE = re.compile(r"/r/[\w-]{22}$")
PATIENT = 30_000  # milliseconds: the first answer of a server reads files


def ready(page: Page) -> None:
    """Wait until Dash has drawn the first page; before, asking for a component is an error."""
    page.wait_for_selector("#upload-drop")


def choose(page: Page, file: Path) -> None:
    """Give the first page a file, as its own dialog does."""
    page.locator("#upload-file").set_input_files(file)


def upload(page: Page, file: Path | str) -> None:
    """Bring a file to the first page and wait for what is found."""
    with page.expect_file_chooser() as chooser:
        page.click("#upload-drop")
    chooser.value.set_files(file)
    page.wait_for_url(PAGE, timeout=PATIENT)
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


def traces(page: Page, graph: str) -> list[str]:
    """Wait until a figure is drawn; give the names of its traces."""
    page.wait_for_function(
        "id => (document.querySelector(`#${id} .js-plotly-plot`)?.data || []).length > 0", arg=graph, timeout=PATIENT
    )
    return page.evaluate("id => document.querySelector(`#${id} .js-plotly-plot`).data.map(t => t.name)", graph)


def tap(page: Page, term: str) -> None:
    """Press a node of the ontology graph as a finger does."""
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
