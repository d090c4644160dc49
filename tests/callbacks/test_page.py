import json

import pytest
from dash import html

from callbacks import page
from core.engine import QueryResult
from layouts import ids
from tests.components import find, text
from tests.components import ids as ids_of


def show(
    path,
    bundle=None,
    clusters=None,
    space=None,
    card=None,
    threshold=None,
    detail=None,
    selection=None,
    last=None,
    tab=None,
):
    names = ("main", "rail", "navbar", "chip", "tabs", "upload", "last")
    view = (clusters, space, card, threshold, detail, selection)
    return dict(zip(names, page.show(path, None, bundle, tab, last, *view), strict=True))


def test_the_first_page(as_ann):
    shown = show("/")
    assert "What cells are these?" in text(shown["main"])
    assert shown["rail"] == []
    assert shown["navbar"]["collapsed"]["desktop"]
    assert [text(tab) for tab in shown["tabs"]] == ["Search", "Reference"]
    assert "Planted" in text(shown["chip"])


def test_recent_searches_are_on_the_first_page(finished, as_ann):
    assert "query.h5ad" in text(show("/")["main"])


def test_recent_searches_of_others_are_not(finished, as_bob):
    assert "query.h5ad" not in text(show("/")["main"])


def test_about_the_reference(as_ann):
    shown = show("/reference", last="abc")
    assert "Held-out accuracy by type" in text(shown["main"])
    assert [text(tab) for tab in shown["tabs"]] == ["Results", "Genes", "Compare", "Reference"]


@pytest.mark.parametrize("bundle", [None, "", "no-such", "planted"])
def test_an_unknown_reference_is_the_default(as_ann, bundle):
    assert "Planted" in text(show("/reference", bundle=bundle)["main"])


def test_a_finished_search(finished, as_ann):
    shown = show(finished.url, clusters="12", space="raw", card="CL:0000236", threshold="0.7")
    assert find(shown["main"], ids.CLUSTER_SLIDER).value == 12
    assert find(shown["main"], ids.SPACE_SWITCH).value == "raw"
    assert find(shown["main"], ids.CARD).opened
    assert find(shown["rail"], ids.CONFIDENCE).value == 0.7
    assert shown["last"] == finished.token
    assert shown["upload"].to_plotly_json()["props"]["data-bundle"] == finished.bundle
    assert not shown["navbar"]["collapsed"]["desktop"]


@pytest.mark.parametrize(("tab", "current"), [("genes", "Genes"), (None, "Results"), ("<x>", "Results")])
def test_the_tabs_of_a_result(finished, as_ann, tab, current):
    shown = show(finished.url, tab=tab)
    assert [text(t) for t in shown["tabs"] if "is-current" in t.className] == [current]
    assert (ids.GENE_SEARCH in ids_of(shown["main"])) == (tab == "genes")
    assert ids.SELECTION_BAR in ids_of(shown["main"])


def test_an_unreadable_level_is_the_one_searched_with(finished, as_ann):
    assert find(show(finished.url, threshold="lots")["rail"], ids.CONFIDENCE).value == 0.5


def test_the_detail_slider_starts_where_the_address_says(finished, as_ann):
    slider = find(show(finished.url)["main"], ids.DETAIL_SLIDER)
    assert slider.value == slider.max > 0
    assert find(show(finished.url, detail="1")["main"], ids.DETAIL_SLIDER).value == slider.max - 1
    assert find(show(finished.url, detail="77")["main"], ids.DETAIL_SLIDER).value == 0
    assert find(show(finished.url, detail="-1")["main"], ids.DETAIL_SLIDER).value == slider.max


@pytest.mark.parametrize("tab", [None, "genes"])
def test_the_control_of_own_groups_starts_with_the_selection(finished, as_ann, tab):
    def chosen(selection):
        return find(show(finished.url, selection=selection, tab=tab)["main"], ids.GROUPS).value

    assert chosen("obs:condition=disease") == "obs:condition=disease"
    assert chosen("type:CL:0000236") is None
    assert chosen(None) is None


def test_a_table_of_the_cells_gives_groups_and_is_named_in_the_rail(finished, as_ann):
    cells = QueryResult.open(finished.folder.result).cell_ids
    rows = "".join(f"{cell},{place % 3}\n" for place, cell in enumerate(cells))
    finished.folder.cell_table.write_text(f"cell,batch\n{rows}")
    shown = show(finished.url)
    assert "batch" in [column["group"] for column in find(shown["main"], ids.GROUPS).data]
    assert "Table of your cells: 110 of 110 cells matched, 1 column" in text(shown["rail"])


def test_studies_can_be_left_out(finished, as_ann):
    labels = [entry["label"] for entry in find(show(finished.url)["rail"], ids.LEAVE_OUT).data]
    assert len(labels) == 4
    assert "GSE900001: Planted blood of four donors" in labels
    assert "tanaka2022: Planted blood and islets together" in labels  # it has no accession


def test_a_waiting_search_has_a_clock(queued, as_ann):
    assert ids.POLL in ids_of(show(queued.url)["main"])


def test_a_failed_search_says_why(queued, running, as_ann):
    from core.jobs import JobMessage

    running.fail(JobMessage("scaled", "The values are scaled.", "Upload counts."))
    assert "The values are scaled." in text(show(queued.url)["main"])


def test_a_stranger_reads_that_there_is_nothing(finished, as_bob):
    shown = show(finished.url, last="kept")
    assert "There is no such search here." in text(shown["main"])
    assert shown["rail"] == []
    assert shown["last"] == ""
    assert "query.h5ad" not in text(list(shown.values()))


def test_an_unknown_path(as_ann):
    assert "There is no such page." in text(show("/genes")["main"])


def test_a_search_of_a_reference_that_is_gone_still_has_its_rail(services, tiny_query, as_ann):
    job = services.store.create_from("ann", tiny_query, bundle="gone", filename="old.h5ad", options={})
    shown = show(job.url)
    assert "old.h5ad" in text(shown["rail"])
    assert find(shown["rail"], ids.LEAVE_OUT).data == []


def of_another_reference(report):
    return {**report, "bundle": {**report["bundle"], "bundle_id": "0" * 12}}


def of_another_scquery(report):
    return {**report, "result_version": 0}


def lost(report):
    return None


@pytest.mark.parametrize("tab", ["result", "genes", "compare"])
@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (of_another_reference, "another version of the reference"),
        (of_another_scquery, "another version of scQuery"),
        (lost, "The files of this result are gone"),
    ],
)
def test_a_result_that_cannot_be_drawn_says_so_once_and_can_be_searched_again(finished, as_ann, tab, other, sentence):
    report = finished.folder.result / "report.json"
    changed = other(json.loads(report.read_text()))
    report.write_text(json.dumps(changed)) if changed else report.unlink()
    shown = show(finished.url, tab=tab)
    assert text(shown["main"]).count(sentence) == 1
    assert find(shown["main"], ids.SEARCH_ANEW)
    assert find(shown["rail"], ids.SEARCH_AGAIN)
    assert "query.h5ad" in text(shown["rail"])
    assert shown["last"] == finished.token


def test_warnings_are_there_from_the_start(finished, as_ann, monkeypatch):
    band = [html.Div("thin")]
    asked = []
    monkeypatch.setattr(
        page, "thin_band", lambda engine, result, mask: asked.append((result.level, mask.sum())) or band
    )
    assert text(find(show(finished.url, detail="1")["main"], ids.WARNINGS)) == "thin"
    show(finished.url, selection="nonsense:1")
    assert asked == [(1, 110)]
