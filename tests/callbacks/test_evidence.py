import pytest

from callbacks import evidence
from tests.components import text


def test_the_selection_is_explained(finished, as_ann):
    body, line, message = evidence.update_evidence("type:CL:0000624", None, None, "light", "place", finished.url)
    assert "cells are labelled CD4" in text(body)
    assert "against" in line
    assert message is None


@pytest.mark.parametrize("detail", ["1", "2", "3"])
def test_wider_types_are_explained(finished, as_ann, detail):
    body, line, message = evidence.update_evidence("all", None, detail, "light", "place", finished.url)
    assert "cells are labelled" in text(body)
    assert "against" in line
    assert message is None


def test_nothing_selected(finished, as_ann):
    *_, message = evidence.update_evidence("type:CL:9999999", None, None, "light", "place", finished.url)
    assert "No selected cell carries a label." in text(message)


def test_why_in_the_card(finished, as_ann):
    body = evidence.update_card("light", "place", "CL:0000236", "all", None, None, finished.url)
    assert "25 cells are labelled B cell." in text(body)
