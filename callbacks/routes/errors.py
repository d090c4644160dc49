"""Errors as JSON: ``{"code", "message", "next_step"}`` with the status that fits. Never a traceback."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from core.errors import BundleError, InputError, JobError, JobNotFoundError, LimitError, ScQueryError

logger = logging.getLogger(__name__)

STATUS_BY_CODE = {
    "cross-site": 403,
    "disk-full": 507,
    "queue-full": 429,
    "too-many-open": 429,
}
STATUS_BY_TYPE: tuple[tuple[type[ScQueryError], int], ...] = (
    (JobNotFoundError, 404),
    (JobError, 409),
    (LimitError, 413),
    (InputError, 400),
    (BundleError, 503),
)
RETRY_AFTER_S = 30


def register(server: Flask) -> None:
    """Answer every error of `server` in the same form."""
    server.register_error_handler(ScQueryError, expected)
    server.register_error_handler(HTTPException, refused)
    server.register_error_handler(Exception, unexpected)


def status_of(error: ScQueryError) -> int:
    """Return the HTTP status of an error raised on purpose."""
    if error.code in STATUS_BY_CODE:
        return STATUS_BY_CODE[error.code]
    return next((status for kind, status in STATUS_BY_TYPE if isinstance(error, kind)), 500)


def expected(error: ScQueryError) -> Response:
    """Answer an error raised on purpose."""
    response = _answer(status_of(error), error.code, error.message, error.next_step)
    if response.status_code == 429:
        response.headers["Retry-After"] = str(RETRY_AFTER_S)
    return response


def refused(error: HTTPException) -> Response:
    """Answer what Flask itself refuses: unknown address, wrong method, untrusted host, too large a body."""
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        return _answer(status, "too-large", "The request is too large.", "Send it in smaller pieces.")
    return _answer(status, f"http-{status}", f"{error.name}.", "")


def unexpected(error: Exception) -> Response:
    """Answer a mistake of ours, and log where it was."""
    logger.error("A request failed", exc_info=error)
    return _answer(500, "internal", "Something went wrong on this server.", "Try again, or tell who runs the server.")


def _answer(status: int, code: str, message: str, next_step: str) -> Response:
    response = jsonify(code=code, message=message, next_step=next_step)
    response.status_code = status
    return response
