import pandas as pd
import pytest

from layouts.figures.tokens import CATEGORICAL, TOKENS
from layouts.figures.training import DASH, training_figure


def table(**changes) -> pd.DataFrame:
    """Two networks of three epochs, the second one's best in the middle."""
    columns = {
        "network": [1, 1, 1, 2, 2, 2], "epoch": [1, 2, 3] * 2, "loss": [3.0, 2.0, 1.0, 2.5, 1.5, 0.5], "accuracy": 0.5,
        "validation_loss": [3.0, 2.0, 1.5, 2.5, 1.0, 1.2], "validation_accuracy": 0.75,
        "kept": [False, False, True, False, True, False],
    }  # fmt: skip
    return pd.DataFrame(columns | changes)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_network_has_a_colour_two_lines_and_the_ring_of_its_kept_epoch(theme):
    fig = training_figure(table(), theme=theme)
    assert [trace.name for trace in fig.data] == [
        "network 1, training cells", "network 1, validation cells", "kept",
        "network 2, training cells", "network 2, validation cells", "kept",
    ]  # fmt: skip
    assert [fig.data[i].line.color for i in (0, 1, 3, 4)] == [CATEGORICAL[theme][i] for i in (0, 0, 1, 1)]
    assert [trace.line.dash for trace in fig.data[:2]] == [None, DASH]
    assert [(list(ring.x), list(ring.y)) for ring in (fig.data[2], fig.data[5])] == [([3], [1.5]), ([2], [1.0])]
    assert fig.data[2].marker.color == TOKENS[theme]["surface"]
    assert list(fig.data[1].customdata) == [75.0] * 3


def test_without_validation_cells_the_ring_is_on_the_training_line():
    fig = training_figure(table(validation_loss=None, validation_accuracy=None), theme="light")
    assert [trace.name for trace in fig.data] == [
        "network 1, training cells",
        "kept",
        "network 2, training cells",
        "kept",
    ]
    assert list(fig.data[1].y) == [1.0]


@pytest.mark.parametrize(("last", "kind"), [(0.01, "log"), (1.0, None), (0.0, None)])
def test_a_loss_that_falls_far_has_a_logarithmic_axis(last, kind):
    fig = training_figure(table(loss=[3.0, 2.0, last, 2.5, 1.5, 1.0]), theme="light")
    assert fig.layout.yaxis.type == kind
    assert fig.layout.yaxis.rangemode == (None if kind else "tozero")


def test_nothing_is_drawn_of_nothing():
    assert not training_figure(table().head(0), theme="light").data
