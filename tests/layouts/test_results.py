import numpy as np
import pytest

from core.explore.own_groups import OwnColumn, OwnGroup
from core.explore.selection import SelectionView
from core.explore.summary import summary
from layouts import ids, results
from tests.components import classes, find, text
from tests.components import ids as ids_of
from tests.contract.every_layout import job

CHOSEN = SelectionView("cluster:5/9", "Cluster 5: 338 of 2,638 cells", "all B cells, median score 1.00", 338, 2638, 3)
ALL = SelectionView("all", "All 2,638 cells", "36 % naive CD4 T cell", 2638, 2638, 2)
B = ("CL:0000236", "B cell")


def built(tmp_path, *, n_clusters=9, **changes):
    start = {"card": False, "types_by_level": (6, 4), "level": 0, "own": (), "selection": "all", **changes}
    return results.frame(job(tmp_path, "done"), [results.panels(n_clusters=n_clusters, space="raw")], **start)


def test_the_answer_is_the_heading(answered):
    view = summary(answered.bundle, answered.result, np.ones(answered.result.n_query, dtype=bool))
    heading, line = results.answer(view)
    assert (heading.children.replace("\u00a0", " "), line.children) == (view.title, view.detail)
    assert " %" not in heading.children
    told = [part.to_plotly_json()["props"]["data-tip"] for part in (heading, line)]
    assert told == [results.TITLE_DEFINITION, results.STATUS_DEFINITION]


def test_the_bar_says_what_is_selected():
    bar = results.selection_bar(CHOSEN, agrees_on=B, thin=False)
    for words in (
        "Cluster 5: 338 of 2,638 cells",
        "all B cells, median score 1.00",
        "3 studies agree",
        "About",
        "Clear",
    ):
        assert words in text(bar)


def test_what_is_selected_and_the_score_are_defined():
    told = classes(results.selection_bar(CHOSEN, agrees_on=B, thin=False), "selection-statement")[0]
    definition = told.to_plotly_json()["props"]["data-tip"]
    assert definition.startswith(
        "Cluster 5: 338 of 2,638 cells. All B cells, median score 1.00. Every panel shows these cells."
    )
    assert "share of its neighbours' weight" in definition


def test_all_cells_need_no_clearing():
    bar = results.selection_bar(ALL, agrees_on=None, thin=False)
    assert ids.CLEAR not in ids_of(bar)
    assert "narrow this down" in text(bar)


def test_a_thin_reference_takes_the_place_of_agreement():
    bar = text(results.selection_bar(CHOSEN, agrees_on=B, thin=True))
    assert "thin reference" in bar
    assert "agree" not in bar


@pytest.mark.parametrize("n_studies", [0, 1])
def test_one_study_agrees_with_nobody(n_studies):
    from dataclasses import replace

    assert "agree" not in text(results.selection_bar(replace(CHOSEN, n_studies=n_studies), agrees_on=B, thin=False))


def test_an_empty_selection_says_so_and_can_be_cleared():
    empty = SelectionView("cluster:5/9", "Cluster 5: 0 of 2,638 cells", "", 0, 2638, 0)
    bar = results.selection_bar(empty, agrees_on=None, thin=False)
    assert "No cell meets this." in text(bar)
    assert ids.CLEAR in ids_of(bar)


def test_an_unreadable_link_can_be_cleared():
    assert ids.CLEAR in ids_of(results.nothing_selected("No."))


def test_the_users_own_groups_are_offered(tmp_path):
    own = (OwnColumn("donor", (OwnGroup("obs:donor=a", "a", 1_200), OwnGroup("obs:donor=b", "b", 1))),)
    select = find(built(tmp_path, own=own), ids.GROUPS)
    items = [item for column in select.data for item in column["items"]]
    assert items == [
        {"value": "obs:donor=a", "label": "donor: a (1,200)"},
        {"value": "obs:donor=b", "label": "donor: b (1)"},
    ]
    assert ids.GROUPS not in ids_of(built(tmp_path))


def test_downloads_are_plain_addresses_of_the_result(tmp_path):
    page = built(tmp_path)
    entries = [p for p in classes_of_menu(page) if getattr(p, "href", None)]
    assert {p.href.rpartition("/")[2] for p in entries} == {file for _, file, _ in results.DOWNLOADS}
    assert all(p.refresh is True for p in entries)
    assert find(page, ids.DOWNLOAD_LABELS_SELECTED).disabled


def classes_of_menu(page):
    from tests.components import walk

    return [p for p in walk(page) if type(p).__name__ == "MenuItem"]


def test_controls_start_where_the_address_says(tmp_path):
    page = built(tmp_path, n_clusters=12, card=True, level=1)
    assert find(page, ids.CLUSTER_SLIDER).value == 12
    assert find(page, ids.SPACE_SWITCH).value == "raw"
    assert find(page, ids.CARD).opened is True
    assert len(classes(page, "panel")) == 5
    assert (find(page, ids.DETAIL_SLIDER).max, find(page, ids.DETAIL_SLIDER).value) == (1, 0)
    assert find(page, ids.DETAIL_VALUE).children == "4 wider types"


def test_a_reference_without_wider_types_has_no_detail_slider(tmp_path):
    page = built(tmp_path, types_by_level=(2,))
    assert classes(page, "detail-tool")[0].hidden


def test_the_selected_cells_have_a_download_of_their_own():
    entry = results.selected_download("tok", "cluster:5/9", 338)
    assert entry == {"href": "/r/tok/labels.csv?sel=cluster%3A5%2F9", "children": "Labels of the 338 selected cells"}
