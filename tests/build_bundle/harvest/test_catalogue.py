"""The catalogue's tables: types, order, and refusal of what is not whole."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from build_bundle.harvest.catalogue import FILES, FOLDER, RECORD, SAMPLES, TABLES, read_catalogue, write_catalogue
from build_bundle.harvest.records import SampleRow, StudyRecord, StudyRow
from core.errors import SourceError


def study(accession: str, *samples: str, state: str = "kept") -> StudyRecord:
    rows = tuple(SampleRow(name, accession, "geo", is_scrna=True) for name in samples)
    return StudyRecord(StudyRow(accession, "geo", state=state), rows)


def test_columns_have_the_announced_types() -> None:
    assert SAMPLES.field("characteristics").type == pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))
    assert SAMPLES.field("release_date").type == pa.date32()
    assert SAMPLES.field("is_scrna").type == pa.bool_()
    assert FILES.field("bytes").type == pa.int64()
    assert FILES.field("mate").type == pa.int32()
    assert [len(schema) for schema in TABLES.values()] == [14, 35, 16, 14]


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    records = [study("GSE2", "GSM2"), study("GSE10", "GSM3", "GSM1")]
    for folder, order in (("a", records), ("b", records[::-1])):
        write_catalogue(tmp_path / folder, "mouse", order)
    for name in [*(f"{table}.parquet" for table in TABLES), RECORD]:
        assert (tmp_path / "a" / FOLDER / name).read_bytes() == (tmp_path / "b" / FOLDER / name).read_bytes()
    assert list(read_catalogue(tmp_path / "a").samples["sample_accession"]) == ["GSM1", "GSM3", "GSM2"]


def test_a_sample_of_two_studies_stands_once(tmp_path: Path) -> None:
    write_catalogue(
        tmp_path,
        "mouse",
        [study("GSE10", "GSM1"), study("GSE9", "GSM1", "GSM2"), study("GSE8", "GSM2", state="excluded")],
    )
    samples = read_catalogue(tmp_path).samples
    assert samples.set_index("sample_accession")["study_accession"].to_dict() == {"GSM1": "GSE9", "GSM2": "GSE9"}


def test_an_empty_catalogue_is_a_catalogue(tmp_path: Path) -> None:
    assert write_catalogue(tmp_path, "human", []) == {"studies": 0, "samples": 0, "runs": 0, "files": 0}
    assert read_catalogue(tmp_path).organism == "human"


def test_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no whole catalogue"):
        read_catalogue(tmp_path)


@pytest.mark.parametrize("table", TABLES)
def test_a_table_that_is_not_the_one_written_is_refused(tmp_path: Path, table: str) -> None:
    write_catalogue(tmp_path, "mouse", [study("GSE1", "GSM1")])
    path = tmp_path / FOLDER / f"{table}.parquet"
    pq.write_table(pq.read_table(path), path)
    with pytest.raises(SourceError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.code == "catalogue-damaged"
    path.unlink()
    with pytest.raises(SourceError):
        read_catalogue(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    write_catalogue(tmp_path, "mouse", [])
    path = tmp_path / FOLDER / RECORD
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), "schema_version": 99}), encoding="utf-8"
    )
    with pytest.raises(SourceError) as caught:
        read_catalogue(tmp_path)
    assert caught.value.code == "catalogue-version"
