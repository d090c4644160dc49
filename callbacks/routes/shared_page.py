"""A result as one HTML file to hand on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flask import Blueprint, Response, request

from callbacks.opened import drawable, file_facts
from callbacks.routes.download import attachment, finished, saved_name, shown_result
from callbacks.services import services
from core.citation import methods
from core.engine import QueryResult
from core.jobs import Job
from layouts import shared_page
from layouts.figures.heatmap import heatmap_figure
from layouts.figures.scatter import Window, map_figure
from layouts.figures.tokens import type_colours

MAP_SIZE = (480, 420)
MANY_CELLS = 5_000  # more points than a browser draws without WebGL in a second

routes = Blueprint("shared_page", __name__)


@routes.get("/r/<token>/summary.html")
def summary(token: str) -> Response:
    """Send the answer, figures, studies and methods as one file: at the page's confidence level and detail, with the groups it compares."""
    job = finished(token)
    chosen = [request.args.get(name) for name in ("by", "group", "against", "replicates")]
    text = shared_page.render(_told(job, shown_result(job, request.args), chosen))
    return attachment(iter([text.encode()]), "text/html; charset=utf-8", saved_name(job, "summary.html"))


def _told(job: Job, result: QueryResult, chosen: Sequence[str | None]) -> shared_page.SharedResult:
    engine = services().engine
    everything = np.ones(result.n_query, dtype=bool)
    bundle = engine.bundle_of(result)
    choice = engine.compared(result, *chosen)
    colours = type_colours(engine.type_ranks(result), "light")
    cells = map_figure(engine.projection(result), theme="light", colours=colours, window=Window(MAP_SIZE))
    scores = heatmap_figure(engine.heatmap(result), theme="light", width=MAP_SIZE[0])
    return shared_page.SharedResult(
        filename=job.filename,
        made_at=str(result.report["created_at"])[:10],
        reference=f"{bundle.manifest.title} (build {bundle.manifest.bundle_id})",
        summary=engine.summary(result, everything),
        composition=engine.composition(result, everything),
        studies=engine.studies(result, everything),
        findings=file_facts(job).findings,
        methods=methods(bundle, result),
        figures={"Scores": scores, "Map": drawable(cells, webgl=result.n_query > MANY_CELLS)},
        comparison=engine.comparison(result, everything, choice) if choice else None,
    )
