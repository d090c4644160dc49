from core.explore.compare_choice import Choice
from layouts import compare_types
from layouts.figures.compare import compare_figure
from tests.components import text, walk
from tests.layouts.comparisons import comparison


def test_rows_of_the_table():
    rows = compare_types.rows(comparison())
    assert [row["odds_ratio"] for row in rows] == [4, 1, 0.25, None]
    assert rows[0]["name"].startswith("<type> 0")
    assert rows[-1]["name"] == "unknown"
    assert rows[-1]["q_value"] is None
    grid = next(part for part in walk(compare_types.table(comparison())) if type(part).__name__ == "AgGrid")
    assert [column["headerName"] for column in grid.columnDefs][1:5] == [
        "Cells, <CTRL>", "Share, <CTRL>", "Cells, STIM", "Share, STIM",
    ]  # fmt: skip


def test_what_is_not_drawn_is_said():
    assert compare_types.line(comparison(), 3) == "1 type with fewer than 10 cells is only in the table"
    assert compare_types.line(comparison(50), 40).startswith("the 40 of 49 types with most cells; 1 type")


def test_the_figure_has_its_own_height():
    figure = compare_figure(comparison(), theme="light")
    graph = next(part for part in walk(compare_types.plot(figure)) if type(part).__name__ == "Graph")
    assert graph.style["height"] == f"{figure.layout.height}px"
    assert graph.style["minWidth"] == f"{figure.layout.meta['least_width']}px"


def test_the_table_is_as_high_as_its_rows():
    low, high = (compare_types.table(comparison(n)).style["height"] for n in (2, 60))
    assert int(low.removesuffix("px")) < int(high.removesuffix("px")) == compare_types.MAX_TABLE_HEIGHT


def test_a_long_name_of_a_group_is_cut():
    long = comparison(choice=Choice("condition", "x" * 300, "<CTRL>", ""))
    assert all("x" * 30 not in note.text for note in compare_figure(long, theme="light").layout.annotations)


def test_why_no_type_is_tested():
    none = comparison()
    none = comparison(table=none.table.assign(q_value=float("nan")))
    assert "No type has 10 cells" in text(compare_types.nothing_tested(none))
    assert "no selected cell" in text(compare_types.nothing_tested(comparison(n_group=0)))
    assert "one type" in text(compare_types.nothing_tested(comparison(table=none.table.head(1))))
