import pandas as pd

from core.explore.compare_choice import NONE, OTHERS, Choice
from core.explore.own_groups import OwnColumn, OwnGroup
from core.search.confidence import UNKNOWN
from layouts import compare
from tests.components import text, walk
from tests.layouts.comparisons import comparison

COLUMNS = (
    OwnColumn("condition", (OwnGroup("obs:condition=b", "b", 30), OwnGroup("obs:condition=a", "a", 1_200))),
    OwnColumn("day", tuple(OwnGroup(f"obs:day={i}", str(i), 5) for i in range(3))),
)


def test_two_groups_offer_no_others():
    by, column, groups, group, against, other, replicates, named = compare.choices(
        COLUMNS, ("day", "donor"), Choice("condition", "a", "b", "donor")
    )
    assert [entry["value"] for entry in by] == ["condition", "day"]
    assert groups == against == [{"value": "a", "label": "a (1,200)"}, {"value": "b", "label": "b (30)"}]
    assert (column, group, other, named) == ("condition", "a", "b", "donor")
    assert [entry["value"] for entry in replicates] == [NONE, "day", "donor"]


def test_three_groups_offer_all_others():
    values = compare.choices(COLUMNS, ("day",), Choice("day", "1", OTHERS, ""))
    assert [entry["value"] for entry in values[4]] == [OTHERS, "0", "1", "2"]
    assert values[5] == OTHERS
    assert values[6] == [{"value": NONE, "label": compare.NONE_LABEL}]
    assert values[7] == NONE


def test_a_bar_a_group_the_compared_ones_first():
    view = comparison()
    (panel,) = compare.bars(view, ["CL:0", "CL:1"])
    bars, keys = panel.children
    scale = bars.children[-1]
    names = [part for part in walk(bars) if getattr(part, "className", "") == "group-name"]
    assert [text(name) for name in names] == ["<CTRL>", "STIM", "third"]
    first = [part for part in walk(bars.children[0]) if getattr(part, "className", "") == "group-part"]
    assert [part.style["flexGrow"] for part in first] == [40, 30, 20, 10]
    assert first[0].title == "<type> 0 of a long and quite telling name: 40 of 100 cells (40 %)"
    assert first[2].style["background"] == "var(--ghost)"
    assert first[-1].style["background"] == "var(--text3)"
    assert text(scale) == "0 % 25 % 50 % 75 % 100 %"
    assert text(keys).endswith("Other types Unknown")
    assert UNKNOWN in view.by_group.index


def test_groups_stand_as_people_count():
    days = OwnColumn("day", tuple(OwnGroup(f"obs:day={day}", day, 5) for day in ("14", "0", "7", "-1")))
    values = compare.choices((days,), (), Choice("day", "14", OTHERS, ""))[2]
    assert [entry["value"] for entry in values] == ["-1", "0", "7", "14"]
    counts = comparison().by_group
    counts = counts.set_axis(["s10", "s9", "S1"], axis=1)
    (panel,) = compare.bars(comparison(by_group=counts), [])
    names = [part for part in walk(panel) if getattr(part, "className", "") == "group-name"]
    assert [text(name) for name in names] == ["S1", "s9", "s10"]


def test_a_group_named_like_all_others():
    view = comparison(choice=Choice("condition", "STIM", OTHERS, ""))
    view = comparison(choice=view.choice, by_group=view.by_group.rename(columns={"third": OTHERS}))
    (panel,) = compare.bars(view, [])
    assert [bar.className for bar in panel.children[0].children[:-1]] == [
        "group-bar is-compared",
        "group-bar",
        "group-bar",
    ]
    columns = (OwnColumn("x", (OwnGroup("obs:x=a", "a", 2), OwnGroup("obs:x=%2A", OTHERS, 1))),)
    values = compare.choices(columns, (), Choice("x", "a", OTHERS, ""))
    assert [[entry["value"] for entry in values[i]] for i in (2, 4)] == [["a"], [OTHERS, "a"]]


def test_the_bar_of_a_group_names_types_that_it_alone_has():
    view = comparison()
    by_group = pd.concat([view.by_group, pd.DataFrame({"<CTRL>": 0, "STIM": 0, "third": 9}, index=["CL:9"])])
    bars = compare.bars(comparison(by_group=by_group, names={**view.names, "CL:9": "rare cell"}), [])
    titles = [part.title for part in walk(bars) if getattr(part, "className", "") == "group-part"]
    assert any(title.startswith("rare cell: 9 of") for title in titles)


def test_the_line_tells_the_test_of_the_whole():
    assert "p = 0.012 on cells (Fisher's exact test, 9,999 random tables)" in compare.bars_line(comparison())
    assert compare.bars_line(comparison(method="pairs")) == "share of the group's cells"


def test_cells_are_tested_with_a_warning():
    assert compare.NOT_INDEPENDENT in text(compare.note(comparison()))
    assert compare.note(comparison(method="pairs")) == []
    assert compare.note(comparison(n_against=0)) == []
    lacking = comparison(choice=Choice("condition", "STIM", "<CTRL>", "donor"), lacking="A group has 1.")
    assert "donor cannot be tested as replicates." in text(compare.note(lacking))
    assert "A group has 1. Between any two donors" in text(compare.note(lacking))
    left = comparison(choice=Choice("condition", "STIM", "<CTRL>", "donor"), method="replicates", n_left_out=3)
    assert text(compare.note(left)).startswith("3 cells of these groups are not in the test.")
    assert "one group alone" not in text(compare.note(left))
    pairs = comparison(choice=left.choice, method="pairs", n_left_out=3)
    assert "Their donor is not known, is in one group alone, or has fewer than 10" in text(compare.note(pairs))


def test_the_answer():
    heading, line = compare.answer(comparison())
    assert text(heading).startswith("STIM has more <type> 0")
    assert "Fisher's exact test on cells" in text(line)


def test_a_file_without_groups():
    assert "No groups to compare" in text(compare.nothing_to_compare())
    assert text(compare.nothing_to_compare(examples="/")).endswith("Try an example")
