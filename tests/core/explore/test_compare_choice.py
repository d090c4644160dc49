import pandas as pd
import pytest

from core.explore.compare_choice import NONE, OTHERS, Choice, choose, replicate_columns
from core.explore.own_groups import own_columns


def chosen(obs, *given):
    return choose(own_columns(obs), replicate_columns(obs), *given)


OBS = pd.DataFrame({
    "label": list("aabbccddeeff"), "condition": ["STIM", "CTRL"] * 6, "donor_id": [f"d{i % 4}" for i in range(12)],
    "n": range(12),
})  # fmt: skip


def test_what_is_not_chosen_is_filled_in():
    assert chosen(OBS) == Choice("condition", "STIM", "CTRL", "donor_id")
    assert chosen(OBS, "label", "a") == Choice("label", "a", OTHERS, "donor_id")
    assert chosen(OBS, "label", None, "b").group != "b"
    assert chosen(OBS, "condition", "CTRL") == Choice("condition", "CTRL", "STIM", "donor_id")
    assert chosen(OBS, "condition", None, None, NONE).replicates == ""
    assert chosen(OBS, "condition", None, None, "label").replicates == "label"
    assert chosen(OBS, "donor_id").replicates == ""


def test_what_names_nothing_is_filled_in_too():
    assert chosen(OBS, "nope", "nope", "nope", "nope") == chosen(OBS)
    assert chosen(OBS, "condition", "STIM", "STIM") == chosen(OBS)
    assert chosen(OBS[["n"]].iloc[:0]) is None


@pytest.mark.parametrize(
    ("values", "baseline"),
    [(["treated", "Control_2"], "Control_2"), (["WT", "KO"], "WT"), (["mutant", "wtf"], "mutant"), (["b", "a"], "a")],
)
def test_a_baseline_is_known_by_its_name(values, baseline):
    assert chosen(pd.DataFrame({"x": values})).against == baseline


def test_a_value_that_says_nothing_bears_its_column():
    assert Choice("day", "7", "0", "").group_name == "day 7"
    assert Choice("treated", "True", OTHERS, "").group_name == "treated True"
    assert Choice("day", "7", OTHERS, "").against_name == "all others"
    assert Choice("x", "d7", "d0", "").against_name == "d0"
