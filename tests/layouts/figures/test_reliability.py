import pandas as pd
import pytest

from layouts.figures.reliability import LARGEST, SMALLEST, reliability_figure
from layouts.figures.tokens import TOKENS

TABLE = pd.DataFrame({"said": [0.2, 0.9, 0.99], "right": [0.5, 0.85, 1.0], "n_cells": [1, 100, 400]})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_group_has_a_disc_as_large_as_it_is(theme):
    fig = reliability_figure(TABLE, theme=theme)
    discs = fig.data[0]
    assert list(zip(discs.x, discs.y, strict=True)) == [(20, 50), (90, 85), (99, 100)]
    assert list(discs.marker.size) == [SMALLEST, LARGEST / 2, LARGEST]
    assert list(discs.customdata) == [1, 100, 400]
    assert discs.marker.color == TOKENS[theme]["accent"]
    diagonal = fig.layout.shapes[0]
    assert (diagonal.x0, diagonal.y0, diagonal.x1, diagonal.y1) == (0, 0, 100, 100)


def test_nothing_is_drawn_of_nothing():
    assert not len(reliability_figure(TABLE.head(0), theme="light").data[0].x)
