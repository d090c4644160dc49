"""Reads what a request says, checking every field; what does not fit is an `InputError` that names the field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from flask import request

from callbacks.bodies import json_or_none
from core.errors import InputError
from core.query import MAX_K

MAX_LEAVE_OUT = 10_000
MAX_NAME = 1000


def json_body() -> dict[str, Any]:
    """Return the body as a JSON object; an absent body is an empty one.

    Raises
    ------
    InputError
        When it is something else.
    """
    if not request.content_length:
        return {}
    body = json_or_none()
    if not isinstance(body, dict):
        raise wrong("The request is not a JSON object.")
    return body


def text(body: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a text field of at most 1,000 characters.

    Raises
    ------
    InputError
        When it is absent and there is no default, or is not such a text.
    """
    value = body.get(name, default)
    if not isinstance(value, str) or len(value) > MAX_NAME:
        raise wrong(f"{name} is missing or is not a short text.")
    return value


def whole(value: object, name: str) -> int:
    """Return a whole number from JSON, or from digits in the address.

    Raises
    ------
    InputError
        When it is not one, or is negative.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
        return value
    raise wrong(f"{name} is missing or is not a whole number.")


def number(value: str, name: str) -> float:
    """Return a finite number from the address.

    Raises
    ------
    InputError
        When it is none.
    """
    try:
        found = float(value)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise wrong(f"{name} is not a number.")
    return found


def options(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the query options of a request.

    Returns
    -------
    dict
        Any of ``k`` (1..1000), ``leave_out`` (list of study keys), ``threshold`` (0..1), ``draw`` (0 or more cells); absent ones
        take the engine's default.

    Raises
    ------
    InputError
        ``bad-options``, naming the first that does not fit.
    """
    raw = body.get("options") or {}
    if not isinstance(raw, dict):
        raise _bad_option("options")
    for name, value in raw.items():
        if name not in _OPTIONS or not _OPTIONS[name](value):
            raise _bad_option(name)
    return raw


def wrong(message: str) -> InputError:
    """Return the error for a request that our own page would not send."""
    return InputError(message, next_step="Reload the page and try again.", code="bad-request")


def _is_k(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_K


def _is_leave_out(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) <= MAX_LEAVE_OUT
        and all(isinstance(v, str) and len(v) <= MAX_NAME for v in value)
    )


def _is_threshold(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1


def _is_draw(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


_OPTIONS = {"k": _is_k, "leave_out": _is_leave_out, "threshold": _is_threshold, "draw": _is_draw}


def _bad_option(name: object) -> InputError:
    return InputError(
        f"The setting {str(name)[:40]!r} has a value that cannot be used.",
        next_step="Choose another value.",
        code="bad-options",
    )
