"""The panels' handlers: filled for the owner, refused for a stranger, quiet before the browser has said what it can draw."""

import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import card_plots, composition, heatmap, ontology, scatter, studies, type_card
from core.errors import JobNotFoundError
from core.result import write_own_places
from tests.components import classes, goes_to, text

B = "type:CL:0000236"


def fill(panel, path, selection=B, detail=None, rows=None):
    match panel:
        case "heatmap":
            return heatmap.update(selection, rows, "5", detail, "light", [440, 340], path)
        case "scatter":
            return scatter.update(
                selection, "raw", "cells", None, detail, "dark", True, False, [350, 320], None, None, path
            )
        case "composition":
            return composition.update(selection, None, detail, "selection", path)
        case "ontology":
            return ontology.update(selection, None, detail, [540, 240], path)
        case _:
            return studies.update(selection, detail, path)


PANELS = ("heatmap", "scatter", "composition", "ontology", "studies")


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_is_filled(panel, finished, as_ann):
    *values, message = fill(panel, finished.url)
    assert message is None
    assert no_update not in [v for v in values if not hasattr(v, "data")]


@pytest.mark.parametrize("panel", PANELS)
def test_a_stranger_gets_nothing(panel, finished, as_bob):
    *values, message = fill(panel, finished.url)
    assert all(value is no_update for value in values)
    assert "There is no such search here." in text(message)


@pytest.mark.parametrize("panel", PANELS)
@pytest.mark.parametrize("detail", ["1", "9", "x", "-1", "999"])
def test_a_panel_shows_wider_types_whatever_the_address_says(panel, detail, finished, as_ann):
    assert fill(panel, finished.url, "type:CL:0000084", detail)[-1] is None


@pytest.mark.parametrize("panel", PANELS)
def test_a_forged_selection_is_a_sentence(panel, finished, as_ann):
    assert "is not a selection" in text(fill(panel, finished.url, "type:<script>")[-1])


@pytest.mark.parametrize("panel", PANELS)
def test_a_selection_of_no_cells_still_draws(panel, finished, as_ann):
    assert fill(panel, finished.url, "type:CL:9999999")[-1] is None


def test_the_heatmap_says_rows_and_clusters(finished, as_ann):
    figure, sub, count, *_, listed, _ = fill("heatmap", finished.url)
    assert len(classes(listed, "button")) == 5
    assert {trace.name for trace in figure.data} >= {"scores", "strip", "row tree"}
    assert text(sub).startswith("110 cells")
    assert count == "5 clusters"


def test_the_selected_cells_can_be_shown_alone(finished, as_ann):
    figure, sub, _, hidden, pressed, listed, _ = fill("heatmap", finished.url, rows="selected")
    assert listed is None  # clusters of the selected cells alone choose nothing
    assert text(sub).startswith("25 cells")
    assert max(figure.data[0].y) == 25
    assert (hidden, pressed) == (False, "true")
    assert fill("heatmap", finished.url)[3:5] == [False, "false"]
    for selection in ("all", "type:CL:9999999"):  # nothing to open
        assert text(fill("heatmap", finished.url, selection, rows="selected")[1]).startswith("110 cells")
        assert fill("heatmap", finished.url, selection, rows="selected")[3:5] == [True, "false"]


def test_the_map_marks_the_selected_cells(finished, as_ann):
    figure, *_ = fill("scatter", finished.url)
    assert sum(len(t.x) for t in figure.data if t.name == "selected") == 25


def test_the_map_without_webgl(finished, as_ann):
    figure, *_ = scatter.update(
        "all", None, None, None, None, "light", False, False, [350, 320], None, None, finished.url
    )
    assert {t["type"] for t in figure["data"]} == {"scatter"}


def test_wider_types_can_be_chosen_without_a_pointer(finished, as_ann):
    drawn, listed, _ = fill("ontology", finished.url)
    wider = [e["data"]["id"] for e in drawn if "path" in e["classes"].split()]
    goes = [goes_to(button) for button in classes(listed, "button")]
    assert goes == [{"sel": f"under:{term}", "type": term} for term in wider]
    assert wider


def test_an_ontology_without_types_says_why():
    view = SimpleNamespace(drawing=SimpleNamespace(nodes=(), edges=()))
    engine = SimpleNamespace(ontology_view=lambda *_, **__: view)
    shown = SimpleNamespace(
        engine=engine, result=SimpleNamespace(n_query=27), mask=None, selection=SimpleNamespace(kind="all")
    )
    drawn, _, message = ontology.draw(shown, (540, 240))
    assert drawn == []
    assert "No cell has a type to show. All 27 resemble nothing" in text(message)


def test_a_cell_on_the_map_tells_its_name_and_scores(finished, as_ann):
    figure, *_ = fill("scatter", finished.url)
    red = next(t for t in figure.data if t.name == "selected")
    name, score, runner_up = red.customdata[0]
    assert name.startswith("AAAC")
    assert 0 <= float(score.split(",")[0]) <= 1
    assert runner_up


