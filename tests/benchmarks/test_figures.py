"""What the benchmarks draw and ask of the large reference, on the planted one: `make test` sees where they no longer fit the app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from core.engine import Engine, QueryResult
from tests.benchmarks import cards, figures


@pytest.fixture(scope="module")
def engine(tiny_builds) -> Engine:
    return Engine.open([tiny_builds])


@pytest.fixture(scope="module")
def result(engine, tiny_query, tmp_path_factory) -> QueryResult:
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("benchmark") / "result")


@pytest.mark.parametrize("sizes", [figures.figure_sizes, cards.figure_sizes])
def test_every_figure_has_a_size(engine, result, sizes: Callable[..., Iterator[tuple[str, float]]]) -> None:
    found = dict(sizes(engine, result))
    assert len(found) >= 6
    assert all(0 < size < figures.LIMIT_MB for size in found.values()), found


def test_every_view_and_the_card_are_asked(engine, result) -> None:
    assert all(ms > 0 for _, ms in cards.views(engine, result))
    assert cards.server_ms(engine, result) > 0
