import numpy as np
import pandas as pd

from core.explore.thin import serious_runner_up, thin_pairs, thin_sentence
from tests.worlds import ALPHA, CD4, CD8, MONO, TYPES, B, T


class Query:
    """Cells labelled `own` whose runner-up `other` scores `score`."""

    def __init__(self, own, other, n, score=0.3, status="confident"):
        self.n_query = n
        self.type_ids = list(TYPES)
        self.scores = np.zeros((n, len(TYPES)), dtype=np.float32)
        if other in TYPES:
            self.scores[:, TYPES.index(other)] = score
        self.labels = pd.DataFrame(
            {"cell_type_ontology_term_id": [own] * n, "runner_up_ontology_term_id": [other] * n, "status": [status] * n}
        )


class Sized:
    """The planted bundle with other numbers of cells."""

    def __init__(self, bundle, **sizes):
        self.terms, self.edges = bundle.terms, bundle.edges
        self.cell_types = bundle.cell_types
        wanted = self.cell_types["cell_type_ontology_term_id"].map(lambda t: sizes.get(t.replace(":", "_"), 500))
        self.cell_types["n_cells"] = wanted


def thin_sentences(bundle, query, mask):
    return tuple(pair.sentence for pair in thin_pairs(bundle, query, mask))


def every(query):
    return np.ones(query.n_query, dtype=bool)


def test_a_thin_pair_is_named_with_its_counts(answered):
    bundle = Sized(answered.bundle, CL_0000236=119, CL_0000576=972)
    for own, other in ((B, MONO), (MONO, B)):
        query = Query(own, other, 20)
        said = "The reference is thin here: 119 B cells against 972 monocytes."
        assert thin_sentences(bundle, query, every(query)) == (said,)
        assert thin_sentence(bundle, query, every(query), B) == said
        assert thin_sentence(bundle, query, every(query), MONO) == said
        assert thin_sentence(bundle, query, every(query), ALPHA) == ""


def test_nothing_is_said_without_reason(answered):
    thin = Sized(answered.bundle, CL_0000236=119, CL_0000576=972)
    for query in (
        Query(B, MONO, 20, score=0.05),
        Query(B, MONO, 3),
        Query(B, MONO, 20, status="unknown"),
        Query(B, "", 20),
        Query(CD4, CD8, 20),
    ):
        assert thin_sentences(thin, query, every(query)) == ()
    query = Query(B, MONO, 20)
    assert thin_sentences(thin, query, ~every(query)) == ()
    balanced = Sized(answered.bundle, CL_0000236=199, CL_0000576=700)
    assert thin_sentences(balanced, query, every(query)) == ()


def test_a_wider_label_is_not_thin(answered):
    bundle = Sized(answered.bundle, CL_0000084=30, CL_0000624=900)
    query = Query(T, CD4, 50)
    assert thin_sentences(bundle, query, every(query)) == ()
    assert thin_sentence(bundle, query, every(query), T) == "The reference is thin here: 30 T cells in all."


def test_one_cell_is_singular(answered):
    bundle = Sized(answered.bundle, CL_0000171=1)
    query = Query(B, CD4, 5)
    assert (
        thin_sentence(bundle, query, every(query), ALPHA) == "The reference is thin here: 1 pancreatic A cell in all."
    )
    rival = Query(B, ALPHA, 9)
    assert thin_sentences(bundle, rival, every(rival)) == (
        "The reference is thin here: 1 pancreatic A cell against 500 B cells.",
    )


def test_a_pair_holds_both_types_and_the_cells_behind(answered):
    bundle = Sized(answered.bundle, CL_0000236=119, CL_0000576=972)
    (pair,) = thin_pairs(bundle, Query(MONO, B, 20), every(Query(MONO, B, 20)))
    assert (pair.few, pair.many, pair.n_behind) == ((B, "B cell", 119), (MONO, "monocyte", 972), 20)
    (pair,) = thin_pairs(bundle, Query(B, MONO, 20), every(Query(B, MONO, 20)))
    assert pair.n_behind == 0, "the type with few cells is their label"


def test_only_serious_runner_ups_count():
    assert serious_runner_up(Query(B, MONO, 2)).tolist() == [MONO, MONO]
    for query in (Query(B, MONO, 2, score=0.1), Query(B, "", 2), Query(B, MONO, 2, status="unknown")):
        assert serious_runner_up(query).tolist() == ["", ""]
