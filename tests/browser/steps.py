"""What tests of the page do again and again: bring a file, wait for the panels, choose in them."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page

B_CELL = "CL:0000236"


def upload(page: Page, file: Path | str) -> None:
    """Bring a file to the first page and wait for what is found."""
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
