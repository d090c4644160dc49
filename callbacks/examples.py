"""Searches of a reference's own examples: started like any other, and answered at once when somebody asked the same before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from callbacks.services import Services
from core.bundle.reader import Bundle
from core.cache import AnswerCache, code_digest, question
from core.engine import QueryOptions
from core.errors import InputError
from core.jobs import Job


def start_example(found: Services, owner: str, bundle: str, example: str, options: Mapping[str, Any]) -> Job:
    """Begin a job on an example that ships with a reference.

    Parameters
    ----------
    found : Services
        Engine and jobs.
    owner : str
        Browser it will belong to.
    bundle, example : str
        Names; an empty bundle means the first.
    options : mapping
        Query options.

    Returns
    -------
    Job
        Queued, or done.

    Raises
    ------
    InputError
        ``unknown-bundle`` or ``unknown-example``.
    LimitError
        As in `JobStore.create_from`.
    """
    opened = found.bundle(bundle)
    row = next((row for row in opened.examples.to_dict("records") if row["example"] == example), None)
    if row is None:
        raise InputError("This reference has no such example.", next_step="Reload the page.", code="unknown-example")
    asked = question_of(opened, example, options)

    def answer(job: Job) -> dict[str, float] | None:
        if not found.answers.restore(asked, job.folder.result):
            return None
        timings: dict[str, float] = json.loads((job.folder.result / "report.json").read_text())["timings"]
        return timings

    return found.store.create_from(
        owner,
        opened.path(row["file"]),
        bundle=opened.name,
        filename=row["title"],
        options=options,
        example=example,
        answer=answer,
    )


def keep_answer(answers: AnswerCache, bundles: Mapping[str, Bundle], job: Job) -> None:
    """Keep the result of a job on an example, for the next one who asks.

    Parameters
    ----------
    answers : AnswerCache
        Where to.
    bundles : mapping of str to Bundle
        The references that are served.
    job : Job
        Done. One on a user's own file is not kept.
    """
    if job.example and job.bundle in bundles:
        answers.keep(question_of(bundles[job.bundle], job.example, job.options), job.folder.result)


def question_of(bundle: Bundle, example: str, options: Mapping[str, Any]) -> str:
    """Return the key of an example's question; defaults count like the same values given."""
    chosen = QueryOptions(**{**options, "leave_out": tuple(sorted(options.get("leave_out", ())))})
    return question(code=code_digest(), bundle=bundle.manifest.bundle_id, example=example, **asdict(chosen))
