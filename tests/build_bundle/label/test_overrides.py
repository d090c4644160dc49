from pathlib import Path

import pytest

from build_bundle.label.overrides import Override, first_about, read_overrides
from core.errors import ConfigError

HEAD = "study,sample,term_ids,comment\n"


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read(tmp_path: Path) -> None:
    table = _write(tmp_path / "o.csv", HEAD + "GSE1,GSM1*,CL:1; CL:2,why\nGSE2,*,drop,mixture\n")
    assert read_overrides(table, {"CL:1", "CL:2"}) == (
        Override("GSE1", "GSM1*", ("CL:1", "CL:2"), "why"),
        Override("GSE2", "*", (), "mixture"),
    )


def test_the_first_row_that_fits_wins() -> None:
    rows = (Override("GSE1", "T cell*", ("CL:1",)), Override("*", "T cells", ("CL:2",)))
    assert first_about(rows, ("gse1",), ("GSM7", "T cells")) is rows[0]
    assert first_about(rows, ("gse2",), ("GSM7", "T cells")) is rows[1]
    assert first_about(rows, ("gse2",), ("GSM7", "")) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("study,sample\n", "the columns are not"),
        (HEAD + "GSE1,,CL:1,\n", "sample is empty"),
        (HEAD + "GSE1,*,,\n", "give ids, or drop"),
        (HEAD + "GSE1,*,CL:9,\n", "CL:9 is no live term"),
        (HEAD + "GSE1,*\n", "has not four columns"),
        (HEAD + "GSE1,*,CL:1,a,b\n", "has not four columns"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_overrides(_write(tmp_path / "o.csv", text), {"CL:1"})


def test_a_missing_table_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        read_overrides(tmp_path / "absent.csv")
