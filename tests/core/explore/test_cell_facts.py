import numpy as np

from core.explore.cell_facts import cell_facts


def test_facts_are_those_of_the_labels_and_scores(answered):
    result = answered.result
    types = tuple(result.type_ids)[::-1]  # any order
    facts = cell_facts(result, types)
    labels = result.labels
    assert facts.names.tolist() == labels["cell_id"].tolist()
    assert [types[code] for code in facts.label] == labels["cell_type_ontology_term_id"].tolist()
    np.testing.assert_allclose(facts.score, labels["confidence"], rtol=1e-6)
    assert facts.is_ambiguous.tolist() == (labels["status"] == "ambiguous").tolist()
    column = {term: place for place, term in enumerate(result.type_ids)}
    for row, term in enumerate(labels["runner_up_ontology_term_id"]):
        if term:
            assert types[facts.runner_up[row]] == term
            assert facts.runner_up_score[row] == result.scores[row, column[term]]
        else:
            assert (facts.runner_up[row], facts.runner_up_score[row]) == (-1, 0)
    assert (facts.runner_up >= 0).any()
