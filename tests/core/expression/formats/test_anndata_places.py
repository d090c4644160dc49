"""The file's own maps, from the file to the result folder."""

import h5py
import numpy as np
import pytest

from core.engine import Engine
from core.expression.formats import read_matrix
from tests.attacks.answers import answer
from tests.attacks.corpus import COUNTS, N_CELLS, h5ad

XY = np.random.default_rng(0).normal(size=(N_CELLS, 3))


def test_usual_maps_come_first_and_two_columns_are_read(tmp_path):
    with h5ad(tmp_path / "x.h5ad") as f:
        for name in ("X_draw_graph_fa", "X_pca", "X_scVI_umap", "X_tsne", "X_umap"):
            f.create_dataset(f"obsm/{name}", data=XY, chunks=(7, 3), compression="gzip")
    raw = read_matrix(tmp_path / "x.h5ad")
    assert list(raw.matrix.places) == ["X_umap", "X_tsne", "X_draw_graph_fa"]
    np.testing.assert_array_equal(raw.matrix.places["X_umap"], XY[:, :2].astype(np.float32))
    assert any("obsm holds 4 maps; the first 3 were read." in note for note in raw.notes)


def test_a_map_loses_the_cells_that_are_left_out(tmp_path):
    counts = COUNTS.copy()
    counts[[2, 5]] = 0
    with h5ad(tmp_path / "x.h5ad", counts) as f:
        f.create_dataset("obsm/X_umap", data=XY)
    found = answer(tmp_path / "x.h5ad", tmp_path / "work")
    kept = np.setdiff1d(np.arange(N_CELLS), [2, 5])
    np.testing.assert_array_equal(found.matrix.places["X_umap"], XY[kept, :2].astype(np.float32))


@pytest.mark.parametrize("with_map", [True, False])
def test_a_result_keeps_the_maps(tiny_builds, tiny_query, tmp_path, with_map):
    query = tmp_path / "query.h5ad"
    query.write_bytes(tiny_query.read_bytes())
    xy = np.arange(220, dtype=np.float32).reshape(110, 2)
    if with_map:
        with h5py.File(query, "a") as f:
            f["obsm"].create_dataset("X_umap", data=xy)
    engine = Engine.open([tiny_builds])
    engine.annotate(query, out=tmp_path / "result")
    again = engine.result(tmp_path / "result", level=1, threshold=0.9)
    assert {name: places.tolist() for name, places in again.own_places.items()} == (
        {"X_umap": xy.tolist()} if with_map else {}
    )
