from dataclasses import replace

import pytest

from core.explore.reference import reference_view
from layouts import collection, ids
from layouts.figures.collection import KINDS
from tests.components import find, text
from tests.components import ids as ids_of


@pytest.fixture(scope="module")
def view(answered):
    return reference_view(answered.bundle)


def test_each_panel_has_its_figure(view):
    assert find(collection.months(view), ids.MONTHS).id == ids.MONTHS
    assert find(collection.reads(view), ids.READS).id == ids.READS
    assert find(collection.rates(view), ids.RATES).id == ids.RATES


def test_the_legend_names_the_kinds_that_occur(view):
    words = text(collection.months(view))
    assert "Usable" in words
    assert "Set aside" in words
    assert "Low alignment" not in words
    assert {kind for kind, _ in KINDS} == set(collection.KIND_WORDS) == set(collection.KIND_DEFINITIONS)


def test_counts_stand_beside_the_figures(view):
    assert "2 studies, 144 libraries" in text(collection.reads(view))
    assert "kept: 114" in text(collection.rates(view))
    assert "set aside: 30" in text(collection.rates(view))
    assert "in the genome" in text(collection.rates(view))
    coding = replace(view, rates=view.rates.assign(measure="coding"))
    assert "on coding intervals" in text(collection.rates(coding))


def test_without_reads_the_panels_say_so(view):
    bare = replace(view, reads=view.reads.head(0), rates=view.rates.head(0), collection=view.collection.head(0))
    assert "Nothing was counted." in text(collection.months(bare))
    for panel, place in ((collection.reads(bare), ids.READS), (collection.rates(bare), ids.RATES)):
        assert "built from matrices" in text(panel)
        assert place not in ids_of(panel)
