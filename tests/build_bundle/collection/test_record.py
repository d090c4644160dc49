from pathlib import Path

import pyarrow.parquet as pq
import pytest

from build_bundle.collection.record import read_record
from core.errors import ConfigError
from tests.build_bundle.collection.collection_world import write_collection


def test_every_sample_has_its_kind_and_cells(tmp_path: Path) -> None:
    record = read_record(*write_collection(tmp_path))
    found = {row["sample"]: (row["kind"], row["n_cells"]) for row in record.samples.to_dict("records")}
    assert found == {
        "GSM1": ("usable", 1), "GSM2": ("low_alignment", 1), "GSM3": ("unmapped", 1), "GSM5": ("usable", 250),
        "GSM6": ("no_data", 0), "GSM7": ("usable", 40), "GSM8": ("set_aside", 1),
    }  # fmt: skip
    assert record.studies == {"GSE1", "GSE2"}
    assert (record.threshold, record.measure) == (0.4, "overall")
    assert record.samples.set_index("sample")["month"].to_dict()["GSM1"] == "2016-03"


def test_before_anything_is_counted_data_are_taken_to_be_usable(tmp_path: Path) -> None:
    harvested, labels, _ = write_collection(tmp_path)
    kinds = read_record(harvested, labels).samples.set_index("sample")["kind"].to_dict()
    assert kinds["GSM2"] == kinds["GSM8"] == "usable"
    assert (kinds["GSM3"], kinds["GSM6"]) == ("unmapped", "no_data")
    assert read_record(harvested).samples.set_index("sample")["kind"].to_dict()["GSM3"] == "usable"


def test_a_catalogue_of_an_earlier_version_is_told(tmp_path: Path) -> None:
    harvested, *_ = write_collection(tmp_path)
    path = harvested / "catalogue" / "samples.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["n_cells"]), path)
    with pytest.raises(ConfigError, match=r"samples\.parquet lacks n_cells.* Run harvest again"):
        read_record(harvested)


def test_a_folder_without_its_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Give the folder that harvest wrote"):
        read_record(tmp_path)
    harvested, labels, _ = write_collection(tmp_path)
    with pytest.raises(ConfigError, match="Give the folder that quantify wrote"):
        read_record(harvested, labels, labels)
    with pytest.raises(ConfigError, match="Give the folder that label wrote"):
        read_record(harvested, harvested)
