import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.explore.gene_list import MIN_GENES, flat, specificity, types_of
from core.explore.markers import markers_of
from tests.worlds import ALPHA, CD4, MARKERS, MONO, B


@pytest.mark.parametrize("term", [B, MONO, ALPHA])
def test_planted_markers_find_their_type_both_ways(answered, term):
    table = types_of(answered.bundle, MARKERS[term]).table
    best = table.iloc[0]
    assert best["cell_type_ontology_term_id"] == term
    assert best["q_overlap"] < 1e-6
    assert best["q_rank"] < 1e-3
    assert best["auc"] > 0.95
    assert table.loc[table["cell_type_ontology_term_id"] != term, "auc"].max() < best["auc"]


def test_the_overlap_is_hypergeometric(answered):
    genes = [*MARKERS[B][:4], *MARKERS[MONO][:3]]
    row = types_of(answered.bundle, genes).table.set_index("cell_type_ontology_term_id").loc[B]
    up = set(markers_of(answered.bundle, B).up["gene_symbol"])
    n_genes = answered.bundle.contrasts.query("cell_type_ontology_term_id == @B and background == 'others'")[
        "n_genes"
    ].iloc[0]
    assert row["overlap"] == tuple(g for g in markers_of(answered.bundle, B).up["gene_symbol"] if g in genes)
    assert row["n_overlap"] == len(up & set(genes))
    assert row["n_background"] == n_genes
    expected = stats.hypergeom.sf(row["n_overlap"] - 1, n_genes, len(up), len(genes))
    assert row["p_overlap"] == pytest.approx(expected)


def test_too_few_genes_have_no_rank(answered):
    table = types_of(answered.bundle, MARKERS[B][: MIN_GENES - 1]).table
    assert table["auc"].isna().all()
    assert table["q_rank"].isna().all()
    assert table.iloc[0]["cell_type_ontology_term_id"] == B


def test_an_empty_list(answered):
    fits = types_of(answered.bundle, [])
    assert fits.genes == ()
    assert fits.table.empty


def test_genes_of_nothing_fit_nothing(answered):
    generated = [g for g in answered.bundle.genes["gene_symbol"] if g.startswith("FAM")][:40]
    table = types_of(answered.bundle, generated).table
    assert (table["q_overlap"].fillna(1) > 0.05).all()


def test_a_narrow_list_prefers_the_narrow_type(answered):
    only = [g for g in MARKERS[CD4] if g not in MARKERS["CL:0000084"]]
    assert types_of(answered.bundle, only).table.iloc[0]["cell_type_ontology_term_id"] == CD4


@given(st.integers(0, 2**32 - 1))
def test_specificity_has_mean_0_and_spread_1_over_measured_types(seed):
    rng = np.random.default_rng(seed)
    mean = rng.gamma(1, 1, (20, 6)).astype(np.float32)
    measured = rng.random((20, 6)) < 0.7
    z = specificity(mean, measured)
    assert (z[~measured] == 0).all()
    for row, there in zip(z, measured, strict=True):
        if there.sum() > 1:
            assert row[there].mean() == pytest.approx(0, abs=1e-6)
            assert row[there].std() == pytest.approx(1, abs=1e-5)


def test_a_flat_table_holds_text(answered):
    assert "MS4A1" in flat(types_of(answered.bundle, MARKERS[B]).table)["overlap"].iloc[0].split()
