"""One query from file to result folder, stage by stage.

Not here: which bundles there are and the views of a result (``core.engine``).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from core import citation
from core import result as files
from core.bundle.schema import PROJECTION_LOADINGS
from core.embedding.encoder import Encoder
from core.errors import InputError, MatrixRefusedError
from core.explore import heatmap, studies
from core.explore.projection import Loadings, project
from core.expression.by_gene import write_by_gene
from core.expression.doctor import Diagnosis, examine
from core.expression.matrix import ExpressionMatrix, RawMatrix
from core.expression.sandbox import read_upload
from core.forecast import check_memory
from core.memory import peak_memory
from core.query import Clock, Progress, QueryOptions, Request
from core.reference import Reference
from core.result import QueryResult
from core.search.exact import Neighbors
from core.search.scoring import label_cells, score_types
from core.search.surroundings import expression_axes, rows_to_fit, steadied

Floats = npt.NDArray[np.float32]

FINDINGS = "findings.json"
"""Written into the scratch folder as soon as the check is done, for a page that waits."""

_OTHER_ORGANISM = frozenset({"wrong-species", "unknown-genes", "few-genes"})
"""Refusals after which another bundle may fit."""


def annotate(
    reference: Reference, request: Request, out: Path, progress: Progress, *, others: Sequence[Reference] = ()
) -> QueryResult:
    """Answer a query and write its result folder.

    Parameters
    ----------
    reference : Reference
        The bundle to compare with.
    request : Request
        The query.
    out : Path
        Result folder; must not exist or be empty. It appears complete or not at all.
    progress : Progress
        Told at every step; whatever it raises ends the query and leaves nothing behind.
    others : sequence of Reference
        Tried when the file turns out to be from another organism, to name the one that fits.

    Returns
    -------
    QueryResult
        The finished result.

    Raises
    ------
    InputError
        When the file, or an option, cannot be used.
    BundleError
        When the bundle turns out damaged.
    """
    allowed = reference.allowed(request.options.leave_out)
    with _published(out) as folder:
        clock = Clock(progress)
        matrix, report = _take_in(reference, request, clock, others)
        cell_ids = matrix.obs_names.tolist()
        embedding = _place(reference, matrix, folder, clock)
        del matrix  # the largest thing by far; nothing below needs it
        with clock.at("neighbours"):
            neighbors = reference.index.search(embedding, request.options.k, allowed=allowed, progress=clock.share)
        with clock.at("score"):
            labels, scores = _score(reference, request.options, cell_ids, neighbors)
            _write_answer(folder, reference, labels, scores, neighbors)
        with clock.at("draw"):
            files.write_heatmap(folder, heatmap.prepare(scores))
            query = QueryResult(folder, {})
            everything = np.ones(len(labels), dtype=bool)
            hits = studies.studies(reference.bundle, query, everything)
            files.write_studies(folder, hits)
        found = {"k": neighbors.ids.shape[1], "counts": files.count_statuses(labels), **_cost(clock)}
        whole = QueryResult(folder, {**report, **found})
        files.write_text(folder, files.METHODS, citation.methods(reference.bundle, whole))
        files.write_text(folder, files.BIBLIOGRAPHY, citation.bibliography(hits))
        files.write_report(folder, whole.report)
    return QueryResult.open(out)


def check(reference: Reference, request: Request, progress: Progress, *, others: Sequence[Reference] = ()) -> Diagnosis:
    """Read a file and find out what it holds; the first two stages of `annotate`.

    Parameters
    ----------
    reference, request, progress, others
        As in `annotate`.

    Returns
    -------
    Diagnosis
        The matrix on linear scale with the bundle's symbols, and the findings.

    Raises
    ------
    InputError
        When the file cannot be used.
    """
    return _read_and_check(reference, request, Clock(progress), others)[1]


def embed(reference: Reference, matrix: ExpressionMatrix, clock: Clock) -> tuple[Floats, pd.DataFrame]:
    """Embed cells, each drawn to the cells of the file that look like it, and place them on the two maps.

    Parameters
    ----------
    reference : Reference
        Encoder and loadings.
    matrix : ExpressionMatrix
        Linear scale, the bundle's symbols; at least one cell.
    clock : Clock
        Told after every batch.

    Returns
    -------
    embedding : ndarray of float32, n x n_latent
        Rows of length 1.
    projection : pandas.DataFrame
        Columns pc1, pc2, raw_pc1, raw_pc2.
    """
    encoder, loadings = reference.encoder, reference.bundle.tensors(PROJECTION_LOADINGS)
    raw_axes = Loadings.of(loadings, "raw")
    embedding = np.zeros((matrix.n_obs, encoder.n_latent), dtype=np.float32)
    directions: list[Floats] = []
    raw_places: list[Floats] = []
    done = 0
    with clock.at("embed"):
        directions_of = _expression_axes(encoder, matrix)
        for inputs in encoder.batches(matrix):
            part, z = slice(done, done + len(inputs)), inputs[:, : encoder.inputs.n_vocab]
            embedding[part] = encoder.forward(inputs)
            directions.append(directions_of(z))
            raw_places.append(raw_axes.place(z))
            done = part.stop
            clock.cells(done, matrix.n_obs)
    with clock.at("compare"):
        embedding = steadied(embedding, np.concatenate(directions), encoder.inputs.recipe.one_sided, clock.share)
    return embedding, project(loadings, embedding, np.concatenate(raw_places))


def _expression_axes(encoder: Encoder, matrix: ExpressionMatrix) -> Callable[[Floats], Floats]:
    """Find the axes on which the cells of a file are compared; some of them are read twice for it."""
    some = rows_to_fit(matrix.n_obs)
    sample = ExpressionMatrix(matrix.x[some], matrix.obs_names[some], matrix.var_names)
    return expression_axes(np.concatenate([x[:, : encoder.inputs.n_vocab] for x in encoder.batches(sample)]))


def _take_in(
    reference: Reference, request: Request, clock: Clock, others: Sequence[Reference]
) -> tuple[ExpressionMatrix, dict[str, Any]]:
    """Read and check; return the matrix and what the report says about it."""
    raw, diagnosis = _read_and_check(reference, request, clock, others)
    return diagnosis.matrix, _report(reference, request, raw, diagnosis)


def _place(reference: Reference, matrix: ExpressionMatrix, folder: Path, clock: Clock) -> Floats:
    """Normalise and embed; write both and return the embedding."""
    with clock.at("normalise"):
        recipe = reference.encoder.inputs.recipe
        write_by_gene(folder / files.EXPRESSION, matrix, recipe, reference.genes, clock.share)
        files.write_obs(folder, matrix.obs)
        files.write_own_places(folder, matrix.places)
    embedding, projection = embed(reference, matrix, clock)
    files.write_places(folder, embedding, projection)
    return embedding


def _read_and_check(
    reference: Reference, request: Request, clock: Clock, others: Sequence[Reference]
) -> tuple[RawMatrix, Diagnosis]:
    with clock.at("read"):
        scratch = request.work / "read"
        scratch.mkdir(exist_ok=True)
        raw = read_upload(
            request.source,
            scratch,
            display_name=request.display_name,
            limits=request.limits.drawing() if request.options.draw else request.limits,
            tick=clock.share,  # a cancelled job stops here too
        )
        clock.detail = f"{raw.n_obs:,} cells x {raw.n_vars:,} genes" if raw.orientation_known else ""
    with clock.at("check"):
        _check_memory(raw, request)
        diagnosis = _examine(reference, raw, request, others)
        findings = json.dumps([f.to_dict() for f in diagnosis.findings])
        (request.work / FINDINGS).write_text(findings, encoding="utf-8")
        clock.detail = f"{len(diagnosis.findings)} findings, {diagnosis.n_matched:,} genes matched"
    return raw, diagnosis


def _check_memory(raw: RawMatrix, request: Request) -> None:
    n_cells = min(raw.n_obs, request.options.draw or raw.n_obs)
    check_memory(n_cells, raw.matrix.x.nnz * n_cells // max(1, raw.n_obs), request.limits.query_memory_bytes)


def _examine(reference: Reference, raw: RawMatrix, request: Request, others: Sequence[Reference]) -> Diagnosis:
    try:
        return _diagnose(reference, raw, request)
    except MatrixRefusedError as refusal:
        fitting = _which_fits(raw, request, others) if refusal.code in _OTHER_ORGANISM else None
        if fitting is None:
            raise
        raise MatrixRefusedError(
            refusal.message,
            next_step=f"Choose the reference {fitting.title} and search again.",
            code=refusal.code,
            findings=refusal.findings,
        ) from refusal


def _which_fits(raw: RawMatrix, request: Request, others: Sequence[Reference]) -> Reference | None:
    for other in others:
        try:
            _diagnose(other, raw, request)
        except MatrixRefusedError:
            continue
        return other
    return None


def _diagnose(reference: Reference, raw: RawMatrix, request: Request) -> Diagnosis:
    return examine(
        raw,
        reference.gene_names,
        organism=reference.bundle.manifest.organism,
        encoder_genes=reference.encoder.inputs.genes.tolist(),
        max_cells=request.limits.max_cells,
        draw=min(request.options.draw, request.limits.max_cells),
    )


def _score(
    reference: Reference, options: QueryOptions, cell_ids: list[str], neighbors: Neighbors
) -> tuple[pd.DataFrame, Floats]:
    codes, sizes = reference.type_codes[neighbors.ids], reference.type_sizes(options.leave_out)
    scores = score_types(codes, neighbors.distances, len(sizes))
    labels = label_cells(codes, reference.study_codes[neighbors.ids], neighbors.distances, sizes)
    return reference.labeller.table(cell_ids, scores, labels, options.threshold), scores


def _write_answer(
    folder: Path, reference: Reference, labels: pd.DataFrame, scores: Floats, neighbors: Neighbors
) -> None:
    cell_ids = labels["cell_id"].tolist()
    files.write_labels(folder, labels)
    files.write_scores(folder, cell_ids, reference.labeller.type_ids, scores)
    files.write_neighbors(folder, cell_ids, neighbors, reference.bundle.cells)


def _report(reference: Reference, request: Request, raw: RawMatrix, diagnosis: Diagnosis) -> dict[str, Any]:
    manifest, options = reference.bundle.manifest, request.options
    return {
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "filename": request.display_name,
        "format": raw.format,
        "bundle": {
            "name": manifest.name,
            "bundle_id": manifest.bundle_id,
            "title": manifest.title,
            "organism": manifest.organism,
        },
        "options": {
            "k": options.k,
            "leave_out": list(options.leave_out),
            "threshold": options.threshold,
            "draw": options.draw,
        },
        "n_cells": diagnosis.matrix.n_obs,
        "n_cells_file": diagnosis.n_cells_file,
        "n_genes": diagnosis.n_genes_file,
        "n_matched": diagnosis.n_matched,
        "scale": diagnosis.scale,
        "n_reference": manifest.counts.n_cells,
        "unknown_distance": manifest.confidence.unknown_distance,
        "findings": [f.to_dict() for f in diagnosis.findings],
    }


def _cost(clock: Clock) -> dict[str, Any]:
    return {
        "timings": dict(clock.timings),
        "seconds": round(sum(clock.timings.values()), 4),
        "peak_memory_bytes": peak_memory(),
    }


@contextmanager
def _published(out: Path) -> Iterator[Path]:
    """Give a folder to write into that becomes `out` when all went well, and is removed otherwise."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            f"The folder {str(out)!r} is not empty." if out.is_dir() else f"{str(out)!r} is a file.",
            next_step="Choose another folder, or delete it.",
            code="out-exists",
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = out.with_name(f".{out.name}.{os.getpid()}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        yield staging
        staging.replace(out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
