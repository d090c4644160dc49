"""Text tables: whatever the dialect, the same numbers and names come out."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import FileFormatError
from core.expression.formats import dialect, read_matrix

X = np.array([[0, 1.5, 2], [3, 0, 1000.25]], dtype=np.float32)
ROWS, COLUMNS = ["c1", "c2"], ["CD79A", "MS4A1", "LYZ"]


def read(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "data"
    path.write_bytes(text.encode(encoding))
    return read_matrix(path)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    separator=st.sampled_from([",", ";", "\t", "|"]),
    comma=st.booleans(),
    quoted=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    short=st.booleans(),
    last=st.booleans(),
)
def test_every_dialect_gives_the_same_table(tmp_path, separator, comma, quoted, end, encoding, short, last):
    def field(text):
        return f'"{text}"' if quoted else text

    def number(value):
        text = f"{value:g}"
        return text.replace(".", ",") if comma and separator != "," else text

    header = ([] if short else [field("")]) + [field(c) for c in COLUMNS]
    lines = [separator.join(header)]
    lines += [separator.join([field(r), *(number(v) for v in row)]) for r, row in zip(ROWS, X, strict=True)]
    raw = read(tmp_path, end.join(lines) + end * last, encoding)
    assert raw.matrix.obs_names.tolist() == ROWS
    assert raw.matrix.var_names.tolist() == COLUMNS
    assert np.array_equal(raw.matrix.x.toarray(), X)
    assert not raw.orientation_known


def test_values_missing_in_their_many_spellings(tmp_path):
    text = "id,A,B,C,D,E\nc1,NA,,nan,-,null\nc2,1,2,3,4,5\n"
    x = read(tmp_path, text).matrix.x.toarray()
    assert np.isnan(x[0]).all()
    assert x[1].tolist() == [1, 2, 3, 4, 5]


def test_signs_exponents_and_quotes_around_numbers(tmp_path):
    x = read(tmp_path, 'id,A,B,C\nc1,"1e3",+2,-.5\nc2,1E-2,.5,7.\n').matrix.x.toarray()
    np.testing.assert_allclose(x, [[1000, 2, -0.5], [0.01, 0.5, 7]], rtol=1e-6)


def test_a_separator_inside_a_quoted_name(tmp_path):
    raw = read(tmp_path, ',"A","B"\n"T cell, CD4",1,2\n"say ""x""",3,4\n')
    assert raw.matrix.obs_names.tolist() == ["T cell, CD4", 'say "x"']
    assert raw.matrix.x.toarray().tolist() == [[1, 2], [3, 4]]


def test_a_bad_number_is_named_by_line_and_column(tmp_path):
    with pytest.raises(FileFormatError, match=r'Line 3, column MS4A1 holds "3\.\.5", which is not a number'):
        read(tmp_path, ",CD79A,MS4A1\nc1,1,2\nc2,1,3..5\nc3,1,2\n")


def test_a_missing_value_beside_a_bad_number(tmp_path):
    with pytest.raises(FileFormatError, match="Line 2, column B"):
        read(tmp_path, ",A,B,C\nc1,NA,1x,2\nc2,1,2,3\nc3,1,2,3\n")


def test_ragged_lines_with_text_columns(tmp_path):
    with pytest.raises(FileFormatError, match="Line 4 has 4 fields where 3"):
        read(tmp_path, "id,CD79A,donor\nc1,1,d1\nc2,2,d2\nc3,3,d3,x\n")


def test_text_columns_become_metadata(tmp_path):
    raw = read(tmp_path, "id,CD79A,donor,LYZ,site\nc1,1,d1,3,a\nc2,0,d2,4,b\n")
    assert raw.matrix.var_names.tolist() == ["CD79A", "LYZ"]
    assert raw.matrix.obs.to_dict("list") == {"donor": ["d1", "d2"], "site": ["a", "b"]}


def test_numbers_may_name_the_rows_when_the_header_says_so(tmp_path):
    raw = read(tmp_path, "cell_id,CD79A,LYZ\n17,1,3\n23,0,4\n")
    assert raw.matrix.obs_names.tolist() == ["17", "23"]


def test_ids_as_a_header_are_a_header(tmp_path):
    raw = read(tmp_path, ",973,931,4069\nc1,1,2,3\nc2,4,5,6\n")
    assert raw.matrix.var_names.tolist() == ["973", "931", "4069"]


def test_long_tables_are_read_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr("core.expression.formats.delimited._BATCH_FIELDS", 10)
    lines = [f"c{i},{i},0,{i % 7}" for i in range(50)]
    raw = read(tmp_path, "\n".join([",A,B,C", *lines]))
    assert raw.matrix.x.toarray()[:, 0].tolist() == list(range(50))


def test_a_table_of_one_number_column(tmp_path):
    raw = read(tmp_path, ",cell1\nCD79A,3\nLYZ,4\n")
    assert raw.matrix.x.toarray().ravel().tolist() == [3, 4]


def test_bytes_that_are_no_utf8_far_into_the_file(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b",A,B\n" + b"c,1,2\n" * 20_000 + b"M\xfcller,1,2\n")
    with pytest.raises(FileFormatError, match="The text holds bytes that are not UTF-8"):
        read_matrix(path)


def test_the_encoding_is_found_at_the_edge_of_the_sample():
    assert dialect.detect_encoding("ä".encode() * 10)[0] == "utf-8-sig"
    assert dialect.detect_encoding(("a" * 9 + "ä").encode()[:-1])[0] == "utf-8-sig"
    assert dialect.detect_encoding(b"M\xfcller,and a good deal more")[0] == "cp1252"
