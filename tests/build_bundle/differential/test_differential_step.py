import numpy as np
import pandas as pd

from build_bundle.differential import run
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.step import StepContext
from core.bundle.schema import DIFFERENTIAL, DIFFERENTIAL_BY_STUDY
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, CD4, MARKERS, MONO, B, T


def tables(corpus, folder, settings):
    facts = run(StepContext(corpus, {}, {}, settings, folder))
    return facts, pd.read_parquet(folder / DIFFERENTIAL.file), pd.read_parquet(folder / DIFFERENTIAL_BY_STUDY.file)


def test_both_tables_are_grouped_by_type_and_name_the_planted_markers(planted, tmp_path):
    facts, over, by_study = tables(planted, tmp_path, DifferentialSettings(min_cells=30))
    assert facts["n_types"] == 6
    assert facts["n_tests"] == 13
    assert facts["notes"] == []
    for table in (over, by_study):
        groups = table["cell_type_ontology_term_id"]
        assert (groups != groups.shift()).sum() == groups.nunique()
    assert not over.duplicated(list(DIFFERENTIAL.key)).any()
    assert not by_study.duplicated(list(DIFFERENTIAL_BY_STUDY.key)).any()
    up = over[(over["cell_type_ontology_term_id"] == MONO) & (over["log2_fold_change"] > 0)]
    assert len(set(up["gene_symbol"].head(12)) & set(MARKERS[MONO])) >= 10
    assert up["n_studies"].iloc[0] == 3
    pairs = set(zip(over["cell_type_ontology_term_id"], over["gene_symbol"], strict=True))
    behind = set(zip(by_study["cell_type_ontology_term_id"], by_study["gene_symbol"], strict=True))
    assert pairs == behind
    of_b = by_study[(by_study["cell_type_ontology_term_id"] == B) & (by_study["gene_symbol"] == "MS4A1")]
    row = over[(over["cell_type_ontology_term_id"] == B) & (over["gene_symbol"] == "MS4A1")].iloc[0]
    assert row["n_studies"] == len(of_b)
    assert np.isclose(row["log2_fold_change"], of_b["log2_fold_change"].mean(), rtol=1e-5)
    assert np.isclose(row["p_value_adj"], of_b["p_value_adj"].max())


def test_unusual_types_are_named(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(
        tmp_path / "c", compositions={"lonely": {ALPHA: 80}, "blood": {B: 80, MONO: 80, CD4: 20, T: 4}}
    )
    facts, over, _ = tables(corpus, tmp_path, DifferentialSettings())
    notes = " ".join(facts["notes"])
    assert "75 cells of these types; they were tested with fewer in their largest study: CD4-positive" in notes
    assert "cells of other studies; differences between the studies are in the result: pancreatic A cell" in notes
    assert "under 10 cells in every study: T cell" in notes
    assert T not in set(over["cell_type_ontology_term_id"])


def test_a_study_of_two_files_is_one_study(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", compositions={"blood": {B: 80, MONO: 80}}, two_parts=["blood"])
    _, over, by_study = tables(corpus, tmp_path, DifferentialSettings(min_cells=20))
    assert set(over["n_studies"]) == {1}
    assert set(by_study["study"]) == {"blood"}
