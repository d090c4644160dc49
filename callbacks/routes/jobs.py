"""State of jobs as JSON, and what their owner can do with them."""

from __future__ import annotations

import re
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from callbacks.routes import requests
from callbacks.services import services
from callbacks.session import current_owner
from core.errors import JobNotFoundError
from core.jobs import Job

PAGE = re.compile(r"/r/([^/]+)/?")

routes = Blueprint("jobs", __name__)


@routes.after_app_request
def mark_missing(response: Response) -> Response:
    """Give the page of a job that this browser may not see the status 404; what it shows is the page's matter."""
    named = PAGE.fullmatch(request.path)
    if named and response.status_code == 200:
        try:
            services().store.get(named[1], current_owner())
        except JobNotFoundError:
            response.status_code = 404
    return response


@routes.get("/api/jobs")
def recent() -> Response:
    """List the newest jobs of this browser."""
    return jsonify(jobs=[state(job) for job in services().store.list(current_owner())])


@routes.get("/api/jobs/<token>")
def look(token: str) -> Response:
    """Give the state of a job, for polling."""
    return jsonify(state(services().store.get(token, current_owner())))


@routes.post("/api/jobs/<token>/cancel")
def cancel(token: str) -> Response:
    """Stop a job."""
    return jsonify(state(services().store.cancel(token, current_owner())))


@routes.post("/api/jobs/<token>/retry")
def retry(token: str) -> Response:
    """Queue a failed or cancelled job again."""
    return jsonify(state(services().store.retry(token, current_owner())))


@routes.post("/api/jobs/<token>/rerun")
def rerun(token: str) -> tuple[Response, int]:
    """Search the same upload with other options: ``{options}`` -> 201 ``{token, url}``."""
    job = services().store.rerun(token, current_owner(), requests.options(requests.json_body()))
    return jsonify(token=job.token, url=job.url), 201


@routes.delete("/api/jobs/<token>")
def delete(token: str) -> Response:
    """Remove a job, its upload and its result, now."""
    services().store.delete(token, current_owner())
    return jsonify({})


def state(job: Job) -> dict[str, Any]:
    """Return what the page may know of a job, plain JSON values; neither owner nor paths.

    Parameters
    ----------
    job : Job
        As recorded.

    Returns
    -------
    dict
        Times in seconds since 1970, with ``now`` to compare; sizes in bytes.
    """
    return {
        "token": job.token,
        "url": job.url,
        "state": job.state,
        "bundle": job.bundle,
        "filename": job.filename,
        "example": job.example,
        "size": job.size_bytes,
        "options": job.options,
        "position": job.position,
        "stage": job.stage,
        "fraction": job.fraction,
        "detail": job.detail,
        "attempts": job.attempts,
        "can_retry": job.can_retry,
        "message": job.message.to_dict() if job.message else None,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
        "expires_at": job.expires_at,
        "now": time.time(),
        "timings": job.timings,
        "memory_bytes": job.memory_bytes,
        "memory_limit_bytes": services().settings.job_memory_bytes,
    }
