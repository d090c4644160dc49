"""JSON bodies and how deep they may be."""

import json

import pytest
from flask import Flask

from callbacks.bodies import MAX_DEPTH, json_or_none


def nested(depth):
    body = "x"
    for _ in range(depth):
        body = {"a": [body]}
    return body


@pytest.mark.parametrize(
    ("raw", "kind", "body"),
    [
        (b'{"a": [1, {"b": null}]}', "application/json", {"a": [1, {"b": None}]}),
        (b"3", "application/json; charset=utf-8", 3),
        (b"{}", "text/plain", None),
        (b"{", "application/json", None),
        (b"\xff", "application/json", None),
        (b"[" * 200_000, "application/json", None),
        (json.dumps(nested(MAX_DEPTH)).encode(), "application/json", None),
        (json.dumps(nested(10)).encode(), "application/json", nested(10)),
    ],
)
def test_bodies(raw, kind, body):
    with Flask("a").test_request_context("/", method="POST", data=raw, content_type=kind):
        assert json_or_none() == body
