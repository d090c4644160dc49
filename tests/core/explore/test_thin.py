import numpy as np
import pandas as pd

from core.explore.thin import thin_sentence, thin_sentences
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
