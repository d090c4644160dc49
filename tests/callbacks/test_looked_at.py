import pytest

from callbacks.looked_at import read_frame, read_tool
from layouts.figures.map_axes import LookedAt


def test_what_the_user_zoomed_to_is_read_with_care():
    frame = {"of": "map raw", "x": [0, 1.5], "y": [-1, 2]}
    assert read_frame(frame) == LookedAt("map raw", (0, 1.5), (-1, 2))
    nan = float("nan")
    for change in ({"of": 1}, {"x": [1, 0]}, {"x": [0]}, {"y": ["0", "1"]}, {"y": [nan, 1]}, {"y": [0, float("inf")]}):
        assert read_frame({**frame, **change}) is None
    assert read_frame(None) is None


@pytest.mark.parametrize(
    ("drag", "usual", "touch", "tool"),
    [
        ("zoom", "lasso", False, "zoom"),
        ("select", "lasso", True, "select"),
        ("select", "zoom", False, "zoom"),
        ("pan", "zoom", True, "pan"),
        ("<b>", "lasso", False, "lasso"),
        (["zoom"], "lasso", True, False),
        (None, "zoom", True, False),
    ],
)
def test_a_tool_stays_where_the_map_offers_it(drag, usual, touch, tool):
    assert read_tool(drag, usual, touch=touch) == tool
