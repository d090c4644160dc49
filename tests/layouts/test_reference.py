from dataclasses import replace

import pandas as pd
import pytest

from core.explore.reference import reference_view
from layouts import ids, reference
from tests.components import classes, find, text, walk
from tests.components import ids as ids_of


@pytest.fixture(scope="module")
def view(answered):
    return reference_view(answered.bundle)


def built(view):
    return reference.layout(view, bundle="planted", fingerprint="abcd 1234")


def grid_rows(page):
    panel = classes(page, "panel-all-studies")[0]
    return next(p for p in walk(panel) if type(p).__name__ == "AgGrid").rowData


def test_counts_and_fingerprint(view):
    words = text(built(view))
    for part in ("600 cells with a label", "6 types", "300 genes", "abcd 1234", "held-out cells"):
        assert part in words


def test_the_build_report_is_linked(view):
    links = [p.href for p in walk(built(view)) if getattr(p, "href", None)]
    assert "/reference/planted/report.html" in links
    assert find(built(view), ids.REFERENCE)


def test_it_can_be_cited_and_its_licences_found(view):
    page = built(view)
    assert find(page, ids.CITE)
    assert f"#{ids.LICENCES}" in [p.href for p in walk(page) if getattr(p, "href", None)]
    assert find(page, ids.LICENCES).rowData[0]["licence"]


def test_the_long_tables_of_models_are_folded_away_and_explained(view):
    folded = classes(built(view), "compared-models")[0]
    assert not getattr(folded, "open", None)
    assert {ids.ALL_MODELS, ids.MODELS_BY_TYPE} <= set(ids_of(folded))
    assert "MAFP, 0 to 1, says" in text(folded)


def test_every_type_is_listed_with_its_studies(view):
    rows = classes(built(view), "panel-types")[0]
    assert len(classes(rows, "bar-row")) == len(view.types)
    assert "1 thin" in text(rows)


def test_models_are_compared_with_the_one_in_use_first(view):
    panel = classes(built(view), "panel-models")[0]
    rows = [p for p in walk(panel) if type(p).__name__ == "Tr"]
    assert "in use" in text(rows[1])
    assert "PCA, 100 components" in text(panel)


def test_every_figure_stands_under_its_name(view):
    figures = {"accuracy": 0.125, "macro_f1": 0.25, "mafp_weighted": 0.375, "mafp": 0.5}
    table = view.evaluation[(view.evaluation["model"] == "encoder") & (view.evaluation["split"] == "study")].head(1)
    table = pd.concat([table.assign(metric=metric, value=value) for metric, value in figures.items()])
    panel = classes(built(replace(view, evaluation=table)), "panel-models")[0]
    header, row = [p for p in walk(panel) if type(p).__name__ == "Tr"]
    cells = [text(cell)[:5] for cell in row.children[1:5]]
    assert [text(name) for name in header.children] == ["Model", "Cells right", "Macro F1", "MAFP", "MAFP, types", "p"]
    assert cells == ["0.125", "0.250", "0.375", "0.500"]


def test_no_evaluation_is_said(view):
    words = text(built(replace(view, evaluation=view.evaluation.head(0))))
    assert "No model was compared." in words
    assert "held-out" not in text(classes(built(replace(view, evaluation=view.evaluation.head(0))), "stats-strip"))


def test_studies_that_were_set_aside_say_why(view):
    rows = grid_rows(built(view))
    aside = [row for row in rows if row["status"].startswith("set aside")]
    assert len(aside) == 1
    assert aside[0]["status"] != "set aside: "
    assert "1 set aside" in text(built(view))
    assert all(row["licence"] for row in rows)


def test_missing_accessions_and_years(view):
    studies = view.studies.assign(accession=None, pubmed_id=None, year=None)
    row = grid_rows(built(replace(view, studies=studies)))[0]
    assert (row["accession"], row["href"]) == ("no accession", "")


def test_one_year_is_no_span(view):
    studies = view.studies.assign(year=2020)
    assert "studies, " not in text(classes(built(replace(view, studies=studies)), "stats-strip"))


def test_an_interval_is_written_where_there_is_one():
    row = {"value": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    assert text(reference._with_interval(row)) == "0.500 0.40 to 0.60"
    assert text(reference._with_interval({**row, "ci_low": float("nan")})) == "0.500"
    assert text(reference._with_interval(None)) == "–"


def test_an_empty_reference_has_no_bars(view):
    assert not classes(built(replace(view, types=pd.DataFrame(columns=view.types.columns))), "bar-row")


def test_a_share_of_few_held_out_cells_is_no_headline(view):
    few = replace(view, evaluation=view.evaluation.assign(n_query=62))
    words = text(built(few))
    assert "only 62 held-out cells" in words
    assert "right of 62" not in words


def test_the_page_says_how_far_to_trust_a_label(view):
    panel = classes(built(view), "panel-trust")[0]
    assert len(classes(panel, "dot-mark")) == len(view.trust.coverage) > 0


def test_figures_of_few_held_out_cells_are_marked(view):
    few = replace(view, evaluation=view.evaluation.assign(n_query=62))
    page = text(built(few))
    assert page.count("only 62 cells: tells little") == 2
    many = replace(view, evaluation=view.evaluation.assign(n_query=500))
    assert "tells little" not in text(built(many))


def test_a_reference_built_from_matrices_has_no_panels_of_reads(view):
    assert {ids.READS, ids.RATES} <= set(ids_of(built(view)))
    bare = replace(view, reads=view.reads.head(0), rates=view.rates.head(0))
    assert not {ids.READS, ids.RATES} & set(ids_of(built(bare)))


def test_the_training_and_the_study_have_their_panels(view):
    assert {ids.TRAINING, ids.ALL_MODELS} <= set(ids_of(built(view)))
    bare = replace(view, training=view.training.head(0), models=view.models.head(0))
    assert not {ids.TRAINING, ids.ALL_MODELS} & set(ids_of(built(bare)))
