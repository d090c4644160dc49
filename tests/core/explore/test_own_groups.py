import numpy as np
import pandas as pd

from core.explore.own_groups import MAX_COLUMNS, own_columns
from core.explore.selection import Selection, mask


def test_columns_with_few_values_part_the_cells_and_others_name_them():
    obs = pd.DataFrame(
        {
            "donor": pd.Categorical(["a", "b", "b", None] * 2),
            "cell": list("stuvwxyz"),
            "same": ["s"] * 8,
            "treated": [True, False, True, True] * 2,
            "dose": [0.5, 0.5, np.nan, 1.0] * 2,
            "long": ["x" * 3000, "y" * 3000, "y", "z"] * 2,
            "once": ["a", "b", *[None] * 6],
        }
    )
    found = {column.name: [(g.value, g.n_cells) for g in column.groups] for column in own_columns(obs)}
    assert found == {
        "donor": [("b", 4), ("a", 2)],
        "treated": [("True", 6), ("False", 2)],
        "dose": [("0.5", 4), ("1.0", 2)],
        "long": [("y", 2), ("z", 2)],
    }


def test_many_values_name_cells_and_many_columns_are_cut():
    obs = pd.DataFrame({f"c{i}": np.arange(100) % 2 for i in range(30)} | {"n_genes": np.arange(100)})
    found = own_columns(obs)
    assert [column.name for column in found] == [f"c{i}" for i in range(MAX_COLUMNS)]
    assert own_columns(obs[["n_genes"]]) == own_columns(obs[[]]) == ()


def test_a_groups_selection_chooses_its_cells(answered):
    for column in own_columns(answered.result.obs):
        for group in column.groups:
            chosen = mask(answered.bundle, answered.result, Selection.parse(group.selection))
            assert chosen.sum() == group.n_cells


def test_what_has_no_name_is_no_group():
    obs = pd.DataFrame({"": ["a", "b"] * 3, "sex": ["", "f", "m"] * 2, "blank": ["", " ", "x"] * 2})
    assert [(c.name, [g.value for g in c.groups]) for c in own_columns(obs)] == [("sex", ["f", "m"])]
