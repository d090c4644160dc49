from hypothesis import given
from hypothesis import strategies as st

from layouts.figures.text import escape, escaped_brief_names


@given(text=st.text())
def test_nothing_can_open_a_tag_or_a_field(text):
    safe = escape(text)
    assert "<" not in safe
    assert ">" not in safe
    assert "%{" not in safe
    assert "\n" not in safe


def test_text_reads_as_before():
    assert escape("  B & T\ncells ") == "B &amp; T cells"


def test_short_names_are_escaped_and_different():
    assert escaped_brief_names(["natural killer cell", "<b>", "B cell"]) == ["NK cell", "&lt;b&gt;", "B cell"]
