import copy

import numpy as np
import pandas as pd
import pytest

from core.explore.projection import MAX_REFERENCE_POINTS, Loadings, even_rows, fit_projection, project, projection


def exact(rows, n=2):
    centred = rows.astype(np.float64) - rows.mean(axis=0)
    _, s, v = np.linalg.svd(centred, full_matrices=False)
    return v[:n], (s**2 / (s**2).sum())[:n]


@pytest.mark.parametrize("n_features", [7, 250])
def test_axes_are_the_principal_ones_whatever_the_batches(n_features):
    rng = np.random.default_rng(0)
    scale = np.linspace(3, 0.1, n_features)
    rows = (rng.standard_normal((600, n_features)) * scale + 40).astype(np.float32)
    found = fit_projection(iter([rows[:1], rows[1:500], rows[:0], rows[500:]]))
    axes, shares = exact(rows)
    np.testing.assert_allclose(np.abs((found.components * axes).sum(axis=1)), 1, atol=1e-4)
    np.testing.assert_allclose(found.explained, shares, rtol=1e-3)
    np.testing.assert_allclose(found.mean, rows.mean(axis=0), atol=1e-4)
    largest = np.take_along_axis(found.components, np.abs(found.components).argmax(axis=1)[:, None], axis=1)
    assert (largest > 0).all()
    centred = rows - rows.mean(axis=0)
    np.testing.assert_allclose(found.place(rows), centred @ found.components.T, atol=2e-3)


def test_missing_axes_are_zero():
    one = fit_projection([np.float32([[1.0], [3.0]])])
    assert one.components.tolist() == [[1.0], [0.0]]
    assert one.explained.tolist() == [1.0, 0.0]
    same = fit_projection([np.ones((3, 300), dtype=np.float32)])
    assert same.explained.tolist() == [0.0, 0.0]
    assert np.isfinite(same.components).all()


def test_no_rows_have_no_axes():
    with pytest.raises(ValueError, match="at least one row"):
        fit_projection([np.empty((0, 4), dtype=np.float32)])


def test_tensors_go_there_and_back_and_place_a_query():
    rng = np.random.default_rng(1)
    embedding, inputs = rng.random((30, 5), dtype=np.float32), rng.random((30, 9), dtype=np.float32)
    tensors = {**fit_projection([embedding]).tensors("embedding"), **fit_projection([inputs]).tensors("raw")}
    placed = project(tensors, embedding, Loadings.of(tensors, "raw").place(inputs))
    assert list(placed.columns) == ["pc1", "pc2", "raw_pc1", "raw_pc2"]
    np.testing.assert_allclose(placed[["raw_pc1", "raw_pc2"]], Loadings.of(tensors, "raw").place(inputs), atol=1e-6)
    empty = project(tensors, embedding[:0], np.zeros((0, 2), np.float32))
    pd.testing.assert_index_equal(empty.columns, placed.columns)
    assert len(empty) == 0


@pytest.mark.parametrize("space", ["embedding", "raw"])
def test_view(answered, space):
    view = projection(answered.bundle, answered.result, space)
    cells = answered.bundle.cells
    assert view.n_reference == len(view.reference_xy) == len(cells)
    types = np.array(view.type_ids)[view.reference_type]
    assert types.tolist() == cells["cell_type_ontology_term_id"].tolist()
    accession = answered.bundle.studies.set_index("study")["accession"].fillna("no accession")
    assert np.array(view.accessions)[view.reference_study].tolist() == accession[cells["study"]].tolist()
    assert "no accession" in view.accessions
    assert view.query_xy.shape == (answered.result.n_query, 2)
    unknown = (answered.result.labels["status"] == "unknown").to_numpy()
    assert ((view.query_type == -1) == unknown).all()
    first = types == view.type_ids[0]
    np.testing.assert_allclose(view.type_xy[0], np.median(view.reference_xy[first], axis=0), rtol=1e-6)
    assert 0 < view.explained_variance[1] <= view.explained_variance[0] < 1


def test_the_files_own_map_has_the_query_alone(answered):
    result = copy.copy(answered.result)
    xy = np.random.default_rng(0).random((result.n_query, 2), dtype=np.float32)
    result.own_places = {"X_umap": xy}
    view = projection(answered.bundle, result, "X_umap")
    assert view.space == "X_umap"
    assert len(view.reference_xy) == len(view.reference_type) == 0
    np.testing.assert_array_equal(view.query_xy, xy)
    assert view.explained_variance is None
    assert np.isnan(view.type_xy).all()
    own = view.query_type == 0
    np.testing.assert_allclose(view.query_type_xy[0], np.median(xy[own], axis=0), rtol=1e-6)
    assert projection(answered.bundle, result, "X_tsne").space == "embedding", "it is not in the file"


def test_even_rows_keep_small_groups_whole():
    codes = np.repeat([0, 1, 2], [1_000, 5, 200])
    rows = even_rows(codes, 100)
    assert len(rows) == 100
    assert (np.diff(rows) > 0).all()
    counts = np.bincount(codes[rows])
    assert counts[1] == 5
    assert abs(int(counts[0]) - int(counts[2])) <= 1
    assert even_rows(codes, 5_000).tolist() == list(range(1_205))
    np.testing.assert_array_equal(rows, even_rows(codes, 100))


def test_a_large_reference_is_thinned():
    assert len(even_rows(np.arange(50_000) % 7, MAX_REFERENCE_POINTS)) == MAX_REFERENCE_POINTS
