import numpy as np
import pytest

from core.explore.composition import composition as compose
from core.explore.composition import type_ranks
from layouts import composition
from tests.components import classes, goes_to, text, walk

B_CELL = "CL:0000236"


@pytest.fixture(scope="module")
def ranks(answered):
    return type_ranks(answered.bundle, answered.result)


def rows(answered, ranks, mask=None, chosen="all", thin=frozenset()):
    chosen_cells = np.ones(answered.result.n_query, dtype=bool) if mask is None else mask
    view = compose(answered.bundle, answered.result, chosen_cells)
    return view, composition.rows(view, ranks, chosen=chosen, thin=thin)


def test_rows_stand_for_selections(answered, ranks):
    view, shown = rows(answered, ranks)
    buttons = [goes_to(part) for part in classes(shown, "share-button")]
    assert [wanted["sel"] for wanted in buttons] == [f"type:{t}" for t in view.table["type_id"]] + [
        "status:ambiguous",
        "status:unknown",
    ]


def test_unknown_cells_are_counted_apart(answered, ranks):
    view, shown = rows(answered, ranks)
    assert view.n_unknown > 0
    assert text(classes(shown, "is-unknown")[0]).startswith(f"Unknown {view.n_unknown}")


def test_ambiguous_cells_are_a_part_of_the_types_above(answered, ranks):
    view, shown = rows(answered, ranks)
    assert view.table["n"].sum() + view.n_unknown == view.n_selected
    assert text(classes(shown, "is-ambiguous")[0]).startswith(f"of which ambiguous {view.n_ambiguous}")


def test_unknown_cells_alone_are_said_to_have_no_type(answered, ranks):
    unknown = (answered.result.labels["status"] == "unknown").to_numpy()
    view, shown = rows(answered, ranks, mask=unknown)
    assert f"No cell has a type to show. All {view.n_unknown} resemble nothing in the reference." in text(shown)
    one = unknown & (np.cumsum(unknown) == 1)
    assert "It resembles nothing in the reference." in text(rows(answered, ranks, mask=one)[1])


def test_the_selected_type_is_framed_and_pressed(answered, ranks):
    _, shown = rows(answered, ranks, chosen=f"type:{B_CELL}")
    framed = classes(shown, "is-selected")
    assert len(framed) == 1
    assert "B cell" in text(framed[0])
    pressed = [p.to_plotly_json()["props"].get("aria-pressed") for p in walk(framed[0])]
    assert "true" in pressed
    assert goes_to(classes(framed[0], "share-button")[0]) == {"sel": None}


def test_every_type_leads_to_its_card(answered, ranks):
    view, shown = rows(answered, ranks)
    assert [goes_to(part)["type"] for part in classes(shown, "share-about")] == list(view.table["type_id"])


def test_a_selected_status_is_framed(answered, ranks):
    assert len(classes(rows(answered, ranks, chosen="status:unknown")[1], "is-selected")) == 1


def test_thin_types_carry_a_sign(answered, ranks):
    assert not classes(rows(answered, ranks)[1], "is-thin")
    assert len(classes(rows(answered, ranks, thin=frozenset({B_CELL}))[1], "is-thin")) == 1


def test_no_cells_is_said(answered, ranks):
    _, shown = rows(answered, ranks, mask=np.zeros(answered.result.n_query, dtype=bool))
    assert "No cells are selected." in text(shown)


def test_only_twelve_types_have_a_colour():
    ranks = [f"CL:{i}" for i in range(14)]
    assert composition.colour("CL:0", ranks) == "var(--cat-1)"
    assert composition.colour("CL:11", ranks) == "var(--cat-12)"
    assert composition.colour("CL:12", ranks) == composition.colour("CL:99", ranks) == "var(--ghost)"


def test_the_switch_counts_all_cells():
    assert [entry["label"] for entry in composition.scopes(2638)] == ["Selection", "All 2,638"]
    assert composition.scopes(None)[1]["label"] == "All"
