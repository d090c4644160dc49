from __future__ import annotations

import json
import shutil
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from build_bundle.cli import main
from build_bundle.quantify.plan import make_plan
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.quantify.sheet import read_sheet
from tests.build_bundle.quantify.conftest import World


@pytest.fixture
def few(world: World, tmp_path: Path) -> World:
    """Two good cells, one bad one, in a folder of their own."""
    reads = tmp_path / "cells"
    reads.mkdir()
    for name in ("good0", "good2", "bad10"):
        shutil.copy(world.reads / "PLATES" / f"{name}.fastq.gz", reads)
    return World(world.genome, reads, [], world.reference, tmp_path)


def table(out: Path) -> pd.DataFrame:
    return pd.read_parquet(out / "runs.parquet").set_index("sample")


def labels(folder: Path, *labelled: str) -> Path:
    rows = [
        {
            "study_accession": "cells",
            "sample_accession": name,
            "label_term_ids": ["CL:0000236"] if name in labelled else [],
        }
        for name in ("good0", "good2", "bad10")
    ]
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "labels.parquet")
    return folder


def test_cells_without_a_label_are_counted_and_marked(
    few: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(few.arguments(out, "--labels", str(labels(tmp_path / "labels", "good0")), "--quiet")) == 0
    assert "None" not in capsys.readouterr().out.splitlines()  # there is no problem to tell
    assert table(out)["state"].to_dict() == {"bad10": "low_alignment", "good0": "ok", "good2": "unmapped_label"}
    cells = anndata.read_h5ad(out / "cells.h5ad")
    assert cells.obs["state"].to_dict() == {"good0": "ok", "good2": "unmapped_label"}
    steps = {path: path.stat().st_mtime_ns for path in out.rglob("step.json")}
    assert main(few.arguments(out, "--labels", str(labels(tmp_path / "corrected", "good0", "good2")), "--quiet")) == 0
    assert table(out)["state"].to_dict() == {"bad10": "low_alignment", "good0": "ok", "good2": "ok"}
    assert {path: path.stat().st_mtime_ns for path in out.rglob("step.json")} == steps  # nothing was aligned again


def test_what_failed_for_no_fault_of_its_files_is_tried_again(few: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(few.arguments(out, "--timeout", "0.001", "--quiet")) == 0
    assert set(table(out)["reason_code"]) == {"timeout"}
    assert not list(out.glob("*.h5ad"))
    assert main(few.arguments(out, "--quiet")) == 0
    assert table(out)["state"].to_dict() == {"bad10": "low_alignment", "good0": "ok", "good2": "ok"}


def test_new_reads_are_added_to_what_is_done(
    few: World, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(few.arguments(out)) == 0
    for mate in (1, 2):
        shutil.copy(world.reads / "PLATES" / f"good1_{mate}.fastq.gz", few.reads)
    capsys.readouterr()
    assert main(few.arguments(out)) == 0
    said = capsys.readouterr()
    assert said.err.count("finished before") == 3
    assert "4 libraries (3 ok, 1 low_alignment), 3 cells" in said.out


def test_a_group_of_a_plan_is_one_command(few: World, tmp_path: Path) -> None:
    plan = make_plan(read_sheet(few.reads), Reference.open(few.reference), QuantifySettings(), tmp_path / "out")
    (group,) = plan.groups(size=100, threads=2)
    plan.write(tmp_path / "plan.json", [group])
    done = tmp_path / "done" / "group.json"
    arguments = ["quantify-run", "--plan", str(tmp_path / "plan.json"), "--group", group.name, "--done", str(done)]
    assert main([*arguments, "--quiet"]) == 0
    assert json.loads(done.read_text(encoding="utf-8")) == {
        "group": group.name,
        "states": {"low_alignment": 1, "ok": 2},
    }
    assert all(plan.store.find(task, {}) for task in plan.tasks)


@pytest.mark.parametrize(
    "more",
    [
        ("--min-alignment-rate", "1.5"),
        ("--threads", "0"),
        ("--timeout", "-1"),
        ("--expected-cells", "0"),
        ("--labels", "nowhere"),
        ("--gene-names", "nowhere.csv"),
    ],
)
def test_mistakes_are_the_user_s(
    few: World, tmp_path: Path, more: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(few.arguments(tmp_path / "out", *more)) == 2
    assert capsys.readouterr().err.startswith("Error")
    assert not (tmp_path / "out" / "runs.parquet").exists()


@pytest.mark.parametrize("more", [("--jobs", "0"), ("--jobs", "-2"), ("--group-size", "0"), ("--job-threads", "x")])
def test_numbers_of_jobs_are_above_nothing(few: World, tmp_path: Path, more: tuple[str, str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(few.arguments(tmp_path / "out", *more))
    assert caught.value.code == 2


def test_the_file_of_a_study_that_lost_its_cells_goes(few: World, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(few.arguments(out, "--quiet")) == 0
    (out / "mine.h5ad").write_bytes(b"not quantify's")
    assert json.loads((out / "quantify.json").read_text(encoding="utf-8"))["files"] == ["cells.h5ad"]
    assert main(few.arguments(out, "--min-alignment-rate", "1", "--rate", "coding", "--quiet")) == 0
    assert set(table(out)["state"]) == {"low_alignment"}
    assert [path.name for path in out.glob("*.h5ad")] == ["mine.h5ad"]


def test_rpkm_by_aligned_fragments_is_smaller_by_their_share(few: World, tmp_path: Path) -> None:
    for total in ("assigned", "aligned"):
        assert main(few.arguments(tmp_path / total, "--rpkm-total", total, "--quiet", "--min-alignment-rate", "0")) == 0
    one, two = (anndata.read_h5ad(tmp_path / total / "cells.h5ad") for total in ("assigned", "aligned"))
    ratio = one.obs["n_counts"] / one.obs["n_aligned"]
    sums = [np.asarray(cells.layers["rpkm"].sum(axis=1)).ravel() for cells in (one, two)]
    np.testing.assert_allclose(sums[1] / sums[0], ratio, rtol=1e-5)
    assert (
        "align to the genome"
        in json.loads((tmp_path / "aligned" / "quantify.json").read_text(encoding="utf-8"))["rpkm"]
    )
