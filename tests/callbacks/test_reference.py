import io

import pandas as pd
import pytest
from dash.exceptions import PreventUpdate

from callbacks import reference
from core.bundle.schema import MODELS, MODELS_BY_TYPE
from tests.components import text

HANDLERS = (reference.months, reference.reads, reference.rates, reference.training, reference.reliability)


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_is_drawn_for_the_reference_of_the_address(handler, theme, as_ann):
    assert len(handler(theme, None, "/reference").data) > 0
    assert handler(theme, "no such reference", "/reference").to_dict() == handler(theme, None, "/reference").to_dict()


@pytest.mark.parametrize("handler", HANDLERS)
def test_nothing_is_drawn_too_early_or_elsewhere(handler, as_ann):
    for theme, path in ((None, "/reference"), ("light", "/"), ("light", None)):
        with pytest.raises(PreventUpdate):
            handler(theme, None, path)


def test_the_table_of_models_is_saved_whole(as_ann):
    saved = reference.save_models(1, None, "/reference")
    table = pd.read_csv(io.StringIO(saved["content"]))
    assert saved["filename"] == "scquery-models.csv"
    assert table.columns.tolist() == [column.name for column in MODELS.columns]
    assert table["model"].tolist() == ["dense 20", "encoder", "pca_100", "logistic_labels"]


def test_the_figures_by_type_are_saved_whole(as_ann):
    saved = reference.save_models_by_type(1, None, "/reference")
    table = pd.read_csv(io.StringIO(saved["content"]))
    assert saved["filename"] == "scquery-models-by-type.csv"
    assert table.columns.tolist() == [column.name for column in MODELS_BY_TYPE.columns]
    assert set(table["reference"]) == {"human", "mouse"}


def test_the_studies_that_are_searched_are_cited(as_ann):
    saved = reference.save_citations(1, None, "/reference")
    used = reference._view(None, "/reference").studies.query("status == 'used'")
    assert saved["filename"] == "scquery-reference.bib"
    assert saved["content"].count("@misc{") == len(used)
    assert saved["content"].startswith("@article{alavi2018")


def test_types_and_their_accuracy_are_saved(as_ann):
    types, accuracy = (
        pd.read_csv(io.StringIO(save(1, None, "/reference")["content"]))
        for save in (reference.save_types, reference.save_accuracy)
    )
    assert types["n_cells"].is_monotonic_decreasing
    assert set(accuracy["type_id"]) <= set(types["type_id"])
    assert accuracy["accuracy"].notna().all()


SAVES = (
    reference.save_models,
    reference.save_models_by_type,
    reference.save_types,
    reference.save_accuracy,
    reference.save_citations,
)


@pytest.mark.parametrize("save", SAVES)
@pytest.mark.parametrize(("n_clicks", "path"), [(None, "/reference"), (0, "/reference"), (1, "/")])
def test_nothing_is_saved_unasked_or_elsewhere(save, n_clicks, path, as_ann):
    with pytest.raises(PreventUpdate):
        save(n_clicks, None, path)


def test_the_reference_that_is_chosen_is_drawn(as_ann):
    words, drawn = reference.draw_models_by_type("mouse", None, "/reference")
    assert "1 type, 3 models." in text(words)
    assert [row["name"] for row in drawn.children.rowData] == ["astrocyte"]
    for unknown in (None, "rat"):
        with pytest.raises(PreventUpdate):
            reference.draw_models_by_type(unknown, None, "/reference")
