from build_bundle.report.columns import Column, columns

NASTY = '<script>alert("x")</script>'


def test_columns_are_stacked_to_the_largest() -> None:
    drawn = columns([Column("a", "one", (1, 3)), Column("", "two", (0, 2))], ["first", "second"], "a chart")
    assert drawn.count("<rect") == 3
    assert 'height="135.0" class="second"' in drawn
    assert drawn.count("<title>") == 3


def test_nothing_is_drawn_of_nothing() -> None:
    assert columns([], ["x"], "t") == ""
    assert columns([Column("a", "", (0,))], ["x"], "t") == ""


def test_texts_are_escaped() -> None:
    assert "<script>" not in columns([Column(NASTY, NASTY, (1,))], ["x"], NASTY)
