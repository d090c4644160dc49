import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.step_context import StepContext
from build_bundle.differential import jobs as jobs_module
from build_bundle.differential import run
from build_bundle.differential.jobs import Bench
from build_bundle.differential.pieces import PIECES
from build_bundle.differential.settings import DifferentialSettings
from core.bundle.schema import CONTRASTS, DIFFERENTIAL, DIFFERENTIAL_BY_STUDY, EXPRESSION_BY_TYPE, MARKERS_BY_GENE
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, CD4, CD8, MARKERS, MONO, B, T

LABEL = "cell_type_ontology_term_id"
SETTINGS = DifferentialSettings(min_cells=30)
TABLES = (*PIECES, EXPRESSION_BY_TYPE)


@pytest.fixture(scope="module")
def done(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("differential")
    return run(StepContext(planted, {}, {}, SETTINGS, folder)), folder


def read(folder, spec):
    return pd.read_parquet(folder / spec.file)


def of(table, term, background="others"):
    return table[(table[LABEL] == term) & (table["background"] == background)]


def test_labels_and_wider_terms_are_tested_against_all_their_backgrounds(done):
    facts, folder = done
    assert (facts["n_types"], facts["n_wider"], facts["notes"]) == (6, 3, [])
    contrasts = read(folder, CONTRASTS).set_index([LABEL, "background"])
    assert contrasts.index.is_unique
    assert facts["n_tests"] >= contrasts["n_studies"].sum()
    assert set(contrasts.loc[(CD4, "siblings"), "compared_with"]) == {CD8}
    assert set(contrasts.loc[("CL:0000542", "siblings"), "compared_with"]) == {MONO}
    assert contrasts["same_study"].all()
    assert set(contrasts["method"]) == {"wilcoxon"}
    table = read(folder, DIFFERENTIAL)
    has_rank = table[table["rank"].notna()]
    for (term, background), row in contrasts.iterrows():
        mine = of(has_rank, term, background)
        assert (mine["log2_fold_change"] > 0).sum() == row["n_up"]
        assert (mine["log2_fold_change"] < 0).sum() == row["n_down"]


def test_planted_markers_come_first(done):
    table = read(done[1], DIFFERENTIAL)
    for term in (B, MONO, ALPHA):
        up = of(table, term)[lambda t: t["log2_fold_change"] > 0]
        assert set(up.nsmallest(8, "rank")["gene_symbol"]) <= set(MARKERS[term])
    assert of(table, MONO)["n_studies"].max() == 3


def test_a_gene_of_all_t_cells_is_specific_to_t_cells_and_not_to_one_kind(done):
    table = read(done[1], DIFFERENTIAL)
    t_cells, cd8 = (of(table, term).set_index("gene_symbol") for term in (T, CD8))
    assert t_cells.loc[["CD3D", "CD3E", "TRAC"], "specific"].astype(bool).all()
    assert not cd8.loc[["CD3D", "CD3E", "TRAC"], "specific"].astype(bool).any()
    assert cd8.loc[["CD8A", "CD8B", "GZMK"], "specific"].astype(bool).all()
    up = of(table, CD8, "siblings")[lambda t: t["log2_fold_change"] > 0]
    assert {"CD8A", "GZMK"} <= set(up.nsmallest(8, "rank")["gene_symbol"])


def test_rows_are_sorted_for_look_up_and_agree(done):
    folder = done[1]
    over, by_study = read(folder, DIFFERENTIAL), read(folder, DIFFERENTIAL_BY_STUDY)
    for spec, order in (
        (DIFFERENTIAL, [LABEL, "background"]),
        (DIFFERENTIAL_BY_STUDY, [LABEL, "background", "gene_symbol", "study"]),
        (MARKERS_BY_GENE, ["gene_symbol", "background", "p_value_adj"]),
    ):
        table = read(folder, spec)
        assert not table.duplicated(list(spec.key)).any()
        pd.testing.assert_frame_equal(table[order], table.sort_values(order, kind="stable")[order])
    keys = [LABEL, "background", "gene_symbol"]
    assert set(over[keys].itertuples(index=False)) == set(by_study[keys].itertuples(index=False))
    rows = by_study[by_study["gene_symbol"] == "MS4A1"]
    row = of(over, B)[lambda t: t["gene_symbol"] == "MS4A1"].iloc[0]
    behind = of(rows, B)
    assert row["n_studies"] == len(behind)
    assert np.isclose(row["log2_fold_change"], behind["log2_fold_change"].mean(), rtol=1e-5)
    assert np.isclose(row["p_value_adj"], behind["p_value_adj"].max())


def test_what_a_gene_marks_is_what_the_contrasts_say(done):
    folder = done[1]
    over, marks = read(folder, DIFFERENTIAL), read(folder, MARKERS_BY_GENE)
    assert (marks["p_value_adj"] < 0.05).all()
    both = marks.merge(over, on=[LABEL, "background", "gene_symbol"], suffixes=("", "_there"))
    assert len(both) == len(marks)
    for name in ("rank", "log2_fold_change", "p_value_adj", "mean_in", "specific"):
        pd.testing.assert_series_equal(both[name], both[f"{name}_there"], check_names=False)


def test_expression_by_type_is_the_mean_over_the_cells_that_measured_the_gene(done, planted):
    table = read(done[1], EXPRESSION_BY_TYPE)
    labels = planted.cells[LABEL].to_numpy()
    types = sorted(set(labels))
    measured = np.concatenate(
        [np.tile(row, (p.n_obs, 1)) for row, p in zip(planted.measured, planted.records, strict=True)]
    )
    values = np.zeros(measured.shape)
    for matrix in planted.matrices():
        x = matrix.x.toarray().astype(float)
        values[matrix.rows.start : matrix.rows.stop, matrix.genes] = np.log1p(1e4 * x / x.sum(axis=1, keepdims=True))
    for gene in (0, 100, len(planted.genes) - 1):
        for t, name in enumerate(types):
            mine = (labels == name) & measured[:, gene]
            row = table.iloc[gene]
            assert row["n_cells"][t] == mine.sum()
            assert row["mean"][t] == pytest.approx(values[mine, gene].mean() if mine.any() else 0, rel=1e-5)
            assert row["pct"][t] == pytest.approx((values[mine, gene] > 0).mean() if mine.any() else 0)


def test_unusual_types_are_named(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(
        tmp_path / "c", compositions={"lonely": {ALPHA: 80}, "blood": {B: 80, MONO: 80, CD4: 20, T: 4}}
    )
    facts = run(StepContext(corpus, {}, {}, DifferentialSettings(), tmp_path))
    notes = " ".join(facts["notes"])
    assert "they were tested with fewer in their largest study: T cell, CD4-positive" in notes
    assert "cells of other studies; differences between the studies are in the result: pancreatic A cell" in notes
    contrasts = read(tmp_path, CONTRASTS).set_index([LABEL, "background"])
    assert not contrasts.loc[(ALPHA, "others"), "same_study"]
    by_study = read(tmp_path, DIFFERENTIAL_BY_STUDY)
    assert not of(by_study, ALPHA)["same_study"].any()
    assert of(by_study, B)["same_study"].all()


def test_types_with_too_few_cells_are_named(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", compositions={"blood": {B: 80, MONO: 80, CD8: 4}})
    facts = run(StepContext(corpus, {}, {}, DifferentialSettings(wider_terms=False), tmp_path))
    assert facts["notes"] == [
        "Not tested for differential expression, under 10 cells in every study: CD8-positive, alpha-beta T cell."
    ]
    assert CD8 not in set(read(tmp_path, DIFFERENTIAL)[LABEL])


def test_a_study_of_two_files_is_one_study(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", compositions={"blood": {B: 80, MONO: 80}}, two_parts=["blood"])
    run(StepContext(corpus, {}, {}, DifferentialSettings(min_cells=20), tmp_path))
    assert set(read(tmp_path, DIFFERENTIAL)["n_studies"]) == {1}
    assert set(read(tmp_path, DIFFERENTIAL_BY_STUDY)["study"]) == {"blood"}


def test_several_processes_give_the_same_tables(done, planted, tmp_path, monkeypatch):
    monkeypatch.setattr(jobs_module, "SMALL", 0)
    run(StepContext(planted, {}, {}, DifferentialSettings(min_cells=30, workers=2), tmp_path))
    for spec in TABLES:
        assert (tmp_path / spec.file).read_bytes() == (done[1] / spec.file).read_bytes()


def test_a_killed_step_takes_up_its_finished_jobs(done, planted, tmp_path, monkeypatch):
    scratch, ran = tmp_path / "scratch", []
    whole = Bench.run

    def dies_after(n):
        def run_job(bench, job):
            if len(ran) == n:
                raise KeyboardInterrupt
            ran.append(job.file)
            whole(bench, job)

        return run_job

    context = StepContext(planted, {}, {}, SETTINGS, tmp_path, scratch=scratch)
    monkeypatch.setattr(Bench, "run", dies_after(6))
    with pytest.raises(KeyboardInterrupt):
        run(context)
    finished = set(ran)
    tested = []
    outcome = Bench._outcome
    monkeypatch.setattr(Bench, "run", whole)
    monkeypatch.setattr(Bench, "_outcome", lambda bench, c: (tested.append(c), outcome(bench, c))[1])
    facts = run(context)
    again = {f"{c.term.replace(':', '_')}@{c.part}.arrow" for c in tested}
    assert len(finished) == 6
    assert not again & finished
    assert facts == done[0]
    for spec in TABLES:
        assert (tmp_path / spec.file).read_bytes() == (done[1] / spec.file).read_bytes()


def test_a_method_that_cannot_work_is_replaced_and_named(planted, tmp_path):
    settings = DifferentialSettings(method="pseudobulk", min_cells=30, backgrounds=("others",), wider_terms=False)
    facts = run(StepContext(planted, {}, {}, settings, tmp_path))
    (note,) = facts["notes"]
    assert note.startswith("Tested with Wilcoxon's test instead of pseudobulk, because fewer than 2 replicates")
    assert note.endswith("ferreira2021, lindholm2019, okafor2020, tanaka2022.")
    assert set(read(tmp_path, CONTRASTS)["method"]) == {"wilcoxon"}


def test_pseudobulk_works_where_replicates_are_known(tmp_path):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", compositions={"blood": {B: 90, MONO: 90}})
    corpus.cells["replicate"] = [f"donor{i % 4}" for i in range(len(corpus.cells))]
    settings = DifferentialSettings(method="pseudobulk", backgrounds=("others",), wider_terms=False)
    facts = run(StepContext(corpus, {}, {}, settings, tmp_path))
    assert facts["notes"] == []
    table = read(tmp_path, DIFFERENTIAL)
    assert set(read(tmp_path, CONTRASTS)["method"]) == {"pseudobulk"}
    assert set(of(table, B).nsmallest(6, "p_value_adj")["gene_symbol"]) <= set(MARKERS[B]) | set(MARKERS[MONO])


def test_the_count_model_is_a_setting(planted, tmp_path):
    settings = DifferentialSettings(method="dropout", min_cells=30, backgrounds=("others",), wider_terms=False)
    facts = run(StepContext(planted, {}, {}, settings, tmp_path))
    assert facts["notes"] == []
    up = of(read(tmp_path, DIFFERENTIAL), ALPHA)[lambda t: t["log2_fold_change"] > 0]
    assert set(up.nsmallest(8, "rank")["gene_symbol"]) <= set(MARKERS[ALPHA])
