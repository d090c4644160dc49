"""The process that answers one query: ``python -m core.worker TOKEN ATTEMPT``, started by `core.jobs.Supervisor`.

It ends with code 0 whenever it could say how the job ended; a death without a word is the supervisor's to notice.
"""

from __future__ import annotations

import logging
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

from core.engine import Engine, QueryOptions
from core.errors import ScQueryError
from core.expression.limits import DEFAULT_LIMITS
from core.jobs import JobCancelled, JobMessage, JobRun, JobStore
from core.settings import Settings

logger = logging.getLogger(__name__)

_INTERNAL = JobMessage(
    "internal",
    "The search stopped because of a fault in scQuery, not in your file.",
    "Try again; if it stops again, tell whoever runs this server.",
)
_MEMORY = JobMessage(
    "job-memory",
    "The search needed more memory than one query may use.",
    "Search fewer cells, or ask for the command line.",
)


def main(arguments: Sequence[str]) -> int:
    """Answer one query and record how it ended.

    Parameters
    ----------
    arguments : sequence of str
        Token of the job and number of the attempt.

    Returns
    -------
    int
        0, also for a failed or cancelled job.
    """
    token, attempt = arguments
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    settings = Settings.from_env()
    try:
        run = JobStore.from_settings(settings).attach(token, int(attempt))
        _answer(run, settings)
    except JobCancelled:
        logger.info("The job was cancelled")
    return 0


def _answer(run: JobRun, settings: Settings) -> None:
    try:
        timings, memory_bytes = _annotate(run, settings)
    except JobCancelled:
        raise
    except ScQueryError as error:
        logger.info("The query was refused: %s", error.code)
        run.fail(JobMessage.of(error))
    except MemoryError:
        logger.exception("Out of memory")
        run.fail(_MEMORY)
    except Exception:  # the job must end with a sentence whatever happened
        logger.exception("A query failed")
        run.fail(_INTERNAL, retryable=True)
    else:
        run.finish(timings, memory_bytes)


def _annotate(run: JobRun, settings: Settings) -> tuple[dict[str, float], int]:
    job = run.job
    _remove_leftovers(run)
    limits = replace(
        DEFAULT_LIMITS,
        max_cells=settings.max_query_cells,
        max_file_bytes=settings.max_upload_bytes,
        query_memory_bytes=settings.job_memory_bytes,
    )
    engine = Engine.open(settings.bundle_folders(), limits=limits)
    chosen = {**job.options, "leave_out": tuple(job.options.get("leave_out", ()))}
    result = engine.annotate(
        job.folder.upload,
        out=job.folder.result,
        bundle=job.bundle,
        options=QueryOptions(**chosen),
        progress=run,
        display_name=job.filename,
        work=job.folder.work,
    )
    return result.report["timings"], result.report["peak_memory_bytes"]


def _remove_leftovers(run: JobRun) -> None:
    """Remove what an attempt that was killed left half-written."""
    for path in (run.job.folder.result, *run.job.folder.root.glob(".result.*.partial")):
        shutil.rmtree(path, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
