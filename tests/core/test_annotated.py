import copy

import anndata
import numpy as np
import pandas as pd
import pytest

from core.annotated import PREFIX, write_annotated
from core.engine import Engine


@pytest.fixture(scope="module")
def engine(tiny_builds):
    return Engine.open([tiny_builds])


@pytest.fixture(scope="module")
def result(engine, tiny_query, tmp_path_factory):
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("annotated") / "result")


def test_anndata_reads_what_was_written(result, tmp_path):
    write_annotated(result, tmp_path / "x.h5ad")
    data = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert data.shape == (110, len(result.genes))
    assert list(data.obs_names) == list(result.cell_ids)
    assert list(data.var_names) == result.genes
    assert data.obs["donor"].tolist() == result.obs["donor"].tolist()
    for column in ("cell_type", "confidence", "status", "cell_type_ontology_term_id"):
        assert data.obs[PREFIX + column].tolist() == result.labels[column].tolist()
    np.testing.assert_array_equal(data.obsm["X_scquery"], result.embedding)
    np.testing.assert_array_equal(data.X.toarray(), result.expression_of(result.genes, np.arange(110)))
    assert data.uns["scquery"]["bundle"].startswith("planted ")
    assert data.uns["scquery"]["k"] == result.report["k"]


def test_the_files_own_maps_are_carried_along(result, tmp_path):
    with_map = copy.copy(result)
    with_map.own_places = {"X_umap": np.random.default_rng(0).random((110, 2), dtype=np.float32)}
    write_annotated(with_map, tmp_path / "x.h5ad")
    obsm = anndata.read_h5ad(tmp_path / "x.h5ad").obsm
    np.testing.assert_array_equal(obsm["X_umap"], with_map.own_places["X_umap"])
    assert "X_scquery_pca" in obsm


def test_odd_metadata_of_the_user(result, tmp_path):
    odd = copy.copy(result)
    odd.obs = pd.DataFrame({
        "a/b": ["x", None] * 55, "ok": [True, False] * 55, "n": np.arange(110) / 3, PREFIX + "status": "mine", "<é>": ["1", "2"] * 55,
        3: [1, "one"] * 55,
    })  # fmt: skip
    write_annotated(odd, tmp_path / "x.h5ad")
    obs = anndata.read_h5ad(tmp_path / "x.h5ad").obs
    assert obs["a|b"].isna().sum() == 55
    assert obs["ok"].dtype == bool
    assert obs["n"].iloc[2] == pytest.approx(2 / 3)
    assert obs[PREFIX + "status"].tolist() == result.labels["status"].tolist()
    assert obs["<é>"].tolist()[:2] == ["1", "2"]
    assert obs["3"].tolist()[:2] == ["1", "one"]


def test_labels_as_the_page_shows_them(engine, result, tmp_path):
    wide = engine.result(result.folder, threshold=0.9, level=1)
    write_annotated(wide, tmp_path / "x.h5ad")
    data = anndata.read_h5ad(tmp_path / "x.h5ad")
    assert data.obs[PREFIX + "cell_type"].tolist() == wide.labels["cell_type"].tolist()
    assert (data.uns["scquery"]["detail"], data.uns["scquery"]["threshold"]) == (1, 0.9)


def test_a_file_is_never_overwritten(result, tmp_path):
    (tmp_path / "x.h5ad").write_text("mine")
    with pytest.raises(FileExistsError):
        write_annotated(result, tmp_path / "x.h5ad")
    assert (tmp_path / "x.h5ad").read_text() == "mine"
