"""Scale: simulated cells in every unit people upload, and the unit comes out; undoing gives the shares back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.expression import scale

N_CELLS, N_GENES = 60, 800


def counts(seed=0, *, depth=3000, n_cells=N_CELLS):
    """Draw UMI counts with the heavy tail of real cells."""
    rng = np.random.default_rng(seed)
    share = rng.lognormal(0, 1.7, N_GENES)
    share = share / share.sum() * rng.lognormal(0, 0.5, (n_cells, N_GENES))
    share /= share.sum(1, keepdims=True)
    x = rng.poisson(share * depth * rng.lognormal(0, 0.6, (n_cells, 1))).astype(float)
    x[:, 0] += 1
    return x


def shares(x):
    return x / x.sum(1, keepdims=True)


def csr(x):
    return sparse.csr_matrix(np.asarray(x, dtype=np.float32))


UNITS = {
    "counts": lambda x: x,
    "cpm": lambda x: 1e6 * shares(x),
    "fractions": shares,
    "normalised": lambda x: np.median(x.sum(1)) * shares(x) / 0.97,
    "lognorm": lambda x: np.log1p(1e4 * shares(x)),
    "log2": lambda x: np.log2(1 + 1e6 * shares(x)),
    "log10": lambda x: np.log10(1 + 1e4 * shares(x)),
    "corrected-counts": lambda x: -np.log1p(-np.minimum(x, 4000) / 4096) * 4096,
}


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_units_are_told_apart_and_undone(unit, seed):
    x = counts(seed)
    found = scale.detect(csr(UNITS[unit](x)))
    assert found.name == unit
    linear = scale.undo(csr(UNITS[unit](x)), found).toarray()
    np.testing.assert_allclose(shares(linear), shares(x), atol=0.05 if unit == "corrected-counts" else 2e-5)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.sampled_from([500, 2000, 20_000]),
    st.sampled_from(["lognorm", "log2", "log10"]),
    st.sampled_from([1e3, 1e4, 1e6]),
    st.integers(3, 6),
)
def test_logarithms_of_normalised_counts_are_never_mistaken(seed, depth, name, target, digits):
    base = {"lognorm": np.e, "log2": 2, "log10": 10}[name]
    x = np.round(np.log1p(target * shares(counts(seed, depth=depth))) / np.log(base), digits)
    assert scale.detect(csr(x)).name == name


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.sampled_from(["cpm", "fractions", "normalised"]))
def test_linear_units_are_never_taken_for_logarithms(seed, unit):
    assert not scale.detect(csr(UNITS[unit](counts(seed)))).is_log


@pytest.mark.parametrize("panel", [30, 200])
def test_a_panel_of_few_genes_keeps_its_base(panel):
    x = np.log2(1 + 1e6 * shares(counts()))[:, :panel]
    assert scale.detect(csr(x)).name == "log2"


def test_log_of_plain_counts():
    assert scale.detect(csr(np.log1p(counts()))).name == "lognorm"


def test_constant_sums_decide_where_values_are_no_multiples():
    rng = np.random.default_rng(0)
    x = rng.lognormal(0, 2, (50, 500)) * (rng.random((50, 500)) < 0.5)
    assert scale.detect(csr(np.log2(1 + 1e6 * shares(x)))).name == "log2"
    assert scale.detect(csr(1e6 * shares(x))).name == "tpm"
    assert scale.detect(csr(5e3 * shares(x))).name == "normalised"


def test_a_guess_says_that_it_is_one():
    rng = np.random.default_rng(0)
    x = rng.lognormal(0, 2, (50, 500)) * rng.lognormal(0, 1, (50, 1)) * (rng.random((50, 500)) < 0.5)
    found = scale.detect(csr(np.log2(1 + x)))
    assert found.is_log
    assert found.level == "warning"
    assert "do not say for certain" in found.text


def test_values_no_other_base_can_reach_are_certain():
    rng = np.random.default_rng(0)
    x = np.log2(1 + rng.lognormal(4, 3, (50, 500)) * rng.lognormal(0, 1, (50, 1)))
    x[0, 0] = 19.0
    found = scale.detect(csr(x))
    assert (found.name, found.is_log) == ("log2", True)
    assert "do not say" not in found.text


def test_expected_counts_and_fpkm():
    rng = np.random.default_rng(0)
    x = counts(depth=300_000)
    half = np.where(rng.random(x.shape) < 0.5, x + rng.random(x.shape).round(2), x) * (x > 0)
    assert scale.detect(csr(half)).name == "expected-counts"
    assert scale.detect(csr(half * rng.lognormal(0, 1, N_GENES))).name == "fpkm"


def test_tables_without_zeros_lose_their_floor():
    rng = np.random.default_rng(0)
    x = 3.3 + rng.gamma(0.7, 2, (20, 400))
    found = scale.detect(csr(x))
    assert found.is_log
    assert found.floor > 0
    assert "No value is 0" in found.text
    assert scale.undo(csr(x), found).min() == 0
    fpkm = np.maximum(0.1, rng.lognormal(0, 3, (20, 400)))
    found = scale.detect(csr(fpkm))
    assert (found.name, round(found.floor, 3)) == ("fpkm", 0.1)


def test_whole_numbers_are_left_alone():
    x = csr(counts())
    assert scale.undo(x, scale.detect(x)) is x
    assert scale.detect(csr(counts() > 0)).level == "warning"


def test_scaled_to_one_gene_by_gene_is_refused():
    x = counts()
    assert scale.detect(csr(x / np.maximum(x.max(0), 1))).name == "scaled"
    assert scale.detect(csr(shares(x)[:2])).name == "fractions"


def test_one_cell_is_enough_for_the_base():
    assert scale.detect(csr(np.log1p(1e4 * shares(counts(n_cells=1))))).name == "lognorm"


@pytest.mark.parametrize(("name", "base"), [("ln", np.e), ("log2", 2), ("log10", 10)])
def test_a_declared_logarithm_is_undone(name, base):
    x = np.log1p(1e3 * shares(counts())) / np.log(base)
    unit = scale.declared(csr(x), name)
    assert "as declared" in unit.text
    np.testing.assert_allclose(scale.undo(csr(x), unit).toarray(), 1e3 * shares(counts()), rtol=1e-4, atol=1e-4)


def test_declarations_that_cannot_be():
    assert scale.declared(csr(counts()), "linear").name == "linear"
    with pytest.raises(ValueError, match="expected one of linear, ln"):
        scale.declared(csr(counts()), "sqrt")
    with pytest.raises(ValueError, match="no logarithm"):
        scale.declared(csr(counts(depth=300_000)), "log2")
    with pytest.raises(ValueError, match="no logarithm"):
        scale.declared(csr(np.full((2, N_GENES), 40.0)), "log10")


def test_empty_cells_between_others_do_not_disturb():
    x = np.zeros((1000, N_GENES))
    x[500] = np.log1p(1e4 * shares(counts()))[0]
    assert scale.detect(csr(x)).name == "lognorm"


def test_counts_divided_by_cell_factors():
    rng = np.random.default_rng(0)
    assert scale.detect(csr(counts(depth=90_000) * rng.lognormal(0, 1, (N_CELLS, 1)))).name == "normalised"
