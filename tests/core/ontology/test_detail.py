from itertools import pairwise

from hypothesis import given, settings

from core.ontology.detail import SHALLOWEST, levels_of_detail
from core.ontology.graph import Ontology
from core.ontology.similarity import Similarity, similarity_table
from tests.core.ontology.drawn_worlds import BLOOD, matched_graphs


def levels(ontology, types):
    return levels_of_detail(ontology, types, Similarity.from_table(similarity_table(ontology, types)))


def test_relatives_are_joined_under_the_plainest_name():
    finest, first, *_ = levels(BLOOD, ["CD4", "CD8", "bcell", "mono"])
    assert finest == {"CD4": "CD4", "CD8": "CD8", "bcell": "bcell", "mono": "mono"}
    assert first["CD4"] == first["CD8"] == "tcell"
    assert first["mono"] == "mono"


def test_a_type_goes_with_those_it_resembles():
    # By number of types "secretory" is as good a parent for the delta cell as "endocrine"; by likeness it is not.
    terms = ["root", "cell", "neuron", "endocrine", "alpha", "beta", "delta", "pyramidal", "basket"]
    edges = [
        ("cell", "root"), ("neuron", "cell"), ("endocrine", "cell"), ("alpha", "endocrine"), ("beta", "endocrine"),
        ("delta", "endocrine"), ("pyramidal", "neuron"), ("basket", "neuron"), ("far", "neuron"), ("delta", "far"),
    ]  # fmt: skip
    graph = Ontology({t: t for t in [*terms, "far"]}, edges)
    merged = levels(graph, ["alpha", "beta", "delta", "pyramidal", "basket"])[1]
    assert merged["delta"] == merged["alpha"] == "endocrine"
    assert merged["pyramidal"] == "neuron"


def test_one_type_alone_has_one_level():
    assert levels(BLOOD, ["CD4"]) == ({"CD4": "CD4"},)


@settings(max_examples=80)
@given(case=matched_graphs())
def test_levels_are_nested_and_true(case):
    ontology, counts, _, _ = case
    found = levels(ontology, list(counts))
    for level in found:
        assert set(level) == set(counts)
        assert all(wide == t or wide in ontology.ancestors(t) for t, wide in level.items())
        assert all(wide == t or ontology.depth(wide) >= SHALLOWEST for t, wide in level.items())
    for fine, coarse in pairwise(found):
        assert len(set(coarse.values())) < len(set(fine.values()))
        of_group = {}
        for term in counts:
            assert of_group.setdefault(fine[term], coarse[term]) == coarse[term]  # nothing joined is separated again
