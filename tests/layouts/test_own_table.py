import pandas as pd
import pytest

from core.explore.own_table import OwnTable
from layouts import ids, own_table
from tests.components import find, text
from tests.components import ids as ids_of

HELD = OwnTable(pd.DataFrame({"donor": ["a", None], "condition": ["x", "y"]}), 2, 2)


def attributes(part):
    return part.to_plotly_json()["props"]


def test_the_button_says_what_a_table_looks_like():
    button = own_table.button()
    assert text(button) == "Add a table of your cells"
    assert attributes(button)["data-cell-table"] == "choose"
    assert "CSV or TSV with a header" in attributes(button)["data-tip"]
    assert text(own_table.button(again=True)) == "Choose another table of your cells"


def test_a_table_is_told_in_numbers():
    page = own_table.layout(HELD)
    assert text(find(page, ids.CELL_TABLE_TOLD)) == "Table of your cells: 2 of 2 cells matched, 2 columns"
    assert ids.CELL_TABLE_STATE in ids_of(page)
    assert own_table.told(None) == []


def test_rows_of_cells_that_were_not_drawn_are_told_apart():
    drawn = OwnTable(HELD.obs, 5, 2, n_not_drawn=3)
    matched = "Table of your cells: 2 of 2 cells matched, 2 columns. "
    assert own_table.facts(drawn) == matched + "3 more rows; 3 cells of the file were not drawn."
    assert own_table.facts(OwnTable(HELD.obs, 3, 2)) == matched + "1 more row names no cell of this result."


def test_endings_that_were_disregarded_are_told():
    table = OwnTable(HELD.obs[["donor"]], 1, 1, matched_without_suffix=True)
    assert own_table.facts(table).endswith("1 of 2 cells matched, 1 column, by names without their ending (-1)")


def test_a_refusal_stands_below_the_table_before():
    before, refusal = own_table.told(HELD, {"name": "my.csv", "refused": "This file is not text.", "at": 1})
    assert "matched" in text(before)
    assert text(refusal) == "my.csv: This file is not text."
    assert refusal.role == "alert"


@pytest.mark.parametrize("news", [None, {}, [], "x", {"name": 3, "refused": "x"}, {"name": "a", "refused": ""}])
def test_other_news_is_none(news):
    assert own_table.told(None, news) == []


def test_whatever_the_page_says_is_short():
    assert len(text(own_table.told(None, {"name": "x" * 900, "refused": "<b>" * 900}))) < 500
