"""The table of the benchmarks: what passes, what fails, and what only informs."""

from __future__ import annotations

import pytest

from tests.benchmarks.rows import Row, table


@pytest.mark.parametrize(
    ("row", "passed", "ratio"),
    [
        (Row("time", 2.0, "s", "<= 4 s", 4), True, "2.0x"),
        (Row("time", 5.0, "s", "<= 4 s", 4), False, "0.8x"),
        (Row("recall", 0.995, "", ">= 0.99", 0.99, at_least=True), True, "1.01x"),
        (Row("recall", 0.9, "", ">= 0.99", 0.99, at_least=True), False, "0.91x"),
        (Row("search", 0.5, "s", "rival 6 s, >= 8x", 8, at_least=True, held=12.0), True, "12.0x"),
        (Row("search", 1.5, "s", "rival 6 s, >= 8x", 8, at_least=True, held=4.0), False, "4.0x"),
        (Row("for information", 9.0, "s", ""), True, ""),
    ],
)
def test_a_row_is_held_to_its_bound(row: Row, passed: bool, ratio: str) -> None:
    assert (row.passed, row.ratio) == (passed, ratio)


def test_the_table_says_pass_and_fail() -> None:
    text = table([Row("fast", 1.0, "s", "<= 4 s", 4), Row("slow", 9.0, "s", "<= 4 s", 4), Row("note", 1.0, "s", "")])
    assert [line.split()[-1] for line in text.splitlines()[2:]] == ["pass", "FAIL", "info"]
