import pandas as pd
import pytest

from layouts import first_visit, ids
from tests.components import classes, find, text, walk
from tests.contract.every_layout import NOW, job

LIMITS = first_visit.Limits(100_000, 4 * 1024**3, 24)


@pytest.fixture(scope="module")
def bundle(answered):
    return answered.bundle


@pytest.fixture(scope="module")
def view(bundle):
    from core.explore.reference import reference_view

    return reference_view(bundle)


def built(view, bundle, recent=(), examples=None):
    table = bundle.examples if examples is None else examples
    return first_visit.layout(view, table, recent, LIMITS, bundle="planted", now=NOW)


def test_it_says_what_cells_are_compared_with(view, bundle):
    words = text(built(view, bundle))
    assert "600 labelled cells from 4 published studies" in words
    assert "Up to 100,000 cells, 4 GB" in words
    assert "Of more cells, 100,000 drawn at random can be searched." in words
    assert "kept for 24 hours" in words


def test_the_drop_zone_can_be_reached_with_the_keyboard(view, bundle):
    zone = find(built(view, bundle), ids.UPLOAD_DROP)
    assert zone.tabIndex == 0
    assert zone.role == "button"


def test_examples_start_by_their_key(view, bundle):
    keys = [p.to_plotly_json()["props"].get("data-example") for p in walk(built(view, bundle))]
    assert [k for k in keys if k] == bundle.examples["example"].tolist()


def test_without_examples_there_is_no_heading(view, bundle):
    assert "Or open an example" not in text(built(view, bundle, examples=pd.DataFrame()))


def test_recent_searches_say_their_fate(view, bundle, tmp_path):
    states = ("done", "running", "failed", "cancelled", "uploading")
    recent = [job(tmp_path, state, filename=f"{state}.h5ad") for state in states]
    words = text(find(built(view, bundle, recent), ids.RECENT))
    assert "done.h5ad 1 minute ago, kept for 23 hours more" in words
    assert "running.h5ad is being searched" in words
    assert "failed.h5ad was not searched" in words
    assert "uploading.h5ad" not in words


def test_older_searches_can_still_be_reached(view, bundle, tmp_path):
    recent = [job(tmp_path, "done", filename=f"{number}.h5ad") for number in range(8)]
    words = text(find(built(view, bundle, recent), ids.RECENT))
    assert all(f"{number}.h5ad" in words for number in range(8))
    assert "5 more" in words


def test_a_cancelled_search_says_so(view, bundle, tmp_path):
    assert "was cancelled" in text(built(view, bundle, [job(tmp_path, "cancelled")]))


def test_thin_types_are_named(view, bundle):
    thin = classes(built(view, bundle), "thin-row")
    assert [text(row) for row in thin] == ["T cell 60 cells"]


def test_no_thin_type_is_said_too(view, bundle):
    from dataclasses import replace

    calm = replace(view, types=view.types.assign(thin=False))
    assert "Every type has 75 cells or more." in text(built(calm, bundle))
