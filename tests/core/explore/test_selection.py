import copy

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.explore.heatmap import clusters
from core.explore.selection import MAX_CORNERS, Selection, describe, mask
from tests.worlds import ALPHA, CD4, B, T

TEXTS = [
    "all",
    "cluster:5/9",
    "branch:210",
    "type:CL:0000236",
    "type:CL:0000236+UBERON:0002107",
    "under:CL:0000084",
    "box:embedding:-0.5,1,0,2e-05",
    "lasso:raw:0,0;1,0;0.5,2",
    "rival:CL:0000236",
    "box:X_umap_harmony:-0.5,1,0,2",
    "status:unknown",
    "obs:donor=A%3D1%3A",
]
NONSENSE = [
    "cluster:0/9",
    "cluster:10/9",
    "cluster:5",
    "cluster:a/b",
    "cluster",
    "branch:-1",
    "branch:999999999999",
    "type:B cell",
    "type:",
    "type:CL:1+",
    "under:CL",
    "box:pca:0,1,0,1",
    "lasso:X_umap/../x:0,0;1,0;0.5,2",
    "box:" + "umap" * 20 + ":0,1,0,1",
    "box:raw:0,1,0",
    "box:raw:1,0,0,1",
    "box:raw:nan,1,0,1",
    "box:raw",
    "lasso:raw:0,0;1,1",
    "lasso:raw:0,0;1,1;2",
    "lasso:raw:0,0;1,1;inf,0",
    "lasso:raw:" + ";".join(["0,1"] * 61),
    "status:sure",
    "obs:donor",
    "obs:=1",
    "obs:a=b=c",
    "everything",
    ":",
    "obs:a=" + "x" * 3_000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_go_there_and_back(text):
    assert str(Selection.parse(text)) == text


@pytest.mark.parametrize("text", NONSENSE)
def test_nonsense_is_refused_clearly(text):
    with pytest.raises(InputError) as caught:
        Selection.parse(text)
    assert caught.value.code == "selection"
    assert caught.value.next_step


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        selection = Selection.parse(text)
    except InputError:
        return
    assert Selection.parse(str(selection)) == selection


def test_no_text_is_everything():
    assert Selection.parse("") == Selection()


@settings(deadline=None)
@given(column=st.text(min_size=1, max_size=20), value=st.text(max_size=20))
def test_any_column_and_value_can_be_written(column, value):
    selection = Selection.obs(column, value)
    assert Selection.parse(str(selection)) == selection


def test_ranges_may_come_in_any_order():
    assert str(Selection.box("raw", (2, -1), (0.123456789, 0))) == "box:raw:-1,2,0,0.12346"
    with pytest.raises(InputError):
        Selection.box("raw", (float("nan"), 1), (0, 1))


def test_a_long_outline_is_thinned():
    angles = np.linspace(0, 2 * np.pi, 1_000)
    selection = Selection.lasso("embedding", list(zip(np.cos(angles), np.sin(angles), strict=True)))
    assert 30 <= selection.value.count(";") + 1 <= MAX_CORNERS
    with pytest.raises(InputError):
        Selection.lasso("embedding", [(0, 0), (1, 1)])


def chosen(answered, text):
    return mask(answered.bundle, answered.result, Selection.parse(text))


def test_all(answered):
    assert chosen(answered, "all").all()


def test_clusters_part_the_query(answered):
    parts = [chosen(answered, str(Selection.cluster(i, 4))) for i in range(1, 5)]
    assert (np.sum(parts, axis=0) == 1).all()
    np.testing.assert_array_equal(parts[1], clusters(answered.result, 4) == 2)


def test_a_cluster_is_a_branch(answered):
    arrays = answered.result.heatmap
    top = 2 * len(arrays["row_merges"])
    assert chosen(answered, f"branch:{top}").all()
    halves = [chosen(answered, f"branch:{int(child)}") for child in arrays["row_merges"][-1, :2]]
    assert (halves[0] ^ halves[1]).all()
    assert not chosen(answered, f"branch:{top + 1}").any()


def test_types(answered):
    labels = answered.result.labels
    known = (labels["status"] != "unknown").to_numpy()
    is_b = (labels["cell_type_ontology_term_id"] == B).to_numpy()
    np.testing.assert_array_equal(chosen(answered, f"type:{B}"), known & is_b)
    both = chosen(answered, str(Selection.types([B, ALPHA])))
    np.testing.assert_array_equal(both, chosen(answered, f"type:{B}") | chosen(answered, f"type:{ALPHA}"))
    under = chosen(answered, f"under:{T}")
    assert under.sum() > chosen(answered, f"type:{T}").sum()
    assert (chosen(answered, f"type:{CD4}") <= under).all()
    np.testing.assert_array_equal(chosen(answered, f"under:{T}+{B}"), under | chosen(answered, f"under:{B}"))
    assert not chosen(answered, "type:CL:9999999").any()


def test_boxes_and_outlines(answered):
    xy = answered.result.projection[["pc1", "pc2"]].to_numpy()
    x0, y0 = np.median(xy, axis=0)
    x1, y1 = xy.max(axis=0)
    box = Selection.box("embedding", (x0, x1 + 1), (y0, y1 + 1))
    inside = (xy[:, 0] >= float(f"{x0:.5g}")) & (xy[:, 1] >= float(f"{y0:.5g}"))
    np.testing.assert_array_equal(chosen(answered, str(box)), inside)
    corners = [(x0, y0), (x1 + 1, y0), (x1 + 1, y1 + 1), (x0, y1 + 1)]
    np.testing.assert_array_equal(chosen(answered, str(Selection.lasso("embedding", corners))), inside)
    assert not chosen(answered, "box:raw:1e6,1e7,1e6,1e7").any()


def test_boxes_and_outlines_on_the_files_own_map(answered):
    result = copy.copy(answered.result)
    result.own_places = {"X_umap": np.arange(2 * result.n_query, dtype=np.float32).reshape(-1, 2)}
    chosen = mask(answered.bundle, result, Selection.parse("box:X_umap:-1,5,0,5"))
    assert np.flatnonzero(chosen).tolist() == [0, 1, 2]
    chosen = mask(answered.bundle, result, Selection.parse("lasso:X_umap:-1,-1;9,-1;9,4;-1,4"))
    assert np.flatnonzero(chosen).tolist() == [0, 1]
    for text in ("box:X_tsne:-9,9,-9,9", "lasso:X_tsne:-9,-9;9,-9;9,9"):
        assert not mask(answered.bundle, result, Selection.parse(text)).any(), "the file has no such map"


def test_an_outline_with_a_notch_leaves_the_notch_out(answered):
    from core.explore.selection import _in_lasso

    class Three:
        n_query = 3
        projection = pd.DataFrame({"pc1": [1.0, 2.0, 3.0], "pc2": [2.0, 2.0, 2.0]})

    shape = "embedding:0,0;4,0;4,4;2,1;0,4"
    assert _in_lasso(Three(), shape).tolist() == [True, False, True]


def test_status_and_metadata(answered):
    statuses = [chosen(answered, f"status:{s}") for s in ("confident", "ambiguous", "unknown")]
    assert (np.sum(statuses, axis=0) == 1).all()
    assert statuses[2].sum() >= 6
    column = answered.result.obs["donor"].astype(str)
    value = column.iloc[0]
    np.testing.assert_array_equal(chosen(answered, str(Selection.obs("donor", value))), (column == value).to_numpy())
    assert not chosen(answered, "obs:nothing=1").any()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("all", "All 122 cells"),
        ("cluster:2/4", "Cluster 2: {n} of 122 cells"),
        (f"type:{CD4}", "CD4 T cell: {n} of 122 cells"),
        (f"type:{CD4}+{B}", "2 types: {n} of 122 cells"),
        (f"under:{T}", "T cell and narrower types: {n} of 122 cells"),
        (f"rival:{B}", "Runner-up B cell: {n} of 122 cells"),
        ("status:unknown", "Unknown to the reference: {n} of 122 cells"),
        ("obs:donor=x", "donor = x: {n} of 122 cells"),
        ("box:raw:-9,9,-9,9", "Box on the map: {n} of 122 cells"),
        ("lasso:raw:-9,-9;9,-9;0,9", "Outline on the map: {n} of 122 cells"),
        ("branch:3", "Branch: {n} of 122 cells"),
    ],
)
def test_titles(answered, text, title):
    selection = Selection.parse(text)
    cells = mask(answered.bundle, answered.result, selection)
    view = describe(answered.bundle, answered.result, selection, cells)
    assert view.title == title.format(n=cells.sum())
    assert view.text == text
    assert (view.n_selected, view.n_query) == (cells.sum(), 122)


def test_details(answered):
    selection = Selection.parse(f"type:{ALPHA}")
    view = describe(answered.bundle, answered.result, selection, mask(answered.bundle, answered.result, selection))
    assert view.detail.startswith("all pancreatic A cells, median score ")
    assert view.n_studies >= 1
    nothing = describe(answered.bundle, answered.result, selection, np.zeros(122, dtype=bool))
    assert (nothing.detail, nothing.n_studies, nothing.n_selected) == ("", 0, 0)
    everything = describe(answered.bundle, answered.result, Selection(), np.ones(122, dtype=bool))
    assert " % " in everything.detail
