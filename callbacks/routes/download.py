"""Results as files: the labels (all, or of a selection), scores, neighbours, studies, the report, all of it as one zip, and one .h5ad."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from flask import Blueprint, Response, abort, make_response, request, send_file

from callbacks.opened import result_of
from callbacks.routes import requests
from callbacks.services import services
from callbacks.session import current_owner
from core.annotated import write_annotated
from core.citation import methods
from core.errors import JobError
from core.jobs import Job
from core.jobs.disk import check_room
from core.jobs.records import DONE
from core.result import QueryResult, to_csv

FILES = {
    "labels.csv": "text/csv",
    "studies.csv": "text/csv",
    "scores.parquet": "application/vnd.apache.parquet",
    "neighbors.parquet": "application/vnd.apache.parquet",
    "methods.txt": "text/plain; charset=utf-8",
    "studies.bib": "application/x-bibtex",
    "report.json": "application/json",
}
VIEW = {"sel", "threshold", "detail"}
"""Parts of the page's address that change the labels."""
BLOCK_BYTES = 256 * 1024

routes = Blueprint("download", __name__)


@routes.get(f"/r/<token>/<any({', '.join(repr(name) for name in FILES)}):name>")
def download(token: str, name: str) -> Response:
    """Send one file of a result; ``labels.csv?sel=...&threshold=...&detail=...`` as the page shows it, ``methods.txt`` too."""
    job = finished(token)
    if name in AS_SHOWN and request.args.keys() & VIEW:
        saved_as = f"selected-{name}" if "sel" in request.args and name == "labels.csv" else name
        return attachment(iter([AS_SHOWN[name](job, request.args).encode()]), FILES[name], saved_name(job, saved_as))
    path = job.folder.result / name
    if not path.is_file():
        abort(404)
    return make_response(
        send_file(path, mimetype=FILES[name], as_attachment=True, download_name=saved_name(job, name), max_age=0)
    )


@routes.get("/r/<token>/all.zip")
def everything(token: str) -> Response:
    """Send all files of a result as one zip, made while it is sent; the labels as the page shows them."""
    job = finished(token)
    paths = [job.folder.result / name for name in FILES if (job.folder.result / name).is_file()]
    as_shown = AS_SHOWN if request.args.keys() & VIEW else {}
    shown = {name: make(job, request.args).encode() for name, make in as_shown.items()}
    return attachment(zip_stream(paths, shown), "application/zip", saved_name(job, "scquery.zip"))


@routes.get("/r/<token>/annotated.h5ad")
def annotated(token: str) -> Response:
    """Send cells, metadata, labels as the page shows them, places and expression as one .h5ad, made for this request."""
    job = finished(token)
    result = shown_result(job, request.args)
    check_room(job.folder.root, result.expression_bytes, services().settings.min_free_bytes)
    folder = Path(tempfile.mkdtemp(prefix=".annotated-", dir=job.folder.root))
    try:
        write_annotated(result, folder / "file")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return attachment(_sent_once(folder), "application/x-hdf5", saved_name(job, "annotated.h5ad"))


def _sent_once(folder: Path) -> Iterator[bytes]:
    """Give a file away in pieces and remove it, also where the reader stops half-way."""
    try:
        with (folder / "file").open("rb") as source:
            while block := source.read(BLOCK_BYTES):
                yield block
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finished(token: str) -> Job:
    """Return a job of the current browser that has a result.

    Raises
    ------
    JobNotFoundError
        As in `JobStore.get`.
    JobError
        ``not-done``.
    """
    job = services().store.get(token, current_owner())
    if job.state != DONE:
        raise JobError("This search has no result yet.", next_step="Wait for it to finish.", code="not-done")
    return job


def selected_labels(job: Job, view: Mapping[str, str]) -> str:
    """Return the labels of a selection as CSV.

    Parameters
    ----------
    job : Job
        With a result.
    view : mapping of str to str
        Parts of the page's address: ``sel``, for example ``cluster:5/9``; ``threshold``; ``detail``.

    Returns
    -------
    str
        Columns of ``labels.csv``.

    Raises
    ------
    InputError
        When a part cannot be read, or the reference has changed since.
    """
    engine, result = services().engine, shown_result(job, view)
    mask = engine.selection_mask(result, engine.parse_selection(view.get("sel", "all")))
    return to_csv(result.labels[mask])


def shown_result(job: Job, view: Mapping[str, str]) -> QueryResult:
    """Return a result as the page shows it.

    Parameters
    ----------
    job : Job
        With a result.
    view : mapping of str to str
        ``threshold`` and ``detail`` of the page's address.

    Returns
    -------
    QueryResult
        At that confidence level and detail.

    Raises
    ------
    InputError
        When a part cannot be read, or the reference has changed since.
    """
    threshold = requests.number(view["threshold"], "threshold") if "threshold" in view else None
    level = requests.whole(view.get("detail", "0"), "detail")
    return result_of(services(), job, threshold=threshold, level=level)


def shown_methods(job: Job, view: Mapping[str, str]) -> str:
    """Return the paragraph about methods for the labels the page shows.

    Parameters
    ----------
    job : Job
        With a result.
    view : mapping of str to str
        As in `selected_labels`; a selection changes nothing.

    Returns
    -------
    str
        As in ``methods.txt``.

    Raises
    ------
    InputError
        When a part cannot be read, or the reference has changed since.
    """
    result = shown_result(job, view)
    return methods(services().engine.bundle_of(result), result)


AS_SHOWN = {"labels.csv": selected_labels, "methods.txt": shown_methods}
"""Files that follow the confidence level and the detail of the page."""


def zip_stream(paths: Sequence[Path], instead: Mapping[str, bytes] = MappingProxyType({})) -> Iterator[bytes]:
    """Return a zip of files in pieces; never more than a block of it is in memory.

    Parameters
    ----------
    paths : sequence of Path
        Files; they keep their names.
    instead : mapping of str to bytes
        Contents that take the place of a file's own, by its name.

    Yields
    ------
    bytes
        At most a little over 256 KiB.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for path in paths:
            info = zipfile.ZipInfo.from_file(path, path.name)
            info.compress_type = zipfile.ZIP_STORED if path.suffix == ".parquet" else zipfile.ZIP_DEFLATED
            other = instead.get(path.name)
            opened = path.open("rb") if other is None else io.BytesIO(other)
            with opened as source, archive.open(info, "w", force_zip64=True) as target:
                while block := source.read(BLOCK_BYTES):
                    target.write(block)
                    yield pipe.take()
    yield pipe.take()


class _Pipe(io.RawIOBase):
    """A file that can only be written, and gives away what was."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._held += piece
        return len(piece)

    def take(self) -> bytes:
        piece = bytes(self._held)
        self._held.clear()
        return piece


def attachment(body: Iterator[bytes], content_type: str, name: str) -> Response:
    """Return an answer that the browser saves under a name."""
    response = Response(body, content_type=content_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def saved_name(job: Job, name: str) -> str:
    """Return the name a download is saved under: letters of the upload's name, and what it is."""
    stem = re.sub(r"[^A-Za-z0-9_-]+", "-", job.filename.split(".")[0]).strip("-")[:40]
    return f"{stem}-{name}" if stem else name
