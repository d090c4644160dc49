from hypothesis import given, settings

from core.ontology.graph import Ontology
from core.ontology.skeleton import MORE, skeleton, spokesman
from tests.core.ontology.drawn_worlds import BLOOD, matched_graphs

ROOMY = {"max_leaves": 99, "max_layers": 2}


def test_the_plainest_of_equal_terms_is_drawn():
    drawn = skeleton(BLOOD, {"CD4": 5, "CD8": 4, "mono": 3}, **ROOMY)
    assert set(drawn.parents) == {"root", "leuko", "tcell", "CD4", "CD8", "mono"}
    assert drawn.parents["CD4"] == ("tcell",)
    assert set(drawn.hidden["tcell", "CD4"]) == {"abt", "mature"}
    assert drawn.main_parent["tcell"] == "leuko"
    assert drawn.leaves == ("mono", "CD4", "CD8") or set(drawn.leaves) == {"mono", "CD4", "CD8"}


def test_detours_are_hidden():
    # "motile" leads to both monocytes and T cells but tells nothing that leukocyte does not.
    drawn = skeleton(BLOOD, {"CD4": 5, "mono": 3, "beta": 2}, **ROOMY)
    assert "motile" not in drawn.parents
    assert drawn.parents["beta"] == ("root",)


def test_long_lines_get_stations_where_the_width_allows():
    narrow = skeleton(BLOOD, {"CD4": 5}, max_leaves=5, max_layers=2)
    assert set(narrow.parents) == {"root", "CD4"}
    wide = skeleton(BLOOD, {"CD4": 5}, max_leaves=5, max_layers=6)
    assert {"leuko", "tcell"} <= set(wide.parents)


def test_stations_lie_on_a_shortest_way():
    edges = [("d", "endocrine"), ("endocrine", "root"), ("d", "x"), ("x", "neuron"), ("neuron", "root")]
    names = {
        "root": "cell",
        "endocrine": "endocrine cell of some gland",
        "neuron": "neuron",
        "x": "x cell",
        "d": "D cell",
    }
    drawn = skeleton(Ontology(names, edges), {"d": 5}, max_leaves=5, max_layers=6)
    assert set(drawn.parents) == {"root", "d"}


def test_rare_leaves_are_folded_into_one_node():
    counts = {"CD4": 50, "CD8": 40, "bcell": 30, "mono": 2, "beta": 1}
    drawn = skeleton(BLOOD, counts, max_leaves=4, max_layers=4)
    assert len(drawn.leaves) == 4
    (node,) = drawn.folded
    assert node.startswith(MORE)
    assert drawn.folded[node] == ("mono", "beta")
    assert drawn.counts[node] == 3
    assert sum(drawn.counts.values()) == sum(counts.values())


def test_a_path_under_a_root_that_is_not_drawn_is_left_out():
    edges = [("x", "a"), ("y", "a"), ("z", "a"), ("x", "path"), ("y", "path"), ("path", "b")]
    two_roots = Ontology({term: term for term in ("a", "b", "path", "x", "y", "z")}, edges)
    drawn = skeleton(two_roots, {"x": 1, "y": 1, "z": 1}, **ROOMY)
    assert set(drawn.parents) == {"a", "x", "y", "z"}


def test_unknown_ids_and_no_types_at_all():
    assert skeleton(BLOOD, {"nothing": 3}, **ROOMY).parents == {}
    assert set(skeleton(BLOOD, {"nothing": 3, "root": 1}, **ROOMY).parents) == {"root"}


def test_a_spokesman_hangs_together_with_what_is_above():
    assert spokesman(BLOOD, ["tcell", "abt", "mature"]) == "tcell"
    assert spokesman(BLOOD, ["motile", "mature"], above=["tcell"]) == "mature"


@settings(deadline=None, max_examples=80)
@given(case=matched_graphs())
def test_every_line_is_true_and_every_type_is_there(case):
    ontology, counts, rows, columns = case
    drawn = skeleton(ontology, counts, max_leaves=rows, max_layers=columns)
    folded = {term for terms in drawn.folded.values() for term in terms}
    assert set(counts) == folded | {term for term in drawn.counts if not term.startswith(MORE)}
    assert sum(drawn.counts.values()) == sum(counts.values())
    assert len(drawn.leaves) <= max(rows, 2)
    seen = set()
    for child, wider in drawn.parents.items():
        assert set(wider) <= seen, "wider before narrower"
        seen.add(child)
        for parent in wider:
            if not child.startswith(MORE):
                assert parent in ontology.ancestors(child)
                hidden = set(drawn.hidden[parent, child])
                assert hidden <= ontology.ancestors(child) & ontology.descendants(parent)
                assert not hidden & set(drawn.parents)
        if wider:
            assert drawn.main_parent[child] in wider
        else:
            assert not ontology.parents(child)


def test_two_roots_stay_apart():
    two = Ontology({"r": "cell", "s": "organ", "a": "neuron", "b": "brain"}, [("a", "r"), ("b", "s")])
    drawn = skeleton(two, {"a": 1, "b": 2}, **ROOMY)
    assert drawn.parents == {"r": (), "s": (), "a": ("r",), "b": ("s",)} or set(drawn.parents) == set("rsab")
