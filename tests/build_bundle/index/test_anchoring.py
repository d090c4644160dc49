import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from build_bundle.index.anchoring import ANCHOR_WEIGHT, anchored
from core.vectors import unit_rows


def cells_of(types: list[str], studies: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"cell_type_ontology_term_id": types, "study": studies})


def test_by_hand():
    places = unit_rows(np.float32([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]]))
    cells = cells_of(["CL:1", "CL:1", "CL:1", "CL:2"], ["a", "b", "b", "a"])
    middle = np.array([1, 1, 0]) / np.sqrt(2)  # study b has two of the three cells, and counts as much as a
    expected = unit_rows(places + ANCHOR_WEIGHT * np.array([middle, middle, middle, [0, 0, 1]]))
    np.testing.assert_allclose(anchored(places, cells), expected, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1_000))
def test_cells_of_a_type_come_nearer_to_one_another_in_whatever_order(n, seed):
    rng = np.random.default_rng(seed)
    places = unit_rows(rng.normal(size=(n, 6)).astype(np.float32))
    cells = cells_of([f"CL:{i}" for i in rng.integers(3, size=n)], [f"s{i}" for i in rng.integers(2, size=n)])
    cells.index = rng.permutation(n)  # rows count, not names
    out = anchored(places, cells)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, rtol=1e-4)
    for code in set(cells["cell_type_ontology_term_id"]):
        mine = (cells["cell_type_ontology_term_id"] == code).to_numpy()
        spread = [np.linalg.norm(rows[mine].mean(axis=0)) for rows in (places, out)]  # 1 where all lie at one place
        assert spread[1] >= spread[0] - 1e-5
    order = rng.permutation(n)
    np.testing.assert_allclose(anchored(places[order], cells.iloc[order]), out[order], atol=1e-5)


def test_a_badly_measured_cell_no_longer_stands_among_strangers():
    rng = np.random.default_rng(0)
    types = np.repeat([0, 1], 50)
    places = np.eye(5)[types] + 0.1 * rng.normal(size=(100, 5))
    places[0] = np.eye(5)[1]
    out = anchored(unit_rows(places.astype(np.float32)), cells_of([f"CL:{t}" for t in types], ["a"] * 100))
    assert out[0] @ np.eye(5)[0] > out[0] @ np.eye(5)[1]
