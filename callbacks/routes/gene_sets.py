"""Gene sets that a user brings to a result. The page's side is in ``assets/scquery.js``."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from flask import Blueprint, Response, jsonify, request

from callbacks.routes.download import finished
from callbacks.services import services
from core.explore.gene_sets import MAX_BYTES
from core.jobs.disk import check_room

routes = Blueprint("gene_sets", __name__)


@routes.put("/api/jobs/<token>/gene-sets")
def bring(token: str) -> Response:
    """Take a GMT file for a finished search, raw -> ``{sets, names, known}``; it replaces the one before."""
    request.max_content_length = MAX_BYTES + 1  # a body that ends exactly at the limit counts as over it
    job = finished(token)
    found = services()
    content = request.get_data(cache=False)
    held = found.engine.genes(found.engine.result(job.folder.result)).read_gmt(content)
    check_room(job.folder.root, len(content), found.settings.min_free_bytes)
    _replace(job.folder.gene_sets, content)
    return jsonify(sets=len(held.sets), names=held.n_names, known=held.n_known)


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one."""
    handle, name = tempfile.mkstemp(prefix=".gene-sets-", dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(name).replace(path)
