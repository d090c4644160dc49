import numpy as np
import pandas as pd
import pytest

from core.explore.card import type_card
from tests.worlds import ALPHA, CD4, CD8, MARKERS, B, T


def of_type(answered, term):
    return (answered.result.labels["cell_type_ontology_term_id"] == term).to_numpy()


def test_card_of_a_matched_type(answered, everything):
    card = type_card(answered.bundle, answered.result, B, everything)
    labels = answered.result.labels
    own = of_type(answered, B) & (labels["status"] != "unknown").to_numpy()
    assert (card.name, card.id) == ("B cell", B)
    assert "B lymphocyte" in card.synonyms
    assert card.parents == (("CL:0000945", "lymphocyte of B lineage"),)
    assert card.url == "https://www.ebi.ac.uk/ols4/ontologies/cl/classes?obo_id=CL:0000236"
    assert card.n_query == card.n_confident + card.n_ambiguous == own.sum()
    assert (card.n_query_total, card.n_selected) == (122, 122)
    assert card.n_reference == (answered.bundle.cells["cell_type_ontology_term_id"] == B).sum()
    assert card.n_studies == 3
    assert card.median_score == pytest.approx(labels.loc[own, "confidence"].median())
    assert set(card.up["gene_symbol"].head(5)) <= set(MARKERS[B])
    assert card.backgrounds[0] == card.contrast.background == "others"
    assert not card.wider
    assert card.studies["n_hits"].sum() == own.sum() * answered.result.neighbor_ids.shape[1]


def test_card_of_a_selection_without_the_type(answered):
    card = type_card(answered.bundle, answered.result, B, of_type(answered, ALPHA))
    assert card.n_query == 0
    assert card.median_score is None
    assert card.n_selected == of_type(answered, ALPHA).sum()


def test_card_of_a_wider_term(answered, everything):
    card = type_card(answered.bundle, answered.result, "CL:0000542", everything)
    assert card.name == "lymphocyte"
    lymphocytes = answered.bundle.cells["cell_type_ontology_term_id"].isin([B, T, CD4, CD8])
    labels = answered.result.labels
    own = labels["cell_type_ontology_term_id"].isin([B, T, CD4, CD8]) & (labels["status"] != "unknown")
    assert card.wider
    assert (card.n_reference, card.n_query) == (lymphocytes.sum(), own.sum())
    assert card.n_studies == answered.bundle.cells.loc[lymphocytes, "study"].nunique()
    assert card.studies["n_hits"].sum() > 0
    assert card.accuracy is None
    assert card.contrast.n_in == 340
    assert not card.up.empty
    assert card.thin == ""


def test_another_background(answered, everything):
    card = type_card(answered.bundle, answered.result, CD4, everything, "siblings")
    assert card.backgrounds == ("others", "siblings")
    assert card.contrast.background == "siblings"
    assert {"CD4", "CD40LG"} <= set(card.up["gene_symbol"])
    assert {"CD8A", "GZMK"} <= set(card.down["gene_symbol"])
    assert "CD3D" not in set(card.up["gene_symbol"]), "both have it"


def test_a_background_that_was_not_tested_is_the_first_that_was(answered, everything):
    assert type_card(answered.bundle, answered.result, CD4, everything, "parent").contrast.background == "others"


def test_thin_type(answered, everything):
    card = type_card(answered.bundle, answered.result, T, everything)
    assert card.thin == "" or card.thin.startswith("The reference is thin here: ")


def test_unknown_terms_have_no_card(answered, everything):
    with pytest.raises(KeyError, match="CL:9999999"):
        type_card(answered.bundle, answered.result, "CL:9999999", everything)


def test_accuracy_prefers_whole_studies(answered, everything):
    row = {"held_out": "all", "model": "encoder", "cell_type_ontology_term_id": B, "metric": "accuracy", "k": 100}
    table = pd.DataFrame(
        [
            {**row, "split": "pair", "value": 0.9, "ci_low": 0.8, "ci_high": 1.0, "n_query": 7},
            {**row, "split": "study", "value": 0.7, "ci_low": None, "ci_high": np.nan, "n_query": 50},
            {**row, "split": "study", "value": 0.1, "ci_low": None, "ci_high": None, "n_query": 50, "model": "raw"},
        ]
    )

    class Judged:
        def __init__(self, table):
            self.table = table

        def __getattr__(self, name):
            return getattr(answered.bundle, name)

        def frame(self, name):
            return self.table

    card = type_card(Judged(table), answered.result, B, everything)
    assert (card.accuracy.value, card.accuracy.low, card.accuracy.high, card.accuracy.split) == (
        0.7,
        None,
        None,
        "study",
    )
    paired = type_card(Judged(table.iloc[:1]), answered.result, B, everything)
    assert (paired.accuracy.low, paired.accuracy.high, paired.accuracy.n_query) == (0.8, 1.0, 7)
