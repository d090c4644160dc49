import contextlib
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.explore import own_table
from core.explore.own_groups import own_columns
from core.explore.own_table import MAX_BYTES, read_table

CELLS = ["c1", "c2", "c3"]


def obs(table):
    return {name: table.obs[name].tolist() for name in table.obs.columns}


@pytest.mark.parametrize("separator", [",", "\t", ";"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_come_in_the_order_of_the_query(separator, start, end):
    lines = ["cell,donor,condition", "c3,d2,ill", "elsewhere,d9,ill", "c1,d1,NA"]
    table = read_table((start + end.join(lines)).replace(",", separator).encode(), CELLS)
    assert obs(table) == {"donor": ["d1", None, "d2"], "condition": [None, None, "ill"]}
    assert (table.n_rows, table.n_matched, table.matched_without_suffix) == (3, 2, False)
    assert list(table.obs.index) == [0, 1, 2]


@pytest.mark.parametrize(
    ("n_not_drawn", "rest"),
    [
        (0, "3 more rows name no cell of this result"),
        (1, "3 more rows; 1 cell of the file was not drawn, so at least 2 of these name no cell of the file"),
        (5, "3 more rows; 5 cells of the file were not drawn"),
    ],
)
def test_rows_of_cells_that_were_not_drawn_are_told_apart(n_not_drawn, rest):
    content = b"cell,donor\n" + b"".join(b"%s,d\n" % name for name in (b"c1", b"c2", b"a", b"b", b"c"))
    assert read_table(content, CELLS, n_not_drawn=n_not_drawn).rest() == rest
    assert read_table(b"cell,donor\nc1,d\n", CELLS, n_not_drawn=n_not_drawn).rest() == ""


@pytest.mark.parametrize("name", ["cell_id", "Cell", " BARCODE ", "barcodes", "index", ""])
def test_the_column_of_the_names_may_stand_anywhere(name):
    assert obs(read_table(f"donor,{name}\nd1,c1\nd2,c2\n".encode(), CELLS)) == {"donor": ["d1", "d2", None]}


def test_else_it_is_the_first_column():
    assert obs(read_table(b"sample,donor\nc1,d1\n", CELLS)) == {"donor": ["d1", None, None]}


@pytest.mark.parametrize(
    "content", [b",cell_id,donor\n0,c1,d1\n1,c2,d2\n", b"barcode,cell_id,donor\nAC,c1,d1\nAC,c2,d2\n"]
)
def test_of_several_the_first_that_names_cells_of_the_query(content):
    assert obs(read_table(content, CELLS))["donor"] == ["d1", "d2", None]


def test_row_names_without_a_heading_as_r_writes_them():
    content = b'"donor"\t"n"\n"c2"\t"d2"\t5\n"c1"\t"d1"\t7\n'
    assert obs(read_table(content, CELLS)) == {"donor": ["d1", "d2", None], "n": ["7", "5", None]}


def test_values_stay_text_and_several_words_mean_that_there_is_none():
    content = b'cell,a,b\nc1,007,""\nc2,nan,NaN\nc3,"1,5 ""x""\ny", NA \n'
    assert obs(read_table(content, CELLS)) == {"a": ["007", None, '1,5 "x" y'], "b": [None, None, None]}


def test_columns_keep_names_of_their_own():
    table = read_table(b"cell,a,a, ,a (2),a\x1b[31m\nc1,1,2,3,4,5\n", CELLS)
    assert list(table.obs.columns) == ["a", "a (2)", "column 4", "a (2) (2)", "a [31m"]


def test_long_values_are_cut():
    value = read_table(f"cell,{'n' * 300}\nc1,{'v' * 300}\n".encode(), CELLS).obs
    assert value.iloc[0, 0] == "v" * 199 + "…"
    assert value.columns[0] == "n" * 199 + "…"


def test_empty_lines_and_rows_of_nothing_are_no_cells():
    table = read_table(b"\ncell,donor\n\nc1,d1\n,\n\n", CELLS)
    assert (table.n_rows, table.n_matched) == (1, 1)


@pytest.mark.parametrize(
    ("names", "cells"),
    [(("AC", "GT"), ["AC-1", "GT-1"]), (("AC-1", "GT-1"), ["AC", "GT"]), (("AC", "GT"), ["AC-1", "GT"])],
)
def test_barcodes_match_without_the_ending_of_one_side(names, cells):
    table = read_table(f"barcode,donor\n{names[1]},d2\n{names[0]},d1\n".encode(), cells)
    exact = "GT" in cells and "GT" in names
    assert obs(table) == {"donor": [None, "d2"] if exact else ["d1", "d2"]}
    assert table.matched_without_suffix == (not exact)


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (b"barcode,donor\nAC,d1\n", ["AC-1", "AC-2"]),
        (b"barcode,donor\nAC-1,d1\nAC-2,d2\n", ["AC"]),
        (b"barcode,donor\nAC-2,d2\n", ["AC-1"]),
    ],
)
def test_barcodes_of_more_than_one_sample_do_not(content, cells):
    with pytest.raises(InputError, match="No row of this table"):
        read_table(content, cells)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n \n\n", "has no rows"),
        (b"cell,donor\n", "has no rows"),
        (b"\xff\xfe\x00A", "is not text"),
        (b"\x1f\x8b\x08\x00gzip", "is not text"),
        (b"cell,donor\nc1,\x00\n", "is not text"),
        (b"cell\nc1\nc2\n", "only one column"),
        (b"cell,donor\nc1,d1\nc2\n", "Line 3 of this table has 1 fields; its header has 2"),
        (b"cell,donor\nc1,d1,x\n", "Line 2 of this table has 3 fields"),
        (b'cell,donor\n"c\n1",d1\n\nc2\n', "Line 5 of this table has 1 fields"),
        (b'cell,donor\nc1,d1\nc2,"d2\n', "Line 3 of this table cannot be read"),
        (b'cell,donor\nc1,"d1"x\n', "Line 2 of this table cannot be read"),
        (b'cell,donor\nc1,"' + b"x" * 200_000, "Line 2 of this table cannot be read"),
        (b'"cell,donor\nc1,d1\n', "Line 1 of this table cannot be read"),
        (b"cell,donor\nc1,d1\nc2,d2\nc1,d1\n", "Line 4 of this table names the cell 'c1' again"),
        (b"cell,donor\nx1,d1\n", "the table names 'x1', the result 'c1'"),
        (b"cell," + b",".join(b"c%d" % i for i in range(201)) + b"\n" + b"c1" + b"," * 201, "has 201 columns"),
        (b"A" * (MAX_BYTES + 1), "34 MB"),
    ],
)
def test_what_is_no_table_of_these_cells_is_refused(content, says):
    with pytest.raises(InputError, match=says) as refused:
        read_table(content, CELLS)
    assert refused.value.code == "cell-table"
    assert refused.value.next_step


