from build_bundle.differential.lineage import Lineage
from tests.worlds import ALPHA, CD4, CD8, MONO, TERMS, TYPES, B, T

EDGES = [(child, parent) for child, (_, parents, _) in TERMS.items() for parent in parents]
MATURE, LYMPHOCYTE, MONONUCLEAR, LEUKOCYTE = "CL:0000791", "CL:0000542", "CL:0000842", "CL:0000738"
LINEAGE = Lineage(TYPES, EDGES)


def test_a_term_unites_itself_and_all_narrower_labels():
    assert LINEAGE.labels_of(T) == {T, CD4, CD8}
    assert LINEAGE.labels_of(MATURE) == {CD4, CD8}
    assert LINEAGE.labels_of(LEUKOCYTE) == set(TYPES) - {ALPHA}
    assert LINEAGE.labels_of("CL:0000163") == {ALPHA}


def test_terms_are_labels_and_the_narrowest_of_those_that_unite_the_same():
    wider = set(LINEAGE.terms) - set(TYPES)
    assert wider == {MATURE, LYMPHOCYTE, MONONUCLEAR}  # not "alpha-beta T cell", "leukocyte", "cell", "endocrine cell"
    assert list(LINEAGE.terms) == sorted(LINEAGE.terms)


def test_a_wider_label_is_neither_other_nor_sibling():
    assert LINEAGE.others(CD4) == {CD8, B, MONO, ALPHA}
    assert LINEAGE.siblings(CD4) == {CD8}
    assert LINEAGE.parent_rest(CD4) == {CD8}
    assert LINEAGE.others(MATURE) == {B, MONO, ALPHA}
    assert LINEAGE.parent_rest(MATURE) == {T, B}
    assert LINEAGE.siblings(MATURE) == {B}


def test_siblings_are_under_the_nearest_ancestor_that_has_any():
    assert LINEAGE.siblings(T) == {B}
    assert LINEAGE.siblings(B) == {T, CD4, CD8}
    assert LINEAGE.siblings(MONO) == {B, T, CD4, CD8}
    assert LINEAGE.siblings(ALPHA) == set(TYPES) - {ALPHA}


def test_several_nearest_ancestors_count_together():
    edges = [("x", "p"), ("y", "p"), ("x", "q"), ("z", "q"), ("p", "top"), ("q", "top"), ("w", "top")]
    lineage = Lineage({"x", "y", "z", "w"}, edges)
    assert lineage.siblings("x") == {"y", "z"}


def test_without_an_ontology_there_are_only_others():
    lineage = Lineage({"a:1", "a:2"}, [])
    assert lineage.terms == ("a:1", "a:2")
    assert lineage.others("a:1") == {"a:2"}
    assert lineage.siblings("a:1") == lineage.parent_rest("a:1") == set()


def test_an_organ_is_no_type_of_cell():
    edges = [("CL:1", "UBERON:9"), ("CL:2", "UBERON:9"), ("CL:3", "CL:8"), ("CL:1", "CL:8")]
    assert set(Lineage({"CL:1", "CL:2", "CL:3"}, edges).terms) == {"CL:1", "CL:2", "CL:3", "CL:8"}
