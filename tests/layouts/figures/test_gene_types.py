import numpy as np
import pandas as pd
import pytest

from core.explore.gene import TYPE_COLUMNS
from layouts.figures.gene_types import MAX_ROWS, gene_types_figure, height


def table(n=3, **changes) -> pd.DataFrame:
    frame = pd.DataFrame({
        "cell_type_ontology_term_id": [f"CL:{i:07d}" for i in range(n)],
        "cell_type": [f"type <{i}> with a name that is much too long for its margin" for i in range(n)],
        "n_query": np.arange(n), "mean_query": np.linspace(2, 0, n), "share_query": np.linspace(1, 0, n),
        "n_reference": 100, "mean_reference": np.linspace(3, 0, n), "share_reference": np.linspace(0.9, 0, n),
    })  # fmt: skip
    return frame.assign(**changes)[list(TYPE_COLUMNS)]


def test_area_is_the_share_and_colour_the_mean():
    fig = gene_types_figure(table(5), theme="light", symbol="<G>")
    reference = next(t for t in fig.data if t.name == "reference")
    sizes = np.asarray(reference.marker.size)
    assert sizes[0] ** 2 / sizes[1] ** 2 == pytest.approx(0.9 / 0.675, rel=1e-5)
    assert sizes[-1] > 0
    np.testing.assert_allclose(reference.marker.color, np.linspace(3, 0, 5), rtol=1e-6)
    assert "&lt;G&gt;" in reference.hovertemplate
    assert all("<" not in text for text in fig.layout.yaxis.ticktext)


def test_a_type_without_cells_has_no_dot():
    fig = gene_types_figure(table(3, share_query=[np.nan, 0.5, np.nan]), theme="dark", symbol="G")
    assert list(next(t for t in fig.data if t.name == "query").y) == [1.0]


def test_no_line_lies_on_a_share():
    fig = gene_types_figure(table(2, share_query=[0.5, np.nan]), theme="dark", symbol="G")
    leaders = next(t for t in fig.data if t.name == "leaders")
    drawn = [(a, b, row) for a, b, row in zip(leaders.x[::3], leaders.x[1::3], leaders.y[::3], strict=True)]
    written = {
        (round(float(x), 2), int(y)) for t in fig.data if t.mode == "text" for x, y in zip(t.x, t.y, strict=True)
    }
    assert written == {(0.62, 0), (1.62, 0), (1.62, 1)}  # they end there, to the right of their text
    assert [[row, start < 0.62 <= end] for start, end, row in drawn] == [[0, False], [0, False], [1, True]]
    assert max(end for _, end, _ in drawn) == 1
    assert not fig.layout.yaxis.showgrid


def test_every_row_has_its_room():
    fig = gene_types_figure(table(200), theme="light", symbol="G")
    assert len(next(t for t in fig.data if t.name == "reference").x) == MAX_ROWS
    assert fig.layout.height == height(200) == height(MAX_ROWS) > height(3)
    assert len(fig.to_json()) < 100_000


def test_no_type_at_all():
    assert gene_types_figure(table(0), theme="light", symbol="G").layout.height > 0
