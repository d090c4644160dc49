"""The panels about genes on the large reference: click to card in a real browser, views on the server, sizes of the figures."""

from __future__ import annotations

import json
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import Page, sync_playwright

from callbacks.type_card import draw
from core.engine import Engine, QueryResult, Selection
from core.jobs import Job
from layouts.figures.evidence import evidence_figure
from layouts.figures.forest import forest_figure
from layouts.figures.gene_map import GeneWindow, gene_map_figure
from layouts.figures.gene_types import gene_types_figure
from layouts.figures.genes import gene_figure
from layouts.figures.volcano import volcano_figure
from tests.benchmarks.figures import LIMIT_MB
from tests.benchmarks.rows import Row
from tests.server import servers

LIMIT_MS = 300.0
N_TYPES = 5
_READY = """() => document.querySelector('.card-title h1')?.textContent === window.wanted
  && document.querySelectorAll('#type-card-table .ag-row').length > 3"""
_PLOTTED = "() => (document.querySelector('#type-card-volcano-place .js-plotly-plot')?.data || []).length > 2"
# Resolves with the milliseconds from the click to the first frame that finds the card, and then the plot, in the page.
_CLICK = f"""name => new Promise(resolve => {{
    window.wanted = name;
    const button = [...document.querySelectorAll('.share-about')].find(b => b.getAttribute('aria-label').endsWith(name));
    const ready = {_READY}, plotted = {_PLOTTED};
    const began = performance.now();
    let card = 0;
    const look = () => {{
        const now = performance.now() - began;
        card = card || (ready() ? now : 0);
        if (card && plotted() || now > 60000) resolve([card, now]);
        else requestAnimationFrame(look);
    }};
    button.click();
    requestAnimationFrame(look);
}})"""


def card_rows(bundle: Path, query: Path, scratch: Path) -> list[Row]:
    """Measure with the reference `bundle` that has gene tables of full size (`tests.benchmarks.gene_tables`)."""
    engine = Engine.open([bundle])
    result = engine.annotate(query, out=scratch / "genes-result")
    sizes = dict(figure_sizes(engine, result))
    largest = max(sizes, key=lambda name: sizes[name])
    others = ", ".join(f"{name} {size:.2f}" for name, size in sizes.items() if name != largest)
    first, later = _clicks(bundle, query, scratch)
    return [
        Row(
            "card of a type, drawn on the server, 150,000 cells",
            server_ms(engine, result),
            "ms",
            "<= 300 ms",
            LIMIT_MS,
        ),
        Row(
            f"click to card in Chromium (figures, table of genes), median of {len(later)}",
            statistics.median(card for card, _ in later),
            "ms",
            "<= 300 ms",
            LIMIT_MS,
        ),
        Row("click to its volcano plot drawn", statistics.median(plot for _, plot in later), "ms", ""),
        Row("click to card, the first of a server", first[0], "ms", "(files are read and verified)"),
        *(Row(name, ms, "ms", "") for name, ms in views(engine, result)),
        Row(f"largest figure about genes as JSON: {largest}", sizes[largest], "MB", f"<= 1.5 MB ({others})", LIMIT_MB),
    ]


def server_ms(engine: Engine, result: QueryResult) -> float:
    """Everything between request and answer: views, layout, JSON; median over types."""
    shown = _Shown(engine, result)
    terms = engine.type_ranks(result)[:N_TYPES]
    draw(shown, terms[0], "others")
    return statistics.median(
        _ms(lambda term=term: json.dumps(draw(shown, term, "others"), default=_plain)) for term in terms
    )


def _plain(part: object) -> object:
    return part.to_plotly_json() if hasattr(part, "to_plotly_json") else part.tolist()


class _Shown:
    """What a handler starts from, without a server."""

    def __init__(self, engine: Engine, result: QueryResult) -> None:
        self.engine, self.result = engine, result
        self.selection = Selection()
        self.mask = np.ones(result.n_query, dtype=bool)
        self.bundle = engine.bundle_of(result)
        self.job: Job | None = None


def views(engine: Engine, result: QueryResult) -> Iterator[tuple[str, float]]:
    genes, everything = engine.genes(result), np.ones(result.n_query, dtype=bool)
    symbol = genes.telling(everything)
    listed = engine.type_card(result, engine.type_ranks(result)[0], everything).up["gene_symbol"].head(50).tolist()
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("gene by query type and by reference type", lambda: genes.view(symbol, everything)),
        ("gene on the map", lambda: genes.map(symbol)),
        ("evidence for a label", lambda: genes.evidence(everything)),
        ("types that 50 genes fit", lambda: genes.fits(listed)),
    )
    for name, step in steps:
        step()
        yield name, statistics.median(_ms(step) for _ in range(3))


def figure_sizes(engine: Engine, result: QueryResult) -> Iterator[tuple[str, float]]:
    genes, everything = engine.genes(result), np.ones(result.n_query, dtype=bool)
    top = engine.type_ranks(result)[0]
    symbol = genes.telling(everything)
    places = genes.map(symbol)
    yield "gene map, query", _megabytes(gene_map_figure(places, theme="light", selected=everything))
    yield (
        "gene map, reference",
        _megabytes(gene_map_figure(places, theme="light", selected=everything, window=GeneWindow(side="reference"))),
    )
    table = genes.view(symbol, everything).by_type
    yield "gene by type", _megabytes(gene_types_figure(table, theme="light", symbol=symbol))
    strongest = engine.type_card(result, top, everything).up["gene_symbol"][0]
    yield "forest", _megabytes(forest_figure(genes.effects(top, strongest), theme="light"))
    view = genes.evidence(everything)
    if view.drivers:
        yield "evidence", _megabytes(evidence_figure(view, theme="light"))
    yield (
        "50 up and 50 down genes",
        _megabytes(gene_figure(engine.gene_heatmap(result, top, everything), theme="light")),
    )
    yield "volcano", _megabytes(volcano_figure(engine.volcano(result, top), theme="light", name=top))


def _clicks(bundle: Path, query: Path, scratch: Path) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    with servers(scratch / "servers") as new_server, _chromium() as page:
        server = new_server(bundle)
        server.start()
        page.goto(server.url)
        with page.expect_file_chooser() as chooser:
            page.click("#upload-drop")
        chooser.value.set_files(query)
        page.wait_for_selector("#composition .share-row", timeout=180_000)
        page.wait_for_timeout(5_000)
        names = page.eval_on_selector_all(
            ".share-about", "all => all.map(b => b.getAttribute('aria-label').replace(/^About /, ''))"
        )
        taken = [_click(page, name) for name in names[: N_TYPES + 1]]
        return taken[0], taken[1:]


def _click(page: Page, name: str) -> tuple[float, float]:
    card, plot = page.evaluate(_CLICK, name)
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.querySelector('.card-title')")
    page.wait_for_timeout(3_000)
    return float(card), float(plot)


@contextmanager
def _chromium() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def _ms(step: Callable[[], object]) -> float:
    began = time.perf_counter()
    step()
    return 1000 * (time.perf_counter() - began)


def _megabytes(figure: go.Figure) -> float:
    return len(figure.to_json().encode()) / 1e6
