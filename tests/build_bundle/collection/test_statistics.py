from pathlib import Path

import pandas as pd
import pytest

from build_bundle.collection.record import Record, read_record
from build_bundle.collection.statistics import N_INTERVALS, alignment_rates, by_month, reads_by_study
from core.bundle.schema import ALIGNMENT_RATES, COLLECTION, READS_BY_STUDY
from core.bundle.writer import write_table
from tests.build_bundle.collection.collection_world import write_collection


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return read_record(*write_collection(tmp_path))


def test_studies_and_cells_by_month_and_kind(record: Record) -> None:
    others = pd.DataFrame([("2016-03", "usable", 2, 9)], columns=["month", "kind", "n_studies", "n_cells"])
    table = by_month(record, others).set_index(["month", "kind"])
    assert table.loc[("2016-03", "usable")].tolist() == [3, 10]
    assert table.loc[("2016-03", "low_alignment")].tolist() == [1, 1]
    assert table.loc[("", "usable")].tolist() == [1, 290]
    assert by_month(record)["n_cells"].sum() == record.samples["n_cells"].sum()


def test_reads_are_summarised_by_study(record: Record) -> None:
    table = reads_by_study(record).set_index("study")
    assert table.loc["GSE1"].tolist() == ["2016-03", 3, 6000, 1500.0, 2000.0, 2500.0]
    assert table.loc["GSE2", "n_libraries"] == 1


def test_rates_are_counted_in_intervals(record: Record) -> None:
    table = alignment_rates(record)
    assert len(table) == N_INTERVALS
    assert (table["n_kept"].sum(), table["n_below"].sum()) == (3, 1)
    assert table["n_below"].to_numpy()[4] == 1
    assert table["n_kept"].to_numpy()[-1] == 1  # a rate of 1 belongs to the last interval
    assert set(table["threshold"]) == {0.4}


def test_a_collection_without_reads_gives_empty_tables(tmp_path: Path) -> None:
    record = read_record(write_collection(tmp_path)[0])
    assert reads_by_study(record).empty
    assert alignment_rates(record).empty


def test_the_tables_fit_the_bundle(record: Record, tmp_path: Path) -> None:
    out = tmp_path / "bundle"
    out.mkdir()
    for spec, table in (
        (COLLECTION, by_month(record)), (READS_BY_STUDY, reads_by_study(record)), (ALIGNMENT_RATES, alignment_rates(record)),
        (READS_BY_STUDY, reads_by_study(Record(record.samples.head(0)))),
    ):  # fmt: skip
        write_table(out, spec, table)
    assert (out / "alignment_rates.parquet").is_file()
