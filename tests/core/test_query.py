import time

import pytest

from core.errors import InputError
from core.query import STAGES, Clock, QueryOptions, unmonitored


def test_defaults():
    assert QueryOptions() == QueryOptions(k=100, leave_out=(), threshold=0.5)


@pytest.mark.parametrize(
    "wrong", [{"k": 0}, {"k": 1001}, {"k": -1}, {"threshold": -0.1}, {"threshold": 1.01}, {"draw": -1}]
)
def test_options_out_of_range_are_refused(wrong):
    with pytest.raises(InputError) as caught:
        QueryOptions(**wrong)
    assert caught.value.code == "option"


def test_not_a_number_is_no_threshold():
    with pytest.raises(InputError, match="nan"):
        QueryOptions(threshold=float("nan"))


def test_clock_reports_and_times_stages():
    seen = []
    clock = Clock(lambda *told: seen.append(told))
    with clock.at("read"):
        time.sleep(0.01)
        clock.share(0.5)
    with clock.at("embed"):
        clock.cells(1_000, 4_000)
    assert seen == [
        ("read", 0.0), ("read", 0.5), ("read", 1.0, ""),
        ("embed", 0.0), ("embed", 0.25, "1,000 of 4,000 cells"), ("embed", 1.0, "1,000 of 4,000 cells"),
    ]  # fmt: skip
    assert list(clock.timings) == ["read", "embed"]
    assert clock.timings["read"] >= 0.01


def test_a_stage_that_fails_has_no_time():
    clock = Clock(unmonitored)
    with pytest.raises(ZeroDivisionError), clock.at("read"):
        clock.share(1 / 0)
    assert clock.timings == {}


def test_stages_are_in_order():
    assert STAGES == ("read", "check", "normalise", "embed", "compare", "neighbours", "score", "draw")
