from pathlib import Path

import pytest

from build_bundle.label.csv_table import is_ragged, read_csv_table
from core.errors import ConfigError


def test_rows_and_ragged_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('\ufeffa,b\n1,"x, y"\n2\n3,4,5\n', encoding="utf-8")
    rows = read_csv_table(path, ("a", "b"), "The table")
    assert rows[0] == {"a": "1", "b": "x, y"}
    assert [is_ragged(row) for row in rows] == [False, True, True]


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"a\n1\n", "the columns are not a, b"), (b"", "the columns are not"), (b"a,b\n\xff,1\n", "The table .* read")],
)
def test_what_is_no_such_table_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        read_csv_table(path, ("a", "b"), "The table")
