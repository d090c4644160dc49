"""Graphs to draw: a small blood ontology by hand, and random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from core.ontology.graph import Ontology

BLOOD = Ontology(
    {
        "root": "cell",
        "motile": "motile cell",
        "leuko": "leukocyte",
        "lympho": "lymphocyte",
        "tcell": "T cell",
        "abt": "alpha-beta T cell",
        "mature": "mature alpha-beta T cell",
        "CD4": "CD4-positive, alpha-beta T cell",
        "CD8": "CD8-positive, alpha-beta T cell",
        "bcell": "B cell",
        "mono": "monocyte",
        "beta": "type B pancreatic cell",
    },
    [
        ("motile", "root"), ("leuko", "root"), ("leuko", "motile"), ("lympho", "leuko"), ("tcell", "lympho"), ("abt", "tcell"),
        ("mature", "abt"), ("CD4", "mature"), ("CD8", "mature"), ("bcell", "lympho"), ("mono", "leuko"), ("beta", "root"),
    ],
)  # fmt: skip

WORDS = (
    "cell",
    "T cell",
    "neuron",
    "pancreatic",
    "naive",
    "CD4-positive, alpha-beta",
    "of the cerebral cortex",
    "Mmus",
)


@st.composite
def matched_graphs(draw: st.DrawFn) -> tuple[Ontology, dict[str, int], int, int]:
    """A random acyclic graph with names, counts of matched types, and rows and columns at hand."""
    n = draw(st.integers(1, 40))
    edges = [
        (f"t{child}", f"t{parent}")
        for child in range(1, n)
        for parent in draw(st.sets(st.integers(0, child - 1), max_size=3))
    ]
    names = {
        f"t{i}": " ".join(draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4))) + f" {i}" for i in range(n)
    }
    matched = draw(st.sets(st.integers(0, n - 1), min_size=1, max_size=18))
    counts = {f"t{i}": draw(st.integers(1, 100_000)) for i in sorted(matched)}
    return Ontology(names, edges), counts, draw(st.integers(2, 12)), draw(st.integers(1, 9))
