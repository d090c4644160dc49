from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from core.explore.card import type_card
from core.explore.contrast import contrast_of, study_effects
from layouts import card_genes, ids
from tests.components import find, text
from tests.worlds import CD4, B


@pytest.fixture(scope="module")
def card(answered):
    return type_card(answered.bundle, answered.result, CD4, np.ones(answered.result.n_query, dtype=bool), "siblings")


def test_the_section(card):
    page = card_genes.layout(card)
    switch = find(page, ids.CONTRAST_SWITCH)
    assert [entry["value"] for entry in switch.data] == ["others", "siblings"]
    assert switch.value == "siblings"
    assert len(find(page, ids.CARD_TABLE).rowData) == len(card.up) + len(card.down)
    assert "Ranked by" in text(page)


def test_rows_are_up_then_down_by_rank(card):
    rows = card_genes.rows(card)
    changes = [row["log2_fold_change"] for row in rows]
    assert [c > 0 for c in changes] == sorted([c > 0 for c in changes], reverse=True)
    assert rows[0]["gene_symbol"] == card.up["gene_symbol"][0]
    assert {type(row["specific"]) for row in rows} <= {bool, type(None)}
    given = pd.concat([card.up, card.down]).set_index("gene_symbol")["specific"]
    assert [row["specific"] for row in rows] == [
        None if pd.isna(said := given[row["gene_symbol"]]) else said for row in rows
    ]


def test_a_gene_that_was_not_asked_of_other_types_is_neither_specific_nor_not(card):
    up = card.up.assign(specific=pd.array([None, True, *[False] * (len(card.up) - 2)], dtype="boolean"))
    assert [row["specific"] for row in card_genes.rows(replace(card, up=up))][:3] == [None, True, False]


def test_long_lists_are_cut_and_say_so(card):
    many = replace(card, up=pd.concat([card.up] * 60, ignore_index=True))
    assert len(card_genes.rows(many)) == 200 + min(200, len(card.down))
    words = text(card_genes.layout(many))
    assert f"the download has {len(many.up) - 200:,} more" in words


def test_the_line_names_the_background(answered):
    siblings = contrast_of(answered.bundle, CD4, "siblings")
    assert "its sibling types (" in card_genes.line(siblings)
    assert "and 2 more" in card_genes.line(replace(siblings, compared_with=tuple("abcde")))
    assert "other studies" in card_genes.line(replace(siblings, same_study=False))
    assert "Tested as B cell" in card_genes.line(contrast_of(answered.bundle, "CL:0000945"))


def test_every_column_is_defined():
    assert all(column["headerTooltip"] for column in card_genes.columns())


def test_the_gene_of_the_forest_plot(answered):
    view = study_effects(answered.bundle, B, "MS4A1")
    head = card_genes.forest_head(view)
    assert "MS4A1 tested in 3 studies" in text(head)
    assert "I²" in text(head)
    one = replace(view, studies=view.studies.head(1), i2=None)
    assert "one study" in text(card_genes.forest_head(one))
    assert "I²" not in text(card_genes.forest_head(one))
