import numpy as np

from layouts.figures.evidence import evidence_figure, height
from tests.layouts.test_evidence import DRIVERS, VIEW


def test_three_marks_a_gene():
    fig = evidence_figure(VIEW, theme="light")
    traces = {trace.name: trace for trace in fig.data}
    np.testing.assert_allclose(traces["cells"].x, [90, 20, 5], rtol=1e-5)
    np.testing.assert_allclose(traces["label"].x, [95, 90, 10], rtol=1e-5)
    np.testing.assert_allclose(traces["rival"].x, [10, 10, 90], rtol=1e-5)
    assert list(fig.layout.yaxis.ticktext) == ["CD79A", "CD79B", "CD3D"]
    assert [note.text for note in fig.layout.annotations] == ["Genes of B cell", "Genes of T cell"]
    rows = traces["cells"].y
    assert rows[2] - rows[1] > rows[1] - rows[0], "a heading stands between the types"
    assert fig.layout.height == height(len(DRIVERS))
