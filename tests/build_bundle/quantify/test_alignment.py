from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from build_bundle.quantify.alignment import joined, read_summary, rpkm
from build_bundle.quantify.library import LibraryFaultError

SINGLE = """HISAT2 summary stats:
\tTotal reads: 20000
\t\tAligned 0 time: 15000 (75.00%)
\t\tAligned 1 time: 4000 (20.00%)
\t\tAligned >1 times: 1000 (5.00%)
\tOverall alignment rate: 25.00%
"""
PAIRED = """HISAT2 summary stats:
\tTotal pairs: 1000
\t\tAligned concordantly or discordantly 0 time: 100 (10.00%)
\t\tAligned concordantly 1 time: 800 (80.00%)
\t\tAligned concordantly >1 times: 60 (6.00%)
\t\tAligned discordantly 1 time: 40 (4.00%)
\tTotal unpaired reads: 200
\t\tAligned 0 time: 149 (74.50%)
\t\tAligned 1 time: 50 (25.00%)
\t\tAligned >1 times: 1 (0.50%)
\tOverall alignment rate: 92.55%
"""


def test_summary_of_single_reads() -> None:
    assert read_summary(SINGLE) == (20_000, 5_000, 0.25)


def test_summary_of_pairs_counts_pairs_and_half_of_the_lone_mates() -> None:
    n_pairs, n_aligned, rate = read_summary(PAIRED)
    assert (n_pairs, n_aligned) == (1000, 900 + 26)
    assert rate == pytest.approx(0.9255)


@pytest.mark.parametrize("text", ["", "Total reads: 5", "Overall alignment rate: 1.0%"])
def test_another_text_is_no_summary(text: str) -> None:
    with pytest.raises(LibraryFaultError):
        read_summary(text)


@given(
    arrays(np.float64, 6, elements=st.integers(0, 10_000).map(float)),
    arrays(np.float64, 6, elements=st.integers(1, 90_000).map(float)),
)
def test_rpkm_is_proportional_to_counts_per_base(counts: np.ndarray, lengths: np.ndarray) -> None:
    values = rpkm(counts, lengths, float(counts.sum()))
    assert np.isfinite(values).all()
    if counts.sum():
        assert (values * lengths).sum() == pytest.approx(1e9)
        np.testing.assert_allclose(values * lengths * counts.sum(), counts * 1e9)
    else:
        assert not values.any()


def test_a_comma_would_cut_a_path_in_two() -> None:
    assert joined([Path("/x/a"), Path("/x/b")]) == "/x/a,/x/b"
    with pytest.raises(LibraryFaultError):
        joined([Path("a,b")])
