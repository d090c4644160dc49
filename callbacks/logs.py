"""Logs as JSON lines that hold no cell names, contents, tokens or file names.

Requests are logged by route, not by path. An exception is logged as its type and the lines it went through: its message may quote
what a user uploaded.
"""

from __future__ import annotations

import json
import logging
import time
import traceback
from pathlib import Path
from types import TracebackType

from flask import Flask, Response, g, request

HOUSE = Path(__file__).parents[1]
TALKATIVE = ("nmslib", "waitress.queue")
logger = logging.getLogger("scquery.requests")


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the fields of ``extra={"fields": {...}}``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line of JSON."""
        line: dict[str, object] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["where"] = places(record.exc_info[2])
        return json.dumps(line)


def places(trace: TracebackType | None) -> list[str]:
    """Return the lines a traceback went through, innermost last, files relative to the repository where possible."""
    return [f"{_short(f.filename)}:{f.lineno} {f.name}" for f in traceback.extract_tb(trace)[-12:]]


def log_as_json(level: int = logging.INFO) -> None:
    """Send all logs of this process to standard error as JSON lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_requests(server: Flask) -> None:
    """Log each request that is not a static file: route, status, milliseconds."""
    server.before_request(_note_start)
    server.after_request(_log)


def _note_start() -> None:
    g.began = time.perf_counter()


def _log(response: Response) -> Response:
    rule = request.url_rule.rule if request.url_rule else "unknown"
    if not rule.startswith(("/_dash-component-suites", "/assets")):
        took = (time.perf_counter() - g.get("began", time.perf_counter())) * 1000
        fields = {"method": request.method, "route": rule, "status": response.status_code, "ms": round(took, 1)}
        logger.info("request", extra={"fields": fields})
    return response


def _short(filename: str) -> str:
    path = Path(filename)
    return path.relative_to(HOUSE).as_posix() if path.is_relative_to(HOUSE) else "/".join(path.parts[-2:])
