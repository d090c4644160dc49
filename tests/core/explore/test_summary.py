import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.explore.summary import ontology_tops, summary
from tests.worlds import ALPHA, CD4, CD8, MONO, TYPES, B, T

CELL = "CL:0000000"


class Labels:
    """A query of which only labels are looked at: (type, status, parent, n)."""

    def __init__(self, *groups):
        rows = [(term, status, parent) for term, status, parent, n in groups for _ in range(n)]
        columns = ["cell_type_ontology_term_id", "status", "parent_ontology_term_id"]
        self.labels = pd.DataFrame(rows, columns=columns, dtype=object)
        self.labels["runner_up_ontology_term_id"] = ""
        self.n_query = len(rows)
        self.type_ids = list(TYPES)
        self.scores = np.zeros((len(rows), len(TYPES)), dtype=np.float32)


def say(answered, *groups):
    query = Labels(*groups)
    return summary(answered.bundle, query, np.ones(query.n_query, dtype=bool))


@pytest.mark.parametrize(
    ("groups", "title"),
    [
        ([], "No cells selected"),
        ([(B, "confident", "", 9)], "All B cells"),
        ([(B, "confident", "", 9), (MONO, "confident", "", 1)], "Mostly B cells (90 %) and monocytes (10 %)"),
        (
            [
                (CD4, "confident", "", 40),
                (CD8, "confident", "", 15),
                (MONO, "confident", "", 25),
                (B, "confident", "", 12),
                (ALPHA, "confident", "", 8),
            ],
            "Mostly T cells (55 %), monocytes (25 %) and B cells (12 %)",
        ),
        (
            [
                (CD4, "confident", "", 40),
                (CD4, "ambiguous", T, 30),
                (CD8, "confident", "", 10),
                (B, "ambiguous", "CL:0000738", 20),
            ],
            "Mostly CD4 T cells (40 %) and CD8 T cells (10 %)",
        ),
        (
            [(CD4, "unknown", "", 6), (B, "confident", "", 4)],
            "Mostly cells that resemble nothing in the reference (60 %)",
        ),
        ([(CD4, "ambiguous", T, 9), (CD4, "unknown", "", 1)], "Mostly T cells (90 %)"),
        ([(CD4, "ambiguous", T, 7), (B, "confident", "", 3)], "Mostly T cells (70 %) and B cells (30 %)"),
        ([(CD4, "ambiguous", T, 7), (CD8, "confident", "", 3)], "All T cells"),
        ([(CD4, "ambiguous", T, 3), (CD8, "confident", "", 7)], "Mostly CD8 T cells (70 %)"),
        ([(CD4, "ambiguous", CELL, 9), (CD4, "unknown", "", 1)], "No sure type: 90 % of the cells are ambiguous"),
        ([(CD4, "unknown", "", 9)], "No cell resembles the reference"),
        (
            [(CD4, "unknown", "", 8), (B, "confident", "", 2)],
            "Mostly cells that resemble nothing in the reference (80 %)",
        ),
        ([(CD4, "ambiguous", CELL, 7), (B, "confident", "", 3)], "B cells (30 %); most cells are ambiguous"),
        (
            [(CD4, "ambiguous", CELL, 5), (CD4, "unknown", "", 2), (B, "confident", "", 3)],
            "B cells (30 %); most cells are ambiguous or unknown",
        ),
    ],
)
def test_titles(answered, groups, title):
    assert say(answered, *groups).title == title


def test_ambiguous_cells_count_for_a_group_that_holds_their_parent(answered):
    view = say(
        answered,
        (CD4, "confident", "", 30),
        (CD8, "confident", "", 10),
        (CD4, "ambiguous", T, 10),
        (CD4, "ambiguous", "CL:0000738", 5),
        (MONO, "confident", "", 20),
        (B, "confident", "", 15),
        (ALPHA, "confident", "", 10),
    )
    groups = {group.name: group for group in view.groups}
    assert groups["T cell"].n == 50
    assert set(groups["T cell"].types) == {CD4, CD8}
    assert sum(group.n for group in view.groups) == 95


def test_detail(answered):
    view = say(answered, (B, "confident", "", 8), (CD4, "ambiguous", T, 1), (MONO, "unknown", "", 1))
    assert view.detail == (
        "10 cells. 80 % have a confident type, all the same; 1 is ambiguous and counts as T cell; "
        "1 resembles nothing in the reference."
    )
    two = say(answered, (CD4, "ambiguous", T, 2), (MONO, "ambiguous", "CL:0000738", 1)).detail
    assert "3 are ambiguous and count as T cells or leukocytes" in two
    assert say(answered, (B, "confident", "", 1)).detail == "1 cell. 100 % have a confident type, all the same."
    nothing = say(answered, (B, "unknown", "", 300)).detail
    assert nothing == "300 cells. None has a confident type; 300 resemble nothing in the reference."
    several = say(answered, (B, "confident", "", 3), (CD4, "confident", "", 1)).detail
    assert several == "4 cells. 100 % have a confident type, 2 in all."
    assert say(answered).detail == ""


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(
        st.tuples(
            st.sampled_from(TYPES),
            st.sampled_from(["confident", "ambiguous", "unknown"]),
            st.sampled_from(["", T, "CL:0000738"]),
            st.integers(1, 40),
        ),
        max_size=12,
    )
)
def test_never_claims_more_than_the_status_says(answered, counts):
    view = say(answered, *counts)
    assert view.n_confident + view.n_ambiguous + view.n_unknown == view.n_cells
    assert sum(group.n for group in view.groups) <= view.n_confident + view.n_ambiguous
    assert sum(group.n for group in view.groups) >= view.n_confident
    types = [term for group in view.groups for term in group.types]
    assert len(types) == len(set(types)) == view.n_types
    assert [group.n for group in view.groups] == sorted((group.n for group in view.groups), reverse=True)


def test_types_that_the_ontology_lacks_stand_for_themselves(answered):
    view = say(answered, ("XX:1", "confident", "", 3), (B, "confident", "", 1))
    assert view.title == "Mostly XX:1s (75 %) and B cells (25 %)"


def test_tops(answered):
    from core.ontology.graph import Ontology

    ontology = Ontology.from_tables(answered.bundle.terms, answered.bundle.edges)
    assert ontology_tops(ontology, {T: 1, CD4: 1, B: 1}) == {T, B}


def test_of_a_real_answer(answered, everything):
    view = summary(answered.bundle, answered.result, everything)
    assert view.title.startswith("Mostly ")
    assert view.n_cells == answered.result.n_query
    assert view.n_unknown >= 6
    assert "resemble nothing in the reference" in view.detail
