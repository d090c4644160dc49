from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from build_bundle.configuration.toml_fields import Problems, fill, read_toml
from core.errors import ConfigError


@dataclass(frozen=True)
class Inner:
    name: str
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ConfigError("size is negative.")


@dataclass(frozen=True)
class Outer:
    word: str
    kind: Literal["a", "b"] = "a"
    n: int = 0
    flag: bool = False
    inner: Inner | None = None
    many: tuple[Inner, ...] = ()
    nested: tuple[tuple[str, ...], ...] = ()
    pairs: dict[str, int] = field(default_factory=dict)
    made_later: int = field(default=7, metadata={"toml": False})


def read(text: str) -> tuple[Outer | None, list[str]]:
    problems = Problems()
    return fill(Outer, tomllib.loads(text), "", problems), problems.found


def test_every_kind_of_field() -> None:
    text = """
    word = "x"
    kind = "b"
    n = 3
    flag = true
    inner = { name = "i", size = 2 }
    many = [{ name = "m" }]
    nested = [["a"], []]
    pairs = { "p q" = 1 }
    """
    found, problems = read(text)
    assert not problems
    assert found == Outer("x", "b", 3, True, Inner("i", 2.0), (Inner("m"),), (("a",), ()), {"p q": 1})
    assert isinstance(found.inner, Inner)
    assert isinstance(found.inner.size, float)


def test_defaults_may_be_left_out() -> None:
    assert read('word = "x"') == (Outer("x"), [])


def test_a_date_is_taken_for_text() -> None:
    assert read("word = 2016-09-22")[0] == Outer("2016-09-22")


def test_a_byte_order_mark_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("\ufeffa = 1\n", encoding="utf-8")
    assert read_toml(path) == {"a": 1}


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "9" * 5_000, "a ="])
def test_what_is_no_toml_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"a\.toml is not valid TOML"):
        read_toml(path)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ('word = "x"\nwrod = 1', "wrod", "Did you mean word?"),
        ('word = "x"\nzzz = 1', "zzz", "Known here: word"),
        ("n = 1", "word", "is missing"),
        ("word = 1", "word", "not a text"),
        ('word = "x"\nn = true', "n", "not a whole number"),
        ('word = "x"\nflag = 1', "flag", "not true or false"),
        ('word = "x"\nkind = "c"', "kind", "none of a, b"),
        ('word = "x"\ninner = 1', "inner", "is not a table"),
        ('word = "x"\nmany = 1', "many", "is not a list"),
        ('word = "x"\npairs = 1', "pairs", "is not a table"),
        ('word = "x"\nmany = [{ name = "a" }, { size = 1 }]', "many[1].name", "is missing"),
        ('word = "x"\npairs = { a = "b" }', 'pairs."a"', "not a whole number"),
        ('word = "x"\ninner = { name = "i", size = -1 }', "inner", "size is negative"),
        ('word = "x"\nmade_later = 1', "made_later", "is unknown"),
    ],
)
def test_a_problem_names_its_place(text: str, place: str, said: str) -> None:
    _, problems = read(text)
    assert len(problems) == 1
    assert problems[0].startswith(place + ":")
    assert said in problems[0]


def test_all_problems_at_once() -> None:
    _, problems = read('kind = "c"\nn = "1"\nmany = [{ nam = "a" }]')
    assert len(problems) == 5
