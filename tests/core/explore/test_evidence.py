from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.bundle.relabelled import RelabelledBundle
from core.explore.evidence import Driver, _shares, at_depth, evidence, label_mask, main_label, main_type
from tests.worlds import CD4, CD8, MARKERS, MONO, B, T


class Silent:
    """The same labels on cells that express nothing; lacks the gene LYZ."""

    def __init__(self, result):
        self.result = result

    def __getattr__(self, name):
        return getattr(self.result, name)

    def has_gene(self, gene):
        return gene != "LYZ" and self.result.has_gene(gene)

    def expression_of(self, genes, rows):
        return np.zeros((len(rows), len(genes)), dtype=np.float32)


def test_planted_genes_speak_for_the_planted_type(answered, everything):
    view = evidence(answered.bundle, answered.result, CD4, everything)
    assert view.rival[0] in (T, CD8)
    assert view.n_cells == label_mask(answered.bundle, answered.result, CD4, everything).sum()
    assert view.drivers
    own = [d for d in view.drivers if d.of_label]
    assert {d.symbol for d in own} <= set(MARKERS[CD4])
    assert {d.symbol for d in view.drivers if not d.of_label} <= set(MARKERS[view.rival[0]])
    assert sum(d.supports for d in view.drivers) >= len(view.drivers) - 1
    assert view.shared_studies == (), "cells known only as T cells come from other studies"


def test_shares_are_those_of_the_cells(answered, everything):
    view = evidence(answered.bundle, answered.result, MONO, everything)
    driver = view.drivers[0]
    rows = np.flatnonzero(label_mask(answered.bundle, answered.result, MONO, everything))
    assert driver.share == pytest.approx((answered.result.expression(driver.symbol)[rows] > 0).mean())
    values = np.zeros(600)
    cells, found = answered.bundle.gene_expression(driver.symbol)
    values[cells] = found
    of_mono = (answered.bundle.cells["cell_type_ontology_term_id"] == MONO).to_numpy()
    of_all = (values[of_mono] > 0).mean()
    assert of_all - 0.1 < driver.share_label <= of_all + 1e-5, "cells of the same depth, but for chance"


def test_silent_cells_contradict(answered, everything):
    view = evidence(answered.bundle, Silent(answered.result), MONO, everything)
    own = [d for d in view.drivers if d.of_label]
    assert own
    assert not any(d.supports for d in own)
    assert "LYZ" not in {d.symbol for d in view.drivers}
    assert view.n_missing == 1


def test_without_a_second_type_it_is_held_against_all_others(answered, everything):
    view = evidence(answered.bundle, answered.result, B, everything)
    assert view.rival is None, "all hundred neighbours are B cells"
    assert {d.symbol for d in view.drivers if d.of_label} <= set(MARKERS[B])
    assert all(d.supports for d in view.drivers if d.of_label)


def test_no_cell_of_the_label(answered, everything):
    view = evidence(answered.bundle, answered.result, B, ~everything)
    assert view.n_cells == 0
    assert view.drivers == ()
    assert main_label(answered.result, ~everything) is None


def test_the_type_most_selected_cells_carry(answered, everything):
    labels = answered.result.labels
    of_b = (labels["cell_type_ontology_term_id"] == B).to_numpy()
    assert main_type(answered.result, of_b) == (B, "B cell")
    assert main_type(answered.result, ~everything) is None
    unlike = SimpleNamespace(labels=labels.assign(status="unknown"))
    assert main_type(unlike, everything) is None, "cells that resemble nothing carry no type"


def test_a_wider_term_counts_all_narrower_cells(answered, everything):
    view = evidence(answered.bundle, answered.result, "CL:0000542", everything)
    parts = [label_mask(answered.bundle, answered.result, t, everything).sum() for t in (B, T, CD4, CD8)]
    assert view.n_cells == sum(parts)
    assert view.rival is None or view.rival[0] not in (B, T, CD4, CD8)


def test_wider_types_are_pooled_from_those_they_join(answered):
    wider = {t: t for t in answered.bundle.cell_types["cell_type_ontology_term_id"]} | {CD4: T, CD8: T}
    share, _ = _shares(RelabelledBundle(answered.bundle, wider), T)
    cells, values = answered.bundle.gene_expression("CD3D")
    dense = np.zeros(600)
    dense[cells] = values
    of_t = answered.bundle.cells["cell_type_ontology_term_id"].isin([T, CD4, CD8]).to_numpy()
    assert share[answered.bundle.gene_rows["CD3D"]] == pytest.approx((dense[of_t] > 0).mean(), abs=1e-5)


def test_shares_of_cells_with_fewer_molecules_are_foretold():
    """Molecules are drawn for cells of one type, then a third of them are kept."""
    rng = np.random.default_rng(0)
    mean = rng.gamma(0.4, 1.5, size=2_000)
    molecules = rng.poisson(mean, size=(500, 2_000))
    kept = rng.binomial(molecules, 1 / 3)
    profile, truth = (molecules > 0).mean(axis=0), (kept > 0).mean(axis=0)
    foretold = at_depth(profile, profile, (kept > 0).sum() / len(kept))
    some = (profile > 0.2) & (profile < 0.99)
    assert np.abs(foretold - truth)[some].mean() < 0.02 < np.abs(profile - truth)[some].mean() / 5


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(0, 400))
def test_less_depth_never_raises_a_share_nor_changes_their_order(seed, n_genes):
    profile = np.random.default_rng(seed).random(300)
    shares = np.sort(profile[:20])
    changed = at_depth(shares, profile, n_genes)
    assert (changed >= 0).all()
    assert (changed <= shares + 1e-12).all()
    assert (np.diff(changed) >= 0).all()


def test_as_many_genes_change_nothing():
    profile = np.linspace(0, 1, 50)
    assert at_depth(profile, profile, profile.sum() + 1e-9) is profile
    assert at_depth(profile, profile, 0.0)[-1] < 0.5  # no gene at all: the least depth


@pytest.mark.parametrize(("share", "supports"), [(0.9, True), (0.51, True), (0.49, False), (0.0, False)])
def test_a_gene_speaks_for_the_nearer_type(share, supports):
    assert Driver("G", of_label=True, share=share, share_label=0.9, share_rival=0.1).supports is supports
