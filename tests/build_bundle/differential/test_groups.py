from dataclasses import replace

import numpy as np
import pytest

from build_bundle.differential.groups import Planner
from build_bundle.differential.settings import DifferentialSettings
from core.errors import ConfigError
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, CD4, CD8, MONO, B, T

SETTINGS = DifferentialSettings(min_cells=40, fewest_cells=10, max_cells=60, backgrounds=("others",), wider_terms=False)
ALL = replace(SETTINGS, backgrounds=("others", "siblings", "parent"), wider_terms=True)
LYMPHOCYTE = "CL:0000542"
LABEL = "cell_type_ontology_term_id"


def planned(corpus, settings=SETTINGS, seed=0):
    planner = Planner(corpus, settings, seed=seed)
    return planner, {plan.term: plan for plan in planner.plans()}


def test_every_study_with_enough_cells_is_tested_against_its_own_other_types(planted):
    planner, plans = planned(planted)
    plan = plans[MONO]
    assert sorted(c.part for c in plan.comparisons) == ["lindholm2019", "okafor2020", "tanaka2022"]
    assert plan.remark == ""
    types = planted.cells[LABEL]
    for comparison in plan.comparisons:
        inside, outside = planner.cells_of(comparison)
        assert set(planted.cells.loc[inside, "part"]) == {comparison.part}
        assert set(types[inside]) == {MONO}
        assert set(planted.cells.loc[outside, "part"]) == {comparison.part}
        assert MONO not in set(types[outside])
        assert set(types[outside]) == set(comparison.against)
        assert len(inside) + len(outside) == planner.n_cells(comparison)


def test_the_background_is_even_over_types_as_far_as_they_reach(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {B: 50, CD4: 200, CD8: 10, MONO: 200}})
    planner, plans = planned(corpus, replace(SETTINGS, max_cells=100))
    (comparison,) = plans[B].comparisons
    inside, outside = planner.cells_of(comparison)
    assert corpus.cells.loc[outside, LABEL].value_counts().to_dict() == {CD4: 45, MONO: 45, CD8: 10}
    assert len(inside) == 50


def test_siblings_and_the_rest_of_the_parent_come_from_the_same_study(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {CD4: 60, CD8: 200, T: 20, B: 40, MONO: 50}, "t": {CD8: 99}})
    planner, plans = planned(corpus, replace(ALL, max_cells=100))
    found = {c.background: c for c in plans[B].comparisons}
    assert found["siblings"].against == found["parent"].against == tuple(sorted([T, CD4, CD8]))
    sizes = {
        background: corpus.cells.loc[planner.cells_of(found[background])[1], LABEL].value_counts().to_dict()
        for background in ("siblings", "parent")
    }
    assert sizes["siblings"] == {T: 20, CD4: 40, CD8: 40}  # even
    assert sizes["parent"][CD8] > 60  # as the cells come
    assert all(c.same_study and c.part == "s" for c in plans[CD4].comparisons)
    assert [c.background for c in plans[CD4].comparisons] == ["others", "siblings"]  # its parent has nothing more


def test_a_wider_label_is_left_out_but_for_the_rest_of_the_parent(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {CD4: 60, CD8: 50, T: 40, B: 50, MONO: 50}})
    _, plans = planned(corpus, ALL)
    mature = {c.background: set(c.against) for c in plans["CL:0000791"].comparisons}
    assert mature == {"others": {B, MONO}, "siblings": {B}, "parent": {B, T}}


def test_wider_terms_take_their_labels_evenly_and_never_another_study(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {CD4: 200, B: 30, MONO: 50}, "t": {ALPHA: 90}})
    planner, plans = planned(corpus, replace(ALL, max_cells=60))
    others = next(c for c in plans[LYMPHOCYTE].comparisons if c.background == "others")
    inside, outside = planner.cells_of(others)
    assert corpus.cells.loc[inside, LABEL].value_counts().to_dict() == {CD4: 30, B: 30}
    assert set(corpus.cells.loc[outside, LABEL]) == {MONO}
    assert all(c.same_study for plan in plans.values() for c in plan.comparisons if plan.term != ALPHA)


def test_a_type_without_enough_cells_anywhere_is_tested_where_it_has_most(planted):
    _, plans = planned(planted, replace(SETTINGS, min_cells=65))
    assert [c.part for c in plans[CD8].comparisons] == ["lindholm2019"]
    assert plans[CD8].remark == "few cells"
    _, plans = planned(planted, replace(SETTINGS, min_cells=65, fewest_cells=60))
    assert plans[CD8].remark == "too few cells"


def test_a_study_with_few_cells_beside_others_is_better_than_a_large_one_without(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lonely": {ALPHA: 90}, "mixed": {ALPHA: 15, B: 45}})
    _, plans = planned(corpus)
    (comparison,) = plans[ALPHA].comparisons
    assert (comparison.part, comparison.same_study, plans[ALPHA].remark) == ("mixed", True, "few cells")


def test_a_study_of_one_type_borrows_a_background_and_says_so(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lonely": {ALPHA: 50}, "blood": {B: 45, MONO: 45}})
    planner, plans = planned(corpus, ALL)
    (comparison,) = plans[ALPHA].comparisons
    assert (comparison.background, comparison.same_study) == ("others", False)
    assert plans[ALPHA].remark == "other studies as background"
    assert set(corpus.cells.loc[planner.cells_of(comparison)[1], "part"]) == {"blood"}


def test_the_other_file_of_the_same_study_comes_before_other_studies(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"two": {B: 40, MONO: 40}, "more": {CD4: 60}}, two_parts=["two"])
    cells = corpus.cells  # the world mixes types: sort them so that each file has one
    first = cells["part"] == "two_a"
    cells.loc[first, LABEL] = B
    cells.loc[cells["part"] == "two_b", LABEL] = MONO
    _, plans = planned(corpus, replace(SETTINGS, min_cells=20))
    mono = plans[MONO].comparisons
    assert [(c.sources, c.same_study) for c in mono] == [(("two_a",), True)]
    assert plans[MONO].remark == ""


def test_a_background_must_share_half_the_genes(tmp_path):
    corpus = planted_corpus(
        tmp_path, compositions={"lonely": {ALPHA: 50}, "blood": {B: 45, MONO: 45}}, panels={"blood": slice(0, 100)}
    )
    _, plans = planned(corpus)
    assert plans[ALPHA].comparisons == ()
    assert plans[ALPHA].remark == "no background"


def test_a_handful_of_other_cells_is_no_background(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"s": {ALPHA: 50, T: 5}})
    _, plans = planned(corpus)
    assert plans[ALPHA].remark == "no background"
    assert plans[T].remark == "too few cells"


def test_samples_follow_from_seed_and_names_alone(planted):
    def outside(seed):
        planner, plans = planned(planted, seed=seed)
        return planner.cells_of(plans[MONO].comparisons[0])[1]

    assert np.array_equal(outside(0), outside(0))
    assert not np.array_equal(outside(0), outside(1))


@pytest.mark.parametrize("wrong", [
    {"min_cells": 1}, {"max_rows": 0}, {"significance": 1.0}, {"fewest_cells": 80, "min_cells": 75},
    {"backgrounds": ()}, {"workers": -1},
])  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"\[differential\]"):
        DifferentialSettings(**wrong)
