from dataclasses import replace

import numpy as np
import pytest

from build_bundle.differential.groups import plan_types
from build_bundle.differential.settings import DifferentialSettings
from core.errors import ConfigError
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, CD4, CD8, MONO, B, T

SETTINGS = DifferentialSettings(min_cells=40, fewest_cells=10, max_cells=60)


def plans(corpus, settings=SETTINGS, seed=0):
    return {plan.type_id: plan for plan in plan_types(corpus, settings, seed=seed)}


def test_every_study_with_enough_cells_is_tested_against_its_own_other_types(planted):
    plan = plans(planted)[MONO]
    assert sorted(c.part for c in plan.comparisons) == ["lindholm2019", "okafor2020", "tanaka2022"]
    assert plan.remark == ""
    types = planted.cells["cell_type_ontology_term_id"]
    for comparison in plan.comparisons:
        assert set(planted.cells.loc[comparison.inside, "part"]) == {comparison.part}
        assert set(types[comparison.inside]) == {MONO}
        assert set(planted.cells.loc[comparison.outside, "part"]) == {comparison.part}
        assert MONO not in set(types[comparison.outside])
        assert len(comparison.outside) <= 60


def test_the_background_is_even_over_types_as_far_as_they_reach(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {B: 50, CD4: 200, CD8: 10, MONO: 200}})
    (comparison,) = plans(corpus, replace(SETTINGS, max_cells=100))[B].comparisons
    sizes = corpus.cells.loc[comparison.outside, "cell_type_ontology_term_id"].value_counts()
    assert sizes.to_dict() == {CD4: 45, MONO: 45, CD8: 10}
    assert len(comparison.inside) == 50


def test_a_type_without_enough_cells_anywhere_is_tested_where_it_has_most(planted):
    plan = plans(planted, replace(SETTINGS, min_cells=65))[CD8]
    assert [c.part for c in plan.comparisons] == ["lindholm2019"]
    assert plan.remark == "few cells"
    assert plans(planted, DifferentialSettings(min_cells=65, fewest_cells=60))[CD8].remark == "too few cells"


def test_a_study_of_one_type_borrows_a_background_and_says_so(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lonely": {ALPHA: 50}, "blood": {B: 45, MONO: 45}})
    plan = plans(corpus)[ALPHA]
    (comparison,) = plan.comparisons
    assert comparison.foreign
    assert plan.remark == "other studies as background"
    assert set(corpus.cells.loc[comparison.outside, "part"]) == {"blood"}


def test_a_background_must_share_half_the_genes(tmp_path):
    corpus = planted_corpus(
        tmp_path, compositions={"lonely": {ALPHA: 50}, "blood": {B: 45, MONO: 45}}, panels={"blood": slice(0, 100)}
    )
    plan = plans(corpus)[ALPHA]
    assert plan.comparisons == ()
    assert plan.remark == "no background"


def test_a_handful_of_other_cells_is_no_background(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {ALPHA: 50, T: 5}})
    assert plans(corpus)[ALPHA].remark == "no background"
    assert plans(corpus)[T].remark == "too few cells"


def test_samples_follow_from_seed_and_names_alone(tmp_path, planted):
    again = plans(planted)[MONO].comparisons[0]
    assert np.array_equal(again.outside, plans(planted)[MONO].comparisons[0].outside)
    assert not np.array_equal(again.outside, plans(planted, seed=1)[MONO].comparisons[0].outside)


@pytest.mark.parametrize("wrong", [
    {"min_cells": 1}, {"max_rows": 0}, {"significance": 1.0}, {"fewest_cells": 80, "min_cells": 75},
])  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"\[differential\]"):
        DifferentialSettings(**wrong)
