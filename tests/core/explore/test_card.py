import numpy as np
import pandas as pd
import pytest

from core.explore.card import type_card
from tests.worlds import ALPHA, CD4, CD8, MARKERS, MONO, B, T


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
    assert card.runner_up is None, "all hundred neighbours are B cells"
    assert type_card(answered.bundle, answered.result, CD4, everything).runner_up[0] in (T, CD8)
    assert card.studies["n_hits"].sum() == own.sum() * answered.result.neighbor_ids.shape[1]


def test_evidence_speaks_for_the_planted_type(answered, everything):
    card = type_card(answered.bundle, answered.result, MONO, everything)
    high = [e for e in card.evidence if e.expected_high]
    assert high
    assert len(card.evidence) <= 6
    assert {e.gene for e in high} <= set(MARKERS[MONO])
    assert all(e.as_expected and e.share > 0.4 for e in high)


def test_evidence_that_contradicts_is_said(answered, everything):
    class Empty:
        """The same labels on cells that express nothing."""

        def __getattr__(self, name):
            return getattr(answered.result, name)

        def expression_of(self, genes, rows):
            return np.zeros((len(rows), len(genes)), dtype=np.float32)

    card = type_card(answered.bundle, Empty(), MONO, everything)
    high = [e for e in card.evidence if e.expected_high]
    assert high
    assert not any(e.as_expected for e in high)


def test_card_of_a_selection_without_the_type(answered):
    card = type_card(answered.bundle, answered.result, B, of_type(answered, ALPHA))
    assert card.n_query == 0
    assert card.median_score is None
    assert card.runner_up is None
    assert card.evidence == ()
    assert card.n_selected == of_type(answered, ALPHA).sum()


def test_card_of_a_wider_term(answered, everything):
    card = type_card(answered.bundle, answered.result, "CL:0000542", everything)
    assert card.name == "lymphocyte"
    assert (card.n_reference, card.n_studies, card.n_query) == (0, 0, 0)
    assert card.accuracy is None
    assert card.up.empty
    assert card.thin == ""


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
