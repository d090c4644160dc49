"""Read TOML files, and fit their tables to frozen dataclasses: every problem with its place, not the first alone.

Fields with a default may be left out. Not here: what the fields mean (``config``).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigError

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


@dataclass
class Problems:
    """All problems found so far, one sentence each, in the order of the file."""

    found: list[str] = field(default_factory=list)

    def add(self, place: str, sentence: str) -> None:
        """Note one problem; `place` is written as in TOML, for example ``study[2].labels.column``."""
        self.found.append(f"{place or 'top level'}: {sentence}")


def read_toml(path: Path, what: str = "configuration") -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What an error calls it.

    Returns
    -------
    dict
        Its tables.

    Raises
    ------
    ConfigError
        When it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(f"The {what} {path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The {what} {path} is not valid TOML: {error}.") from error


def fill(kind: type[Any], table: object, place: str, problems: Problems) -> Any:  # noqa: ANN401 - an instance of `kind`
    """Build a dataclass from a TOML table.

    Parameters
    ----------
    kind : type
        A frozen dataclass; its fields are str, int, float, bool, ``X | None``, tuples, ``dict[str, X]``, `typing.Literal`
        or dataclasses of these. Fields with ``metadata={"toml": False}`` are not read.
    table : object
        What `tomllib` returned for the table.
    place : str
        Where the table stands.
    problems : Problems
        Receives unknown keys, missing keys, wrong types, and what ``__post_init__`` refuses.

    Returns
    -------
    object or None
        None where the table has a problem of its own.
    """
    if not isinstance(table, Mapping):
        problems.add(place, "is not a table.")
        return None
    before = len(problems.found)
    hints = typing.get_type_hints(kind)
    known = {f.name: f for f in dataclasses.fields(kind) if f.metadata.get("toml", True)}
    for name in table:
        if name not in known:
            problems.add(_join(place, name), f"is unknown.{_suggest(name, known)}")
    for name, entry in known.items():
        if name not in table and entry.default is entry.default_factory is dataclasses.MISSING:
            problems.add(_join(place, name), "is missing.")
    values = {n: _value(hints[n], table[n], _join(place, n), problems) for n in known if n in table}
    if len(problems.found) > before:
        return None
    try:
        return kind(**values)
    except ConfigError as error:
        problems.add(place, error.message)
        return None


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _suggest(name: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Known here: {', '.join(known)}."


def _value(kind: Any, value: object, place: str, problems: Problems) -> Any:  # noqa: ANN401 - the type is the argument
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return fill(kind, value, place, problems)
    if origin in (types.UnionType, typing.Union):
        inner = [k for k in typing.get_args(kind) if k is not types.NoneType]
        return _value(inner[0], value, place, problems)
    if origin is typing.Literal:
        return _choice(typing.get_args(kind), value, place, problems)
    if origin is tuple:
        return _items(typing.get_args(kind)[0], value, place, problems)
    if origin is dict:
        return _pairs(typing.get_args(kind)[1], value, place, problems)
    return _simple(kind, value, place, problems)


def _choice(choices: tuple[Any, ...], value: object, place: str, problems: Problems) -> object:
    if value not in choices:
        problems.add(place, f"is {value!r}, none of {', '.join(map(str, choices))}.")
    return value


def _items(kind: Any, value: object, place: str, problems: Problems) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list):
        problems.add(place, "is not a list.")
        return ()
    return tuple(_value(kind, item, f"{place}[{i}]", problems) for i, item in enumerate(value))


def _pairs(kind: Any, value: object, place: str, problems: Problems) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, Mapping):
        problems.add(place, "is not a table.")
        return {}
    return {name: _value(kind, item, f'{place}."{name}"', problems) for name, item in value.items()}


def _simple(kind: type, value: object, place: str, problems: Problems) -> object:
    if kind is float and type(value) is int:
        return float(value)
    if kind is str and type(value) is dt.date:
        return value.isoformat()
    if type(value) is not kind:
        problems.add(place, f"is {value!r}, not {_WORDS.get(kind, kind.__name__)}.")
    return value
