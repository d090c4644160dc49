"""Whether the server lives, whether it can take work, and figures for a monitor."""

from __future__ import annotations

import shutil
from typing import Any

import psutil
from flask import Blueprint, Response, abort, jsonify, request

from callbacks.security import is_loopback
from callbacks.services import Services, services
from core.jobs.disk import floor_bytes
from core.jobs.records import OPEN_STATES

HEARTBEAT_LIMIT_S = 10.0
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")

routes = Blueprint("health", __name__)


@routes.get("/healthz")
def healthy() -> Response:
    """Say that the process answers."""
    return jsonify(status="ok")


@routes.get("/readyz")
def ready() -> tuple[Response, int]:
    """Say whether queries can be taken: every reference verified, room on the disk, a supervisor alive."""
    parts = readiness(services())
    is_ready = all(part["ok"] for part in parts.values())
    return jsonify(ready=is_ready, **parts), 200 if is_ready else 503


@routes.get("/metrics")
def metrics() -> Response:
    """Give figures in Prometheus' text format, to this machine only."""
    if not _from_this_machine():
        abort(404)
    lines = [f"{name} {value}" for name, value in _figures(services()).items()]
    return Response("\n".join(lines) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def readiness(found: Services) -> dict[str, dict[str, Any]]:
    """Return each part that must be well, with ``ok`` and its facts."""
    states = found.watch.states()
    refused = {name: list(found.watch.problems(name)) for name, state in states.items() if state == "refused"}
    free = shutil.disk_usage(found.settings.data_dir).free
    floor = floor_bytes(found.settings.data_dir, found.settings.min_free_bytes)
    age = found.supervisor.queue.heartbeat_age_s()
    bundles: dict[str, Any] = {"ok": bool(states) and set(states.values()) == {"verified"}, "states": states}
    if refused and _from_this_machine():
        bundles["problems"] = refused
    return {
        "bundles": bundles,
        "disk": {"ok": free > floor, "free_bytes": free, "floor_bytes": floor},
        "supervisor": {"ok": age is not None and age < HEARTBEAT_LIMIT_S, "heartbeat_age_s": age},
    }


def _figures(found: Services) -> dict[str, float]:
    counts = found.supervisor.queue.counts()
    age = found.supervisor.queue.heartbeat_age_s()
    names = (*OPEN_STATES, "done", "failed", "cancelled")
    figures: dict[str, float] = {f'scquery_jobs{{state="{name}"}}': counts.get(name, 0) for name in names}
    figures["scquery_slots"] = found.settings.slots
    figures["scquery_supervisor_heartbeat_age_seconds"] = -1.0 if age is None else round(age, 3)
    figures["scquery_disk_free_bytes"] = shutil.disk_usage(found.settings.data_dir).free
    figures["scquery_server_resident_bytes"] = psutil.Process().memory_info().rss
    for name, state in found.watch.states().items():
        figures[f'scquery_bundle_verified{{bundle="{name}"}}'] = int(state == "verified")
    return figures


def _from_this_machine() -> bool:
    """Return whether the request comes from here and was not passed on by a proxy."""
    return is_loopback(request.remote_addr or "") and not any(name in request.headers for name in FORWARDED)
