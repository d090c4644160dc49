"""Reading JSON that may be damaged or hostile, and fitting it to frozen dataclasses with every problem named.

Not here: what the fields mean (``core.bundle.manifest``).
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NoReturn, TypeAlias

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | dict[str, JsonValue] | None"

MAX_DEPTH = 32
MAX_INTEGER = 2**53  # what every JSON reader keeps exactly


def dump_json(value: object) -> str:
    """Return the one canonical text of a JSON value: sorted keys, two spaces, no NaN, newline at the end."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def load_json(text: str) -> JsonValue:
    """Parse JSON and refuse what the standard does not know or what no reader can hold.

    Parameters
    ----------
    text : str
        JSON text.

    Returns
    -------
    JsonValue
        The parsed value; all numbers finite, integers within +-2**53, nested at most `MAX_DEPTH` deep.

    Raises
    ------
    ValueError
        With one sentence saying what is wrong.
    """
    try:
        value: JsonValue = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    _check_values(value, MAX_DEPTH)
    try:
        dump_json(value).encode()
    except UnicodeEncodeError:
        raise ValueError("it holds half a character") from None
    return value


def fit(kind: Any, value: object, place: str, problems: list[str]) -> Any:  # noqa: ANN401 - the type is the argument
    """Build an instance of `kind` from a JSON value and note everything that does not fit.

    Parameters
    ----------
    kind : type
        ``bool``, ``int``, ``float``, ``str``, ``X | None``, ``tuple[X, ...]``, ``dict[str, X]``, a dataclass of these, or
        ``object`` for any JSON value.
    value : object
        What `load_json` returned.
    place : str
        Where the value stands, for the sentences, for example ``encoder.layers``.
    problems : list of str
        Receives one sentence a problem.

    Returns
    -------
    object
        The instance; meaningless where a problem was noted.
    """
    origin = typing.get_origin(kind)
    if kind is object:
        return value
    if is_dataclass(kind):
        return _fit_dataclass(kind, value, place, problems)
    if origin in (types.UnionType, typing.Union):
        kinds = [k for k in typing.get_args(kind) if k is not types.NoneType]
        return None if value is None else fit(kinds[0], value, place, problems)
    if origin is tuple:
        items = _expect(list, value, place, "a list", problems) or []
        return tuple(fit(typing.get_args(kind)[0], v, f"{place}[{i}]", problems) for i, v in enumerate(items))
    if origin is dict:
        pairs = _expect(dict, value, place, "an object", problems) or {}
        return {k: fit(typing.get_args(kind)[1], v, f"{place}[{k[:80]!r}]", problems) for k, v in pairs.items()}
    return _fit_simple(kind, value, place, problems)


def plain(value: object) -> object:
    """Return a dataclass tree as JSON types: the inverse of `fit`."""
    if is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


def _fit_dataclass(kind: Any, value: object, place: str, problems: list[str]) -> Any:  # noqa: ANN401
    found = _expect(dict, value, place, "an object", problems)
    if found is None:
        return None
    prefix = f"{place}." if place else ""
    hints = typing.get_type_hints(kind)
    problems += [f"Field {prefix}{name} is missing." for name in hints if name not in found]
    problems += [f"Field {prefix}{name[:80]} is unknown." for name in found if name not in hints]
    return kind(**{n: fit(h, found[n], prefix + n, problems) if n in found else None for n, h in hints.items()})


def _fit_simple(kind: type, value: object, place: str, problems: list[str]) -> object:
    fits = type(value) is kind or (kind is float and type(value) is int)
    if not fits:
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}[kind]
        problems.append(f"Field {place} is not {words}.")
        return kind()
    return value


def _expect(kind: type, value: object, place: str, words: str, problems: list[str]) -> Any:  # noqa: ANN401
    if type(value) is kind:
        return value
    problems.append(f"Field {place or 'at the top'} is not {words}.")
    return None


def _check_values(value: JsonValue, depth: int) -> None:
    if depth == 0:
        raise ValueError("it is nested too deeply")
    if isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            _check_values(item, depth - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it holds a number that is not finite")
    elif isinstance(value, int) and abs(value) > MAX_INTEGER:
        raise ValueError("it holds a whole number that is too large")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is not a number")


def _unique_keys(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a field twice")
    return found
