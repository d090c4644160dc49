import numpy as np
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import genes
from core.result import write_own_places
from tests.components import text


def test_suggestions_know_older_names(finished, as_ann):
    found = genes.suggest("CD20", "box", finished.url)
    assert found == [{"value": "MS4A1", "label": "MS4A1 (CD20)", "typed": "CD20"}]
    assert len(genes.suggest(None, "box", finished.url)) > 5


@pytest.mark.parametrize("typed", ["<script>", 7, ["x"]])
def test_whatever_is_typed(finished, as_ann, typed):
    assert isinstance(genes.suggest(typed, "box", finished.url), list)


def test_a_stranger_gets_no_suggestion(finished, as_bob):
    with pytest.raises(PreventUpdate):
        genes.suggest("MS4A1", "box", finished.url)


def test_the_gene_asked_for(finished, as_ann):
    words, box = genes.update_facts("ENSG00000156738", "type:CL:0000236", None, None, finished.url)
    assert "MS4A1" in text(words)
    assert "of the 25 selected cells" in text(words)
    assert box is no_update, "somebody may be typing"
    assert genes.update_facts("MS4A1", "all", None, "MS4A1", finished.url)[1] is None


def test_without_a_question_a_telling_gene_is_shown(finished, as_ann):
    words, _ = genes.update_facts(None, "type:CL:0000236", None, None, finished.url)
    assert "sets B cells apart" in text(words)


def test_a_gene_nobody_knows(finished, as_ann):
    words, _ = genes.update_facts("<b>", "all", None, None, finished.url)
    assert "no gene named '<b>'" in text(words)
    *_, message = genes.update_types("<b>", "all", None, None, "light", finished.url)
    assert "no gene named" in text(message)


def test_nothing_selected(finished, as_ann):
    words, _ = genes.update_facts(None, "type:CL:9999999", None, None, finished.url)
    assert "No gene is chosen." in text(words)
    _, _, message = genes.update_map(
        None, "query", "type:CL:9999999", None, None, "light", True, False, None, None, finished.url
    )
    assert "No gene is chosen." in text(message)


@pytest.mark.parametrize("side", ["query", "reference", None])
def test_the_map(finished, as_ann, side):
    figure, line, message = genes.update_map(
        "LYZ", side, "all", None, "raw", "light", True, False, None, None, finished.url
    )
    assert {"with", "ground"} <= {trace.name for trace in figure.data}
    assert "LYZ" in line
    assert message is None


def test_the_map_without_webgl(finished, as_ann):
    figure, _, _ = genes.update_map("LYZ", "query", "all", None, None, "light", False, False, None, None, finished.url)
    assert {trace["type"] for trace in figure["data"]} == {"scatter"}


@pytest.mark.parametrize(("side", "drawn_on"), [("query", "X_umap"), ("reference", "embedding")])
def test_the_files_own_map(finished, as_ann, side, drawn_on):
    xy = np.random.default_rng(0).random((110, 2), dtype=np.float32)
    write_own_places(finished.folder.result, {"X_umap": xy})
    figure, *_ = genes.update_map("LYZ", side, "all", None, "X_umap", "light", True, False, None, None, finished.url)
    assert figure.layout.meta == {"space": drawn_on}, "the reference has no place on it"


def test_a_finger_scrolls_past_the_map_until_it_has_a_tool(finished, as_ann):
    modes = [
        genes.update_map("LYZ", side, "all", None, None, "light", True, touch, None, tool, finished.url)[0].layout.dragmode
        for side, touch, tool in (
            ("query", False, None), ("query", True, None), ("query", True, "lasso"), ("reference", False, "lasso"),
        )
    ]  # fmt: skip
    assert modes == ["lasso", False, "lasso", "zoom"]


@pytest.mark.parametrize(("of", "kept"), [("gene map embedding", True), ("gene map raw", False)])
def test_the_zoom_stays_with_another_gene(finished, as_ann, of, kept):
    frame = {"of": of, "x": [0.1, 0.2], "y": [0.3, 0.5]}
    layouts = [
        genes.update_map(gene, "query", "all", None, None, "light", True, False, frame, None, finished.url)[0].layout
        for gene in ("LYZ", "CD3D")
    ]
    assert [(layout.xaxis.range, layout.yaxis.range) == ((0.1, 0.2), (0.3, 0.5)) for layout in layouts] == [kept, kept]


def test_by_type(finished, as_ann):
    graph, line, scale, message = genes.update_types("LYZ", "all", None, None, "dark", finished.url)
    assert graph.figure.layout.height == int(graph.style["height"].removesuffix("px"))
    assert "6 types" in line
    assert "mean log expr. 0" in text(scale)
    assert message is None
