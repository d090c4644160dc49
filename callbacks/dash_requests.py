"""Refuses callback requests that no page of ours sends, before Dash works on them.

Dash trusts the shape of the body and of its dependencies; a forged one is a KeyError or TypeError deep inside, answered with 500.
Here it is a 400. Values may still be anything: handlers check those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import Dash
from dash.dependencies import Output
from flask import request

from callbacks.bodies import json_or_none
from core.errors import InputError

PATH = "/_dash-update-component"


class MalformedCallbackError(InputError):
    """A callback request has a form that the page never sends."""

    default_code = "malformed-callback"


def refuse_malformed_callbacks(app: Dash) -> None:
    """Check the body of every callback request of `app`."""

    def check() -> None:
        if request.path == PATH and request.method == "POST":
            check_callback(json_or_none(), app.callback_map)

    app.server.before_request(check)


def check_callback(body: object, callback_map: Mapping[str, Mapping[str, Any]]) -> None:
    """Hold a body against the callback it names.

    Parameters
    ----------
    body : object
        Parsed JSON.
    callback_map : mapping
        Dash's registered callbacks by output.

    Raises
    ------
    MalformedCallbackError
        When it names no callback, or its dependencies are not that callback's.
    """
    sent = _dict(body)
    output = sent.get("output")
    _require(holds=isinstance(output, str) and output in callback_map)
    declared = callback_map[str(output)]
    _check_all(sent.get("inputs", []), declared["inputs"])
    _check_all(sent.get("state", []), declared["state"])
    _require(holds=all(isinstance(name, str) for name in _list(sent.get("changedPropIds", []))))
    if not declared.get("no_output"):
        _check_outputs(sent.get("outputs"), declared["output"])


def _check_outputs(sent: object, declared: Output | Sequence[Output]) -> None:
    if isinstance(declared, Output):
        _check_one(sent, declared.to_dict())
    else:
        _check_all(sent, [output.to_dict() for output in declared])


def _check_all(sent: object, declared: Sequence[Mapping[str, Any]]) -> None:
    entries = _list(sent)
    _require(holds=len(entries) == len(declared))
    for one, expected in zip(entries, declared, strict=True):
        _check_one(one, expected)


def _check_one(sent: object, declared: Mapping[str, Any]) -> None:
    """Check a dependency; one with a pattern may stand for a list of components."""
    pattern = str(declared["id"]).startswith("{")
    for one in sent if pattern and isinstance(sent, list) else [sent]:
        entry = _dict(one)
        # the page sends "children@hash" for an output that several callbacks share
        _require(holds=str(entry.get("property")).split("@")[0] == declared["property"])
        if pattern:
            _check_pattern(_dict(entry.get("id")), json.loads(declared["id"]))
        else:
            _require(holds=entry.get("id") == declared["id"])


def _check_pattern(name: dict[str, Any], declared: Mapping[str, Any]) -> None:
    _require(holds=name.keys() == declared.keys())
    _require(holds=all(isinstance(value, (str, int, float, bool)) for value in name.values()))


def _dict(value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise _malformed()


def _list(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _malformed()


def _require(*, holds: bool) -> None:
    if not holds:
        raise _malformed()


def _malformed() -> MalformedCallbackError:
    return MalformedCallbackError("This request does not fit the page as it is now.", next_step="Reload the page.")