def test_rows_are_counted(monkeypatch):
    monkeypatch.setattr(own_table, "MAX_ROWS", 2)
    assert read_table(b"cell,donor\nc1,a\nc2,b\n", CELLS).n_rows == 2
    with pytest.raises(InputError, match="more than 2 rows"):
        read_table(b"cell,donor\nc1,a\nc2,b\nc3,c\n", CELLS)


def test_a_query_of_no_cells():
    with pytest.raises(InputError, match="No row of this table"):
        read_table(b"cell,donor\nc1,d1\n", [])


def test_its_columns_are_groups():
    table = read_table(b"cell,donor\nc1,a\nc2,b\nc3,a\nc4,b\n", ["c1", "c2", "c3", "c4"])
    (column,) = own_columns(table.obs)
    assert [(group.value, group.n_cells) for group in column.groups] == [("a", 2), ("b", 2)]


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=8)


@given(st.data(), st.lists(words, min_size=1, max_size=8, unique=True), st.sampled_from(",\t;"))
def test_any_table_comes_back_in_the_order_of_the_query(data, cells, separator):
    values = data.draw(st.lists(st.from_regex(r"[a-m]{1,4}", fullmatch=True), min_size=len(cells), max_size=len(cells)))
    known = data.draw(st.permutations(range(len(cells))).flatmap(lambda p: st.integers(1, len(p)).map(lambda n: p[:n])))
    with io.StringIO(newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(["cell_id", "value", "again"])
        writer.writerows([cells[place], values[place], values[place]] for place in known)
        content = file.getvalue().encode()
    table = read_table(content, cells)
    expected = [value if place in known else None for place, value in enumerate(values)]
    assert obs(table) == {"value": expected, "again": expected}
    assert table.n_matched == table.n_rows == len(known)


@given(st.binary(max_size=200))
def test_anything_is_read_or_refused(content):
    with contextlib.suppress(InputError):
        assert len(read_table(content + b"\nc1", CELLS).obs) == 3
