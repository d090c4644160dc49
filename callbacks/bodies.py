"""Request bodies as JSON, with a bound on nesting: Python's parser, and whoever walks the result, recurses."""

from __future__ import annotations

import json

from flask import request

MAX_DEPTH = 60  # the page's own bodies stay under 20


def json_or_none() -> object:
    """Return the body of the current request as JSON values; None when it is no JSON, or nested too deeply."""
    if not request.is_json:
        return None
    data = request.get_data()
    try:
        body = json.loads(data)
        if b"\\u" in data:
            json.dumps(body, ensure_ascii=False).encode()  # half a character cannot be written anywhere
    except (ValueError, RecursionError):
        return None
    return body if _is_shallow(body) else None


def _is_shallow(body: object) -> bool:
    level = [body]
    for _ in range(MAX_DEPTH):
        level = [child for value in level for child in _children(value)]
        if not level:
            return True
    return False


def _children(value: object) -> list[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
