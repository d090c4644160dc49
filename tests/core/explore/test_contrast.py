import numpy as np
import pytest

from core.explore.contrast import backgrounds_of, contrast_of, study_effects, term_of_tests
from tests.worlds import CD4, CD8, B


def test_a_contrast_in_words(answered):
    contrast = contrast_of(answered.bundle, CD4, "siblings")
    assert contrast.compared_with == ("CD8-positive, alpha-beta T cell",)
    assert contrast.words == "its sibling types"
    assert contrast.tested_as == ""
    assert contrast.same_study
    assert backgrounds_of(answered.bundle, CD4) == ("others", "siblings")
    assert contrast_of(answered.bundle, CD4, "parent") is None


def test_a_term_with_the_same_cells_is_tested_as_the_narrower_one(answered):
    """Every B-lineage lymphocyte of the planted world is a B cell; not every lymphocyte is."""
    assert term_of_tests(answered.bundle, "CL:0000945") == B
    assert contrast_of(answered.bundle, "CL:0000945").tested_as == "B cell"
    assert term_of_tests(answered.bundle, "CL:0000542") == "CL:0000542"
    assert contrast_of(answered.bundle, "CL:0000000") is None


def test_effects_by_study(answered):
    view = study_effects(answered.bundle, B, "MS4A1")
    tests = answered.bundle.gene_by_study(B, "MS4A1").set_index("study")
    assert set(view.studies["study"]) == set(tests.index)
    assert (np.diff(view.studies["n_in"]) <= 0).all()
    first = view.studies.iloc[0]
    np.testing.assert_allclose(
        [first["low"], first["high"]],
        tests.loc[first["study"], "log2_fold_change"] + np.array([-1.959964, 1.959964]) * tests.loc[first["study"], "log2_fold_change_se"],
        rtol=1e-5,
    )  # fmt: skip
    assert view.low < view.log2_fold_change < view.high
    assert view.log2_fold_change == pytest.approx(tests["log2_fold_change"].mean(), rel=1e-5)
    assert 0 <= view.i2 <= 1
    assert (view.studies["accession"].str.len() > 0).all()


def test_another_background_has_other_tests(answered):
    others, siblings = (study_effects(answered.bundle, CD8, "CD8A", b) for b in ("others", "siblings"))
    assert others.log2_fold_change != siblings.log2_fold_change


@pytest.mark.parametrize(("term", "gene"), [(B, "NO-SUCH"), ("CL:0000000", "MS4A1")])
def test_no_tests(answered, term, gene):
    view = study_effects(answered.bundle, term, gene)
    assert view.studies.empty
    assert (view.log2_fold_change, view.low, view.high, view.i2) == (None, None, None, None)
