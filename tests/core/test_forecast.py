import pytest

from core.errors import LimitError
from core.forecast import check_memory, memory_needed

GB = 1024**3


@pytest.mark.parametrize("measured", [(5_000, 5e6, 0.46e9), (20_000, 60e6, 0.93e9), (60_000, 60e6, 1.01e9)])
def test_the_forecast_is_near_what_was_measured_and_not_below_it(measured):
    n_cells, n_values, peak = measured
    assert peak <= memory_needed(n_cells, int(n_values)) <= 1.35 * peak


def test_what_fits_passes():
    check_memory(100_000, 150_000_000, 4 * GB)
    check_memory(100_000, 5_000_000_000, 0)  # no limit


def test_what_does_not_fit_is_refused_with_a_number_that_does():
    with pytest.raises(LimitError) as caught:
        check_memory(84_112, 84_112 * 12_000, 4 * GB)
    error = caught.value
    assert error.message == "84,112 cells with 12,000 values each need about 8.2 GB; this server allows 4 GB."
    assert error.next_step.startswith(f"Search {error.fits:,} of them")
    assert error.fits == 38_000
    check_memory(error.fits, error.fits * 12_000, 4 * GB)
    with pytest.raises(LimitError):
        check_memory(error.fits + 2_000, (error.fits + 2_000) * 12_000, 4 * GB)


def test_a_server_that_is_too_small_for_any_cell_offers_none():
    with pytest.raises(LimitError) as caught:
        check_memory(1_000, 1_000_000, 100_000_000)
    assert (caught.value.fits, caught.value.next_step) == (0, "Use the command line on a larger machine.")
