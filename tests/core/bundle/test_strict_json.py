"""JSON that is damaged or hostile ends in one sentence; JSON that fits becomes the dataclass, and back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.bundle.strict_json import MAX_DEPTH, MAX_INTEGER, dump_json, fit, load_json, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@dataclass(frozen=True)
class Inner:
    x: float
    flag: bool


@dataclass(frozen=True)
class Outer:
    name: str
    count: int | None
    inner: Inner
    many: tuple[int, ...]
    by_name: dict[str, Inner]
    anything: object


GOOD = {
    "name": "a", "count": None, "inner": {"x": 1, "flag": True}, "many": [1, 2],
    "by_name": {"b": {"x": 0.5, "flag": False}}, "anything": {"deep": [1, None]},
}  # fmt: skip


@given(VALUES)
def test_what_is_dumped_is_loaded(value: object) -> None:
    loaded = load_json(dump_json(value))
    assert loaded == value
    assert dump_json(loaded) == dump_json(value)


@given(st.text())
def test_any_text_loads_or_is_refused(text: str) -> None:
    try:
        value = load_json(text)
    except ValueError:
        return
    assert load_json(dump_json(value)) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("{", "Expecting"),
        ("[NaN]", "NaN"),
        ("[-Infinity]", "-Infinity"),
        ("[1e999]", "not finite"),
        (f"[{MAX_INTEGER + 1}]", "too large"),
        ("9" * 5000, "Exceeds the limit"),
        ("[" * 100_000, "too deeply"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "too deeply"),
        ('{"a": 1, "a": 2}', "twice"),
        ('["\\ud800"]', "half a character"),
    ],
)
def test_what_no_reader_holds_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        load_json(text)


def test_dump_refuses_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dump_json({"a": math.nan})


def test_fit_and_back() -> None:
    problems: list[str] = []
    found = fit(Outer, GOOD, "", problems)
    assert not problems
    assert found == Outer("a", None, Inner(1, flag=True), (1, 2), {"b": Inner(0.5, flag=False)}, {"deep": [1, None]})
    assert plain(found) == GOOD


def test_fit_names_every_problem() -> None:
    problems: list[str] = []
    bad = {
        "name": 3, "count": 1.5, "inner": {"x": "1", "flag": 1, "y": 0}, "many": {"0": 1}, "by_name": {"b": []},
        "extra": 1,
    }  # fmt: skip
    fit(Outer, bad, "", problems)
    assert sorted(problems) == [
        "Field anything is missing.",
        "Field by_name['b'] is not an object.",
        "Field count is not a whole number.",
        "Field extra is unknown.",
        "Field inner.flag is not true or false.",
        "Field inner.x is not a number.",
        "Field inner.y is unknown.",
        "Field many is not a list.",
        "Field name is not a text.",
    ]


@pytest.mark.parametrize("value", [None, 1, "text", [], True])
def test_fit_needs_an_object_at_the_top(value: object) -> None:
    problems: list[str] = []
    assert fit(Outer, value, "", problems) is None
    assert problems == ["Field at the top is not an object."]


@given(VALUES)
def test_fit_never_raises(value: object) -> None:
    problems: list[str] = []
    fit(Outer, value, "", problems)
    fit(Outer, {**GOOD, "inner": value, "many": value, "by_name": value}, "", problems)
    assert problems or isinstance(value, dict)


def test_a_whole_number_is_not_true() -> None:
    problems: list[str] = []
    fit(tuple[int, ...], [True], "many", problems)
    assert problems == ["Field many[0] is not a whole number."]
