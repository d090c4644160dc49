import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import gene_marks
from tests.components import text

MONO = "CL:0000576"


def test_the_types_a_gene_marks(finished, as_ann):
    rows, chosen, line, message = gene_marks.update_marks("LYZ", "all", None, finished.url)
    assert chosen == rows[:1]
    assert chosen[0]["term"] == MONO
    assert "higher in" in line
    assert message is None


def test_a_gene_that_marks_nothing(finished, as_ann):
    rows, chosen, _, message = gene_marks.update_marks("FAM900A", "all", None, finished.url)
    assert rows == chosen == []
    assert "sets no type apart" in text(message)


def test_the_chosen_type_study_by_study(finished, as_ann):
    figure, head = gene_marks.update_forest([{"term": MONO}], "light", "LYZ", "all", None, finished.url)
    assert "intervals" in {trace.name for trace in figure.data}
    assert "LYZ in monocyte" in text(head)


def test_an_untested_type(finished, as_ann):
    figure, head = gene_marks.update_forest([{"term": "CL:0000000"}], "light", "LYZ", "all", None, finished.url)
    assert figure is no_update
    assert "was not tested" in text(head)


@pytest.mark.parametrize("chosen", [None, [], [{}], [{"term": 3}], "x"])
def test_nothing_is_chosen(finished, as_ann, chosen):
    with pytest.raises(PreventUpdate):
        gene_marks.update_forest(chosen, "light", "LYZ", "all", None, finished.url)


def test_a_stranger(finished, as_bob):
    _, head = gene_marks.update_forest([{"term": MONO}], "light", "LYZ", "all", None, finished.url)
    assert "There is no such search here." in text(head)
