from dataclasses import replace

from core.explore.evidence import Driver, EvidenceView
from layouts import evidence
from layouts.figures.evidence import evidence_figure
from tests.components import text

DRIVERS = (
    Driver("CD79A", of_label=True, share=0.9, share_label=0.95, share_rival=0.1),
    Driver("CD79B", of_label=True, share=0.2, share_label=0.9, share_rival=0.1),
    Driver("CD3D", of_label=False, share=0.05, share_label=0.1, share_rival=0.9),
)
VIEW = EvidenceView(("CL:1", "B cell"), ("CL:2", "T cell"), 318, DRIVERS, 0, ("GSE1",))


def body(view):
    figure = evidence_figure(view, theme="light") if view.drivers else None
    return text(evidence.body(view, figure))


def test_in_plain_words():
    words = body(VIEW)
    assert "318 cells are labelled B cell. The runner-up is T cell." in " ".join(words.split())
    assert "1 of 2 genes of B cell found as expected, 1 of 1 gene of T cell absent as expected." in words
    assert words.split("reference:")[1:] == [" B cell T cell"]  # said once: the legend stays in one line
    assert evidence.line(VIEW) == "B cell against T cell"


def test_a_label_without_its_genes_is_warned_of():
    assert not evidence.is_weak(VIEW)
    weak = replace(VIEW, drivers=tuple(replace(d, share=0.0) for d in DRIVERS))
    assert "read the label with care" in body(weak)


def test_no_runner_up():
    words = body(replace(VIEW, rival=None))
    assert "held against all other types" in words
    assert "of all other types absent" in words


def test_types_of_different_laboratories():
    assert "between laboratories" in body(replace(VIEW, shared_studies=()))
    assert "between laboratories" not in body(VIEW)


def test_missing_genes_are_counted():
    assert "2 more telling genes not in your file" in body(replace(VIEW, n_missing=2))


def test_nothing_to_show():
    assert "No selected cell carries this label." in body(replace(VIEW, n_cells=0, drivers=()))
    assert "No gene decides" in body(replace(VIEW, drivers=()))
