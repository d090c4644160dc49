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
    assert chosen(pd.DataFrame({"x": values * 2})).against == baseline


def test_a_value_that_says_nothing_bears_its_column():
    assert Choice("day", "7", "0", "").group_name == "day 7"
    assert Choice("treated", "True", OTHERS, "").group_name == "treated True"
    assert Choice("day", "7", OTHERS, "").against_name == "all others"
    assert Choice("x", "d7", "d0", "").against_name == "d0"


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        *(
            (name, True)
            for name in ("donor", "Donor ID", "donor_id", "donorID", "patient.no", "sample2", "mouse name", "ind")
        ),
        *((name, False) for name in ("donor_sex", "donor_age", "sample_type", "mouse_strain", "indication", "n")),
    ],
)
def test_replicates_are_known_by_the_name_of_their_column(name, is_taken):
    obs = pd.DataFrame({"condition": ["a", "b"] * 3, name: list("ppqqrr")})
    assert chosen(obs, "condition").replicates == (name if is_taken else "")


def test_two_groups_have_no_others():
    assert chosen(OBS, "condition", "CTRL", OTHERS) == Choice("condition", "CTRL", "STIM", "donor_id")


def test_names_that_stand_for_something_else_cannot_be_chosen():
    obs = pd.DataFrame({"x": ["*", "a", "b", ""] * 2, "y": ["*", "a"] * 4, "*": ["p", "q"] * 4, "": ["p", "q"] * 4})
    assert "*" not in replicate_columns(obs)
    assert "" not in replicate_columns(obs)
    assert chosen(obs, "x", "*").group in {"a", "b"}
    assert chosen(obs, "y") == Choice("y", "a", OTHERS, "")
