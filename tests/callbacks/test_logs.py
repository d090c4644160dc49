"""Logs say what happened, and nothing of what users brought."""

import io
import json
import logging

import pytest

from callbacks.failures import log_failure
from callbacks.logs import JsonFormatter, log_as_json
from core.errors import InputError

SECRET = "patient-42"


@pytest.fixture
def lines():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(level)


def test_requests_are_logged_by_route(lines, ann, upload):
    token = upload(ann, filename=f"{SECRET}.csv")
    ann.get(f"/r/{token}")
    ann.get("/assets/upload.js", buffered=True)
    ann.get("/healthz", headers={"Host": "evil.org"})
    requests = [line for line in lines() if line["message"] == "request"]
    assert {"method": "PUT", "route": "/api/uploads/<token>", "status": 200}.items() <= requests[1].items()
    assert 0 <= requests[1]["ms"] < 60_000
    assert not any("assets" in line["route"] for line in requests)
    assert token not in json.dumps(lines())
    assert SECRET not in json.dumps(lines())


def test_an_exception_is_logged_without_its_message(lines, app, ann):
    def fail():
        raise KeyError(SECRET)

    app.server.view_functions["health.healthy"] = fail
    answer = ann.get("/healthz")
    assert (answer.status_code, answer.json["code"]) == (500, "internal")
    assert SECRET not in answer.get_data(as_text=True)
    (line,) = [line for line in lines() if line["level"] == "error"]
    assert line["error"] == "KeyError"
    assert line["where"][-1].startswith("tests/callbacks/test_logs.py:")
    assert line["where"][-1].endswith(" fail")
    assert SECRET not in json.dumps(lines())


def test_a_failed_handler_is_logged_and_changes_nothing(lines):
    from dash import no_update

    assert log_failure(ValueError(SECRET)) is no_update
    assert log_failure(InputError("x", code="selection")) is no_update
    failed, refused = lines()
    assert (failed["level"], failed["error"], refused["level"], refused["code"]) == (
        "error",
        "ValueError",
        "info",
        "selection",
    )
    assert SECRET not in json.dumps(lines())


def test_all_logs_become_json(capsys):
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        log_as_json()
        logging.getLogger("other").warning("%d things", 3)
        line = json.loads(capsys.readouterr().err)
    finally:
        root.handlers[:], root.level = before, level
        logging.captureWarnings(capture=False)
    assert (line["level"], line["logger"], line["message"]) == ("warning", "other", "3 things")
    assert line["time"].endswith("Z")
