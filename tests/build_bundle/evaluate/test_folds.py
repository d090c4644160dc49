from dataclasses import replace

import pandas as pd
import pytest

from build_bundle.evaluate.folds import held_out_pairs, inner_folds, study_folds, types_left_out
from build_bundle.evaluate.settings import EvaluateSettings
from core.errors import ConfigError
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, CD4, MONO, B, T

DEFAULT = EvaluateSettings()


def test_named_folds_are_taken_as_they_are(planted):
    folds = (("okafor2020", "tanaka2022"), ("lindholm2019",))
    assert study_folds(planted, replace(DEFAULT, folds=folds)) == folds
    with pytest.raises(ConfigError, match="nobody2020, which is not in the reference"):
        study_folds(planted, replace(DEFAULT, folds=(("nobody2020",),)))


def test_automatic_folds_leave_each_study_out_once(planted):
    assert sorted(s for fold in study_folds(planted, DEFAULT) for s in fold) == sorted(planted.reference)
    assert len(study_folds(planted, DEFAULT)) == 4
    assert study_folds(planted, replace(DEFAULT, max_folds=0)) == ()


def test_studies_that_share_types_come_apart(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={
        "blood1": {B: 30, MONO: 30}, "blood2": {B: 20, MONO: 20}, "islet1": {ALPHA: 30, T: 15}, "islet2": {ALPHA: 25},
        "alone": {CD4: 40},
    })  # fmt: skip
    folds = study_folds(corpus, replace(DEFAULT, max_folds=2))
    assert len(folds) == 2
    for fold in folds:
        assert len({"blood1", "blood2"} & set(fold)) == len({"islet1", "islet2"} & set(fold)) == 1
    assert not any("alone" in fold for fold in folds)  # nobody could answer for it


def test_models_are_chosen_on_studies_that_are_not_tested_on(planted):
    tested, *others = planted.reference
    folds = inner_folds(planted, [tested], 2)
    assert len(folds) == 2
    assert sorted(study for fold in folds for study in fold) == sorted(others)


def test_a_group_that_leaves_nothing_to_train_on_is_none(planted):
    assert inner_folds(planted, planted.reference[:1], 1) == ()


@pytest.mark.parametrize(("share", "n_left_out"), [(0.0, 0), (0.01, 1), (0.5, 2), (1.0, 3)])
def test_types_that_the_rest_shall_lack_are_left_out_of_every_study(tmp_path, share, n_left_out):
    corpus = planted_corpus(
        tmp_path,
        compositions={"a": {B: 20, MONO: 20, T: 20, CD4: 20}, "b": {B: 20, MONO: 20, T: 20}, "c": {ALPHA: 20, T: 20}},
    )
    found = types_left_out(corpus, ["a"], share, seed=0)
    types = {term for term, _ in found}
    assert len(types) == n_left_out
    assert types <= {B, MONO, T}, "CD4 and ALPHA are on one side alone"
    assert found == {(term, study) for term in types for study in ("a", "b", "c")}


def test_the_median_study_of_a_type_is_held_out_and_of_two_the_smaller():
    table = [("a", "s1", 5), ("a", "s2", 9), ("a", "s3", 7), ("b", "s1", 4), ("b", "s2", 3), ("c", "s1", 8),
             ("d", "s1", 1), ("d", "s2", 2), ("d", "s3", 3), ("d", "s4", 4)]  # fmt: skip
    cells = pd.DataFrame(
        [(t, s) for t, s, n in table for _ in range(n)], columns=["cell_type_ontology_term_id", "study"]
    )
    assert held_out_pairs(cells) == {("a", "s3"), ("b", "s2"), ("d", "s2")}


@pytest.mark.parametrize("wrong", [
    {"models": ("raw",)}, {"models": ("encoder", "magic")}, {"k": 0}, {"max_folds": -1}, {"quantile": 0.0},
    {"folds": (("a",), ("a", "b"))},
])  # fmt: skip
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError, match=r"\[evaluate\]"):
        EvaluateSettings(**wrong)
