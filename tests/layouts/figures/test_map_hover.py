import numpy as np
import pytest

from core.explore.cell_facts import CellFacts
from layouts.figures.map_hover import LONGEST_NAME, MAX_LABELS, MAX_TOLD, hover_groups

TYPES = ("T cell", "natural killer cell", "<b>B</b> cell")


def facts(n=4, **changes):
    made = {
        "names": np.array([f"cell{i}" for i in range(n)], dtype=object),
        "label": np.int16([0, 0, 2, 1] * (n // 4)),
        "score": np.float32([0.834, 0.45, 1.0, 0.4] * (n // 4)),
        "runner_up": np.int16([1, 2, -1, 0] * (n // 4)),
        "runner_up_score": np.float32([0.12, 0.4, 0, 0.3] * (n // 4)),
        "is_ambiguous": np.array([False, True, False, False] * (n // 4)),
    }
    return CellFacts(**{**made, **changes})


def told(group):
    """Fill the template as plotly does."""
    lines = []
    for cell in group.customdata:
        text = group.template.removesuffix("<extra></extra>")
        for place, value in enumerate(cell):
            text = text.replace(f"%{{customdata[{place}]}}", value)
        lines.append(text)
    return lines


def test_a_cell_tells_name_label_score_runner_up_and_doubt():
    labels = np.int16([0, 0, 2, -1])
    by_row = {
        row: line
        for g in hover_groups(np.arange(4), labels, TYPES, facts())
        for row, line in zip(g.rows, told(g), strict=True)
    }
    assert by_row[0] == "<b>User Query</b> cell0<br>T cell, score 0.83<br>runner-up NK cell, 0.12"
    assert (
        by_row[1]
        == "<b>User Query</b> cell1<br>T cell, score 0.45, ambiguous<br>runner-up &lt;b&gt;B&lt;/b&gt; cell, 0.40"
    )
    assert by_row[2] == "<b>User Query</b> cell2<br>&lt;b&gt;B&lt;/b&gt; cell, score 1.00<br>runner-up none"
    assert by_row[3] == (
        "<b>User Query</b> cell3<br>unknown to the reference<br>nearest natural killer cell, score 0.40<br>runner-up T cell, 0.30"
    )


def test_names_are_escaped_and_long_ones_lose_their_middle():
    names = np.array(["<i>%{x}", "A" * 60 + "-7", "c", "d"], dtype=object)
    [group] = hover_groups(np.arange(2), np.int16([0, 0, 0, 0]), TYPES, facts(names=names))
    assert group.customdata[0][0] == "&lt;i&gt;%&#123;x}"
    assert len(group.customdata[1][0]) == LONGEST_NAME
    assert group.customdata[1][0].endswith("A-7")


@pytest.mark.parametrize("given", [True, False])
def test_many_cells_tell_their_label_alone(given):
    n = MAX_TOLD + 4
    groups = list(hover_groups(np.arange(n), np.int16([0, 0, 2, -1] * (n // 4)), TYPES, facts(n) if given else None))
    assert sorted(len(g.rows) for g in groups) == [n // 4, n // 4, n // 2]
    assert all(g.customdata is None for g in groups)
    assert all(("select up to 10,000 cells to read each" in g.template) == given for g in groups)


def test_the_rarest_labels_share_a_trace_and_still_tell_their_own():
    n_types = MAX_LABELS + 4
    labels = np.repeat(np.arange(n_types), 4).astype(np.int16)[: 4 * n_types - 12]
    n = len(labels)
    names = tuple(f"type {i}" for i in range(n_types))
    *common, rest = hover_groups(np.arange(n), labels, names, facts(n, label=labels))
    assert len(common) == MAX_LABELS
    assert f"type {MAX_LABELS}, score" in told(rest)[0]
    assert sum(len(g.rows) for g in [*common, rest]) == n
