import json

from build_bundle.label.catalogue import SampleTexts
from build_bundle.label.decide import Labeller
from build_bundle.label.overrides import Override
from build_bundle.label.review import MAX_ROWS, ReviewRow, make_review, review_rows
from build_bundle.label.tables import label_all
from tests.build_bundle.label.conftest import TERMS

NAMES = {term_id: term.name for term_id, term in TERMS.items()}


def _sample(sample: str, said: str, tissue: str = "lung") -> SampleTexts:
    return SampleTexts("GSE1", sample, "t", (("characteristics: cell type", said), ("source_name", tissue)))


def test_samples_that_say_the_same_share_a_row(labeller: Labeller) -> None:
    rows = review_rows(
        label_all([_sample("GSM1", "[NK]*"), _sample("GSM2", "[NK]*"), _sample("GSM3", "fibro")], labeller)
    )
    assert [(row.said, row.n, row.pattern) for row in rows] == [("[NK]*", 2, "[[]NK][*]"), ("fibro", 1, "fibro")]
    override = Override("GSE1", rows[0].pattern, ())
    assert override.is_about(("GSE1",), ("[NK]*",))


def test_samples_that_came_to_different_labels_stand_apart(labeller: Labeller) -> None:
    rows = review_rows(label_all([_sample("GSM1", "acinar"), _sample("GSM2", "acinar", "pancreas")], labeller))
    assert [(row.pattern, row.ids) for row in rows] == [("GSM1", ("CL:0000622",)), ("GSM2", ("CL:0002064",))]


def test_what_needs_a_look_comes_first_and_the_rest_is_counted() -> None:
    rows = [ReviewRow("S", f"t{i}", "p", 1, ("CL:0000235",), "mapped", 0.5 + i / MAX_ROWS / 2) for i in range(MAX_ROWS)]
    review = make_review([*rows, ReviewRow("S", "?", "p", 9, (), "unmapped")], NAMES, unit="Samples", lead="")
    assert review.rows[0].status == "unmapped"
    assert (len(review.rows), review.n_left_out) == (MAX_ROWS, 1)
    assert review.filters[0] == ("unmapped", "No term")


def test_no_text_breaks_out_of_the_data() -> None:
    row = ReviewRow("S", "</script><!--&", "p", 1, (), "unmapped")
    text = str(make_review([row], NAMES, unit="Samples", lead="", overrides=[Override("S", "x", ())]).data)
    assert "<" not in text
    content = json.loads(text)
    assert content["rows"][0]["said"] == "</script><!--&"
    assert content["overrides"] == [["S", "x", "drop", ""]]
    assert ["CL:0000235", "macrophage"] in content["terms"]


def test_a_term_is_shown_with_its_name_where_there_is_one() -> None:
    review = make_review([], NAMES, unit="Samples", lead="")
    assert review.term("CL:0000235") == "macrophage (CL:0000235)"
    assert review.term("CL:9999999") == "CL:9999999"
