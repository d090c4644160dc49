"""A table of their cells that a user brings to a result. The page's side is in ``assets/scquery.js``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from callbacks.opened import result_of
from callbacks.routes import brought
from callbacks.routes.download import finished
from callbacks.services import services
from core.explore.own_table import MAX_BYTES, read_table

routes = Blueprint("cell_table", __name__)


@routes.put("/api/jobs/<token>/cell-table")
def bring(token: str) -> Response:
    """Take a CSV or TSV table for a finished search, raw -> ``{rows, matched, columns}``; it replaces the one before."""
    job = finished(token)
    content = brought.content(MAX_BYTES)
    table = read_table(content, result_of(services(), job).cell_ids.tolist())
    brought.keep(job.folder.cell_table, content)
    return jsonify(rows=table.n_rows, matched=table.n_matched, columns=table.obs.shape[1])