def test_the_map_can_be_zoomed_to_the_query(finished, as_ann):
    def drawn(zoom, touch):
        return scatter.update("all", None, zoom, None, None, "light", True, touch, [350, 320], None, None, finished.url)

    (whole, off, *_), (near, on, *_) = drawn(None, touch=False), drawn("cells", touch=True)
    assert (off, on) == ("false", "true")
    width = [figure.layout.xaxis.range[1] - figure.layout.xaxis.range[0] for figure in (whole, near)]
    assert width[1] <= width[0]
    assert whole.layout.uirevision != near.layout.uirevision
    assert (whole.layout.dragmode, near.layout.dragmode) == ("lasso", False)


@pytest.mark.parametrize(
    ("tool", "kept"), [("zoom", "zoom"), ("lasso", "lasso"), (False, False), (None, False), ("<b>", False)]
)
def test_the_tool_in_use_stays(finished, as_ann, tool, kept):
    arguments = ("all", None, None, None, None, "light", True, True, [350, 320], None, tool, finished.url)
    assert scatter.update(*arguments)[0].layout.dragmode == kept


def test_the_files_own_map_has_the_query_alone(finished, as_ann):
    xy = np.random.default_rng(0).random((110, 2), dtype=np.float32)
    write_own_places(finished.folder.result, {"X_umap": xy})

    def drawn(space):
        return scatter.update(
            "all", space, "cells", None, None, "light", True, False, [350, 320], None, None, finished.url
        )

    figure, _, hidden, legend, message = drawn("X_umap")
    assert {t.name for t in figure.data} == {"User Query"}
    assert figure.layout.meta == {"space": "X_umap"}
    assert (hidden, message) == (True, None)
    assert "by type" in text(legend)
    other, _, hidden, *_ = drawn("X_tsne")  # of another file
    assert (other.layout.meta, hidden) == ({"space": "embedding"}, False)


def test_composition_counts_the_selection_or_all(finished, as_ann):
    selected = composition.update(B, None, None, "selection", finished.url)[0]
    everything = composition.update(B, None, None, "all", finished.url)[0]
    assert len(classes(selected, "share-row")) < len(classes(everything, "share-row"))
    assert fill("composition", finished.url)[1][1]["label"] == "All 110"
    file = composition.save(1, B, None, None, finished.url)
    assert file["filename"] == "scquery-composition.csv"
    assert file["content"].startswith("type_id,type_name,n_confident,n_ambiguous,n,share\nCL:0000236,")
    with pytest.raises(PreventUpdate):
        composition.save(None, B, None, None, finished.url)


def test_the_ontology_frames_the_chosen_type(finished, as_ann):
    elements, *_ = fill("ontology", finished.url)
    chosen = [e["data"]["id"] for e in elements if "chosen" in e.get("classes", "")]
    assert chosen == ["CL:0000236"]


def test_studies_say_whose_neighbours_they_hold(finished, as_ann):
    rows, sub, count, _ = fill("studies", finished.url)
    assert len(rows) == 4
    assert sub == "behind the selected cells' 2,500 neighbours"
    assert count.endswith("of 4 studies")
    assert "all cells'" in studies.update("all", None, finished.url)[1]


def test_the_studies_of_the_selected_cells_are_saved(finished, as_ann):
    saved = studies.save(1, B, None, finished.url)
    table = pd.read_csv(io.StringIO(saved["content"]))
    assert table["n_hits"].sum() == 2500
    assert saved["filename"] == "scquery-selected-studies.csv"
    with pytest.raises(PreventUpdate):
        studies.save(0, B, None, finished.url)


def test_a_stranger_saves_no_studies(finished, as_bob):
    with pytest.raises(JobNotFoundError):
        studies.save(1, B, None, finished.url)


def test_panels_wait_for_the_browser(as_ann):
    waiting = [
        (heatmap.update, ("all", None, None, None, None, [1, 1], "/r/x")),
        (heatmap.update, ("all", None, None, None, "light", None, "/r/x")),
        (scatter.update, ("all", None, None, None, None, "light", None, False, [1, 1], None, None, "/r/x")),
        (scatter.update, ("all", None, None, None, None, "light", True, None, [1, 1], None, None, "/r/x")),
        (ontology.update, ("all", None, None, None, "/r/x")),
        (type_card.update, (None, None, "b", "all", None, None, "/r/x")),
        (card_plots.update_volcano, (None, True, "p", "CL:1", None, "/r/x")),
        (card_plots.update_volcano, ("light", None, "p", "CL:1", None, "/r/x")),
        (card_plots.update_genes, (None, "g", "CL:1", None, "all", None, "/r/x")),
        (type_card.save_genes, (None, "CL:1", None, "all", None, "/r/x")),
    ]
    for handler, arguments in waiting:
        with pytest.raises(PreventUpdate):
            handler(*arguments)
