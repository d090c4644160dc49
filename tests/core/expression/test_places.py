import numpy as np
import pytest

from core.expression import places

XY = np.zeros((3, 2), dtype=np.float32)


@pytest.mark.parametrize(
    "name", ["X_umap", "X_tsne", "umap", "X_umap_harmony", "X_scVI_umap", "t-SNE", "X_draw_graph_fa", "UMAP_1.2"]
)
def test_names_of_maps(name):
    assert places.is_own_map(name)


@pytest.mark.parametrize(
    "name",
    ["", "X_pca", "X_scVI", "X_umap/..", "X_umap:1", "X_umap;", "X umap", "<umap>", "umap\n", "é_umap", "umap" * 16],
)
def test_names_that_are_none_of_a_map(name):
    assert not places.is_own_map(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("X_umap", "UMAP"),
        ("X_TSNE", "t-SNE"),
        ("X_umap_harmony", "UMAP harmony"),
        ("X_scVI_umap", "UMAP scVI"),
        ("X_pca", "X_pca"),
    ],
)
def test_names_as_they_are_spoken(name, words):
    assert places.spoken(name) == words


@pytest.mark.parametrize(
    ("name", "xy"),
    [
        ("X_pca", XY),
        ("X_umap", XY[:2]),
        ("X_umap", XY.astype(float)),
        ("X_umap", XY * np.nan),
        ("X_umap", np.zeros((3, 3), np.float32)),
    ],
)
def test_what_the_reading_process_says_is_checked(name, xy):
    assert places.checked({"X_umap": XY}, 3) == {"X_umap": XY}
    with pytest.raises(ValueError, match="maps are wrong"):
        places.checked({name: xy}, 3)
