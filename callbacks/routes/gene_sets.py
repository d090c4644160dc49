"""Gene sets that a user brings to a result. The page's side is in ``assets/scquery.js``."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from callbacks.opened import result_of
from callbacks.routes import brought
from callbacks.routes.download import finished
from callbacks.services import services
from core.explore.gene_sets import MAX_BYTES

routes = Blueprint("gene_sets", __name__)


@routes.put("/api/jobs/<token>/gene-sets")
def bring(token: str) -> Response:
    """Take a GMT file for a finished search, raw -> ``{sets, names, known}``; it replaces the one before."""
    job = finished(token)
    content = brought.content(MAX_BYTES)
    found = services()
    held = found.engine.genes(result_of(found, job)).read_gmt(content)
    brought.keep(job.folder.gene_sets, content)
    return jsonify(sets=len(held.sets), names=held.n_names, known=held.n_known)
