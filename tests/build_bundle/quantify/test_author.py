from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from build_bundle.cli import main
from build_bundle.quantify.author import AuthorMatrix, AuthorStudy, quantify_authors
from core.expression.genes import GeneNames
from tests.build_bundle.quantify.conftest import World

SYMBOLS = [f"Syn{i:03d}" for i in range(160)]
NAMES = GeneNames.from_lists(SYMBOLS, [()] * 160, [(str(10_000 + i),) for i in range(160)], [()] * 160)


def table(path: Path, columns: list[str], genes: list[str], *, seed: int = 0, log: bool = False) -> pd.DataFrame:
    """Write an authors' table, genes x cells: whole numbers, or log2(CPM + 1)."""
    counts = np.random.default_rng(seed).poisson(
        np.random.default_rng(1).lognormal(1, 1.5, len(genes)), (len(columns), len(genes))
    )
    values = np.log2(1e6 * counts / counts.sum(axis=1, keepdims=True) + 1).round(5) if log else counts
    frame = pd.DataFrame(values.T, index=genes, columns=columns)
    frame.to_csv(path)
    return frame


def study(*matrices: AuthorMatrix) -> AuthorStudy:
    return AuthorStudy("GSE1", "mouse", matrices, {f"cell {i}": f"GSM{i}" for i in range(30)})


def test_gaps_are_filled_and_poor_matrices_set_aside(tmp_path: Path) -> None:
    cells = [f"Cell {i}" for i in range(12)]
    table(tmp_path / "most.csv", cells, SYMBOLS[:130], seed=1)  # 19 % missing
    table(tmp_path / "half.csv", ["x1", "x2", "x3"], SYMBOLS[:110], seed=2)  # 31 % missing
    out = tmp_path / "out"
    out.mkdir()
    matrices = (AuthorMatrix(tmp_path / "most.csv"), AuthorMatrix(tmp_path / "half.csv", "GSM99"))
    facts = quantify_authors(study(*matrices), SYMBOLS, NAMES, out)
    assert (facts["reason"], facts["n_cells"], facts["n_set_aside"]) == ("", 12, 3)
    assert facts["n_imputed"] == 12 * 30
    assert facts["units"] == ["counts"]
    assert pd.read_parquet(out / "cells.parquet")["sample"].tolist() == [f"GSM{i}" for i in range(12)]
    assert pd.read_parquet(out / "genes.parquet")["n_imputed"].tolist() == [0] * 130 + [12] * 30


def test_ids_are_named_and_logarithms_undone(tmp_path: Path) -> None:
    table(tmp_path / "log.csv", [f"c{i}" for i in range(12)], [str(10_159 - i) for i in range(160)], log=True)
    out = tmp_path / "out"
    out.mkdir()
    facts = quantify_authors(study(AuthorMatrix(tmp_path / "log.csv")), SYMBOLS, NAMES, out)
    assert facts["units"] == ["log2"]
    data, indptr = np.load(out / "data.npy"), np.load(out / "indptr.npy")
    sums = [data[a:b].sum() for a, b in pairwise(indptr)]
    np.testing.assert_allclose(sums, 1e6, rtol=1e-3)


@pytest.mark.parametrize("kind", ["unreadable", "units", "poor"])
def test_what_cannot_be_used_has_a_reason(tmp_path: Path, kind: str) -> None:
    matrices = [AuthorMatrix(tmp_path / "a.csv")]
    if kind == "unreadable":
        (tmp_path / "a.csv").write_text("<html>not here</html>", encoding="utf-8")
    elif kind == "units":
        table(tmp_path / "a.csv", [f"a{i}" for i in range(9)], SYMBOLS)
        table(tmp_path / "b.csv", [f"b{i}" for i in range(9)], SYMBOLS, log=True)
        matrices.append(AuthorMatrix(tmp_path / "b.csv"))
    else:
        table(tmp_path / "a.csv", [f"a{i}" for i in range(9)], SYMBOLS[:110])
    out = tmp_path / "out"
    out.mkdir()
    facts = quantify_authors(study(*matrices), SYMBOLS, NAMES, out)
    words = {"unreadable": "can be read", "units": "different units", "poor": "25 %"}
    assert words[kind] in facts["reason"]
    assert facts["n_cells"] == 0
    assert not list(out.glob("scratch*"))


def test_an_unknown_organism_is_asked_for(tmp_path: Path) -> None:
    table(tmp_path / "a.csv", [f"a{i}" for i in range(9)], SYMBOLS)
    facts = quantify_authors(AuthorStudy("S", "", (AuthorMatrix(tmp_path / "a.csv"),)), SYMBOLS, NAMES, tmp_path)
    assert "--organism" in facts["reason"]


def test_the_command_line_writes_them_beside_counted_cells(world: World, tmp_path: Path) -> None:
    reads = tmp_path / "reads"
    reads.mkdir()
    table(reads / "values.csv", ["gsm0", "gsm1", "other"], SYMBOLS[:140])
    (reads / "broken.csv").write_text("nothing", encoding="utf-8")
    rows = [
        "sample,study,matrix",
        "GSM0,GSE1,values.csv",
        "GSM1,GSE1,values.csv",
        "GSM2,GSE1,values.csv",
        "GSM9,GSE2,broken.csv",
        "GSM8,GSE2,",
    ]
    (reads / "runs.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "out"
    arguments = ["--reads", str(reads), "--reference", str(world.reference), "--out", str(out), "--organism", "mouse"]
    assert main(["quantify", *arguments, "--quiet"]) == 0
    runs = pd.read_parquet(out / "runs.parquet").set_index("sample")
    assert runs["state"].to_dict() == {
        "GSM0": "author_only",
        "GSM1": "author_only",
        "GSM2": "author_only",
        "GSM9": "author_only",
        "GSM8": "no_raw",
    }
    assert runs["n_cells"].to_dict() == {"GSM0": 1, "GSM1": 1, "GSM2": 0, "GSM9": 0, "GSM8": 0}
    assert runs["reason_code"].to_dict() == {
        "GSM0": "author_only",
        "GSM1": "author_only",
        "GSM2": "author_no_cell",
        "GSM9": "author_refused",
        "GSM8": "no_raw",
    }
    cells = anndata.read_h5ad(out / "GSE1.author.h5ad")
    assert cells.obs["sample"].tolist() == ["GSM0", "GSM1", ""]
    assert cells.var["n_imputed"].tolist() == [0] * 140 + [3] * 20
    assert cells.uns["unit"] == "counts"
    assert json.loads(cells.uns["findings"])["values.csv"]
    assert not (out / "GSE2.author.h5ad").exists()
