import pandas as pd
import pytest

from core.explore.own_table import OwnTable
from layouts import ids, rail
from tests.components import classes, find, text
from tests.components import ids as ids_of
from tests.contract.every_layout import NOW, job

FINDINGS = [
    {"title": "Format", "level": "ok", "text": "AnnData (.h5ad), 2,638 x 16,579, read from X."},
    {"title": "Scale", "level": "ok", "text": "UMI counts: whole numbers. Kept."},
    {
        "title": "Genes",
        "level": "ok",
        "text": "13,751 of 16,579 genes matched, by human gene symbols; 825 of the 1,000.",
    },
    {"title": "Depth", "level": "warning", "text": "Median 804 genes per cell. Close subtypes may stay ambiguous."},
]
FACTS = rail.FileFacts(2638, 16579, FINDINGS)


def built(tmp_path, state="done", facts=FACTS, **changes):
    return rail.layout(job(tmp_path, state, **changes), facts, [("kang", "GSE1: Kang")], threshold=0.5, now=NOW)


def test_the_file_is_named_with_its_size(tmp_path):
    assert "2,638 cells × 16,579 genes, 94 kB" in text(built(tmp_path))
    assert "94 kB" in text(built(tmp_path, facts=rail.FileFacts(None, None, [])))


def test_findings_are_short_here_and_full_in_the_drawer(tmp_path):
    page = built(tmp_path)
    assert [text(row) for row in classes(page, "found")[0].children] == [
        "UMI counts: whole numbers",
        "13,751 of 16,579 genes matched, by human gene symbols",
        "Median 804 genes per cell. Close subtypes may stay ambiguous.",
    ]
    assert "UMI counts: whole numbers. Kept." in text(find(page, ids.CHECK_DRAWER))


def test_without_findings_there_is_no_section(tmp_path):
    assert ids.CHECK_OPEN not in ids_of(built(tmp_path, facts=rail.FileFacts(None, None, [])))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("done", "Done in 4.0 s"),
        ("failed", "Not searched"),
        ("cancelled", "Cancelled"),
        ("running", "Searching"),
        ("queued", "Waiting"),
    ],
)
def test_the_state_is_a_word(tmp_path, state, words):
    shown = rail.status(job(tmp_path, state), NOW)
    assert text(shown).startswith(words)
    assert "Kept for 23 hours more" in text(shown)
    until = classes(shown, "kept")[0].to_plotly_json()["props"]["data-until"]
    assert float(until) == round(job(tmp_path, state).expires_at)


def test_settings_are_those_of_the_search(tmp_path):
    page = built(tmp_path, options={"k": 37, "leave_out": ["kang"], "threshold": 0.7})
    assert find(page, ids.K).value == 37
    assert find(page, ids.K).step == 1
    assert find(page, ids.LEAVE_OUT).value == ["kang"]
    assert find(page, ids.CONFIDENCE_VALUE).to_plotly_json()["props"]["data-made"] == "0.70"


def test_the_button_knows_what_was_searched(tmp_path):
    options = {"k": 37, "leave_out": ["wang", "kang"], "threshold": 0.7}
    made = find(built(tmp_path, options=options), ids.SEARCH_AGAIN).to_plotly_json()["props"]
    assert (made["data-k"], made["data-left-out"]) == ("37", "kang,wang")


def test_an_open_search_cannot_be_changed(tmp_path):
    page = built(tmp_path, "running")
    assert find(page, ids.SEARCH_AGAIN).disabled
    assert find(page, ids.K).disabled
    assert not find(built(tmp_path), ids.SEARCH_AGAIN).disabled


def test_a_large_k_stays_on_the_slider(tmp_path):
    slider = find(built(tmp_path, options={"k": 500}), ids.K)
    assert slider.max == slider.value == 500


def test_a_table_of_the_cells_can_be_brought_to_a_finished_search(tmp_path):
    assert "Add a table of your cells" in text(built(tmp_path))
    assert "Add a table" not in text(built(tmp_path, "running"))
    held = OwnTable(pd.DataFrame({"donor": ["a", None]}), 1, 1)
    page = built(tmp_path, facts=rail.FileFacts(2, 3, [], held))
    assert "Table of your cells: 1 of 2 cells matched, 1 column" in text(page)
    assert "Choose another table" in text(page)
