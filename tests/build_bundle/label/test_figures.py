"""The figures that the README and the report quote, held against the human rows that the rules were chosen on.

The mouse rows are the test: their figures are printed by ``python -m tests.benchmarks.labelling --held-out`` and stand in no
test, so that nothing is tuned on them.
"""

from pathlib import Path

import pytest

from tests.benchmarks.labelling import RELEASES, is_human, make_labeller, measure, read_truth, tissue_of

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("release", RELEASES)
def test_the_original_labels_of_human_studies_are_understood(shared_data: Path, release: str) -> None:
    rows = [row for row in read_truth(shared_data) if is_human(row)]
    tissues = {row["dataset"]: tissue_of(shared_data, row["dataset"]) for row in rows}
    figures = measure(make_labeller(shared_data, release), rows, tissues)
    assert figures.n_truth == 87
    assert figures.exact / figures.n_predicted >= 0.98
    assert figures.found / figures.n_truth >= 0.93
