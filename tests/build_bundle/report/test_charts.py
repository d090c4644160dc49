from __future__ import annotations

from xml.etree import ElementTree as ET

from build_bundle.report.charts import Bar, Line, bars, lines

NASTY = '<script>alert("x")</script> & Co'


def test_bars_are_in_proportion_and_escaped() -> None:
    drawn = bars([Bar(NASTY, 10, "10"), Bar("b", 5, "5", faint=True), Bar("c", 0, "0")], NASTY)
    root = ET.fromstring(drawn)
    widths = [float(r.attrib["width"]) for r in root.iter("rect")]
    assert widths[0] == 2 * widths[1]
    assert widths[2] == 0
    assert [r.attrib["class"] for r in root.iter("rect")] == ["fill", "faint", "fill"]
    assert "<script>" not in drawn
    assert root.find("title").text == NASTY


def test_no_bars_and_bars_of_nothing() -> None:
    assert ET.fromstring(bars([], "none")).tag == "svg"
    assert ET.fromstring(bars([Bar("a", 0, "0")], "zero")).find("rect").attrib["width"] == "0.0"


def test_lines_stay_inside_the_frame() -> None:
    drawn = lines(
        [Line(NASTY, [(1, 3.0), (2, 1.5), (3, 0.0)], "line0"), Line("one", [(2, 1.0)], "line1", dashed=True)],
        "t",
        "epoch",
    )
    root = ET.fromstring(drawn)
    points = [tuple(map(float, p.split(","))) for line in root.iter("polyline") for p in line.attrib["points"].split()]
    assert all(0 <= x <= 860 and 0 <= y <= 250 for x, y in points)
    assert points[0][1] < points[1][1] < points[2][1]
    assert ["stroke-dasharray" in line.attrib for line in root.iter("polyline")] == [False, True]
    assert "<script>" not in drawn


def test_a_single_epoch_and_no_line_at_all() -> None:
    assert ET.fromstring(lines([Line("a", [(1, 0.0)], "line0")], "t", "epoch")).tag == "svg"
    assert lines([], "t", "epoch") == ""
