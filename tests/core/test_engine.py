"""The whole way on the planted world: file in, result folder out, and the views of it."""

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy import sparse

from core.bundle import schema
from core.bundle.publish import build_lock
from core.bundle.reader import Bundle
from core.engine import STAGES, Engine, QueryOptions, QueryResult, Selection
from core.errors import BundleError, ConfigError, InputError, LimitError, MatrixRefusedError
from core.explore.own_table import read_table
from core.expression.limits import DEFAULT_LIMITS
from core.jobs import JobCancelled
from core.search.exact import exact_search
from core.search.surroundings import expression_axes, steadied
from tests.republished import republish
from tests.worlds import ALPHA, CD4, MONO, B, write_h5ad, write_query


@pytest.fixture(scope="module")
def engine(tiny_bundle) -> Engine:
    return Engine.open([tiny_bundle], threads=1)


@pytest.fixture(scope="module")
def mutual(tiny_bundle, tmp_path_factory) -> Engine:
    """The planted bundle with another rule for the company of a cell."""
    out = tmp_path_factory.mktemp("mutual")
    with build_lock(out):
        recipe = {**Bundle.open(tiny_bundle).manifest.recipe, "one_sided": 0.0}
        return Engine.open([republish(tiny_bundle, out, {}, {}, recipe=recipe)], threads=1)


@pytest.fixture(scope="module")
def told() -> list[tuple]:
    return []


@pytest.fixture(scope="module")
def result(engine, tiny_query, tmp_path_factory, told) -> QueryResult:
    out = tmp_path_factory.mktemp("result") / "planted"
    work = tmp_path_factory.mktemp("work")
    return engine.annotate(
        tiny_query, out=out, progress=lambda *told_: told.append(told_), work=work, display_name="my cells"
    )


def truth(result: QueryResult) -> np.ndarray:
    return result.obs["planted_type_ontology_term_id"].to_numpy(dtype=object)


def test_planted_cells_are_called_what_they_are(result):
    right = result.labels["cell_type_ontology_term_id"].to_numpy(dtype=object) == truth(result)
    assert right.mean() > 0.9
    assert (result.labels["status"] == "confident").mean() > 0.5


def test_cells_that_no_study_holds_are_unknown(engine, tiny_world, tmp_path):
    query = write_query(tiny_world, tmp_path / "q.h5ad", composition={B: 20}, n_alien=20)
    found = engine.annotate(query, out=tmp_path / "out")
    alien = truth(found) == ""
    unknown = found.labels["status"].to_numpy() == "unknown"
    assert unknown[alien].mean() > 0.9
    assert unknown[~alien].mean() < 0.1
    assert found.report["counts"]["unknown"] == unknown.sum()


def test_neighbours_are_the_true_nearest(engine, result):
    reference = engine.bundles["planted"].embedding
    near = exact_search(reference, np.asarray(result.embedding), 100)
    np.testing.assert_allclose(result.distances, near.distances, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(result.embedding, axis=1), 1, rtol=1e-5)


def test_every_stage_is_told_in_order_and_timed(result, told):
    assert list(dict.fromkeys(t[0] for t in told)) == list(STAGES)
    assert all(0 <= t[1] <= 1 for t in told)
    assert list(result.report["timings"]) == list(STAGES)
    assert result.report["seconds"] == pytest.approx(sum(result.report["timings"].values()), abs=1e-3)
    assert result.report["peak_memory_bytes"] > 50e6  # of the whole process, here the one that runs the tests


def test_report(engine, result, tiny_bundle):
    report = result.report
    assert report["filename"] == "my cells"
    assert (report["n_cells"], report["n_genes"], report["n_matched"]) == (110, 300, 300)
    assert report["bundle"]["bundle_id"] == engine.bundles["planted"].manifest.bundle_id
    assert report["options"] == {"k": 100, "leave_out": [], "threshold": 0.5, "draw": 0}
    assert (report["k"], report["n_reference"]) == (100, 600)
    assert report["scale"] == "counts"
    assert all(set(f) == {"code", "title", "level", "text"} for f in report["findings"])
    assert sum(report["counts"].values()) == 110
    assert str(tiny_bundle) not in json.dumps(report)


def test_everything_for_users_and_page_is_there(result):
    names = {p.name for p in result.folder.iterdir()}
    assert names == {
        "labels.csv", "scores.parquet", "neighbors.parquet", "studies.csv", "methods.txt", "studies.bib", "report.json", "labels.parquet", "scores.npy",
        "neighbor_ids.npy", "distances.npy", "embedding.npy", "projection.parquet", "obs.parquet", "heatmap.npz", "expression",
    }  # fmt: skip
    assert not [p for p in result.folder.parent.iterdir() if p.name != result.folder.name]


def test_the_command_line_gives_the_same_numbers(engine, result, tiny_query, tiny_builds, tmp_path, capsys):
    from core.__main__ import main

    out = tmp_path / "cli"
    assert main(["annotate", str(tiny_query), "--bundle", str(tiny_builds), "--out", str(out)]) == 0
    mine = QueryResult.open(out)
    pd.testing.assert_frame_equal(mine.labels, result.labels)
    np.testing.assert_array_equal(mine.scores, result.scores)
    np.testing.assert_array_equal(mine.neighbor_ids, result.neighbor_ids)
    for name in ("labels.csv", "studies.csv"):
        assert (out / name).read_text() == (result.folder / name).read_text()
    assert "110 cells:" in capsys.readouterr().out
    with (out / "labels.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [r["cell_type"] for r in rows] == result.labels["cell_type"].tolist()
    scores = pq.read_table(out / "scores.parquet")
    assert scores.column_names[1:] == result.type_ids
    assert len(pq.read_table(out / "neighbors.parquet")) == 110 * 100


def test_left_out_studies_are_not_found(engine, tiny_query, tmp_path):
    left_out = ("tanaka2022", "ferreira2021")
    found = engine.annotate(tiny_query, out=tmp_path / "out", options=QueryOptions(leave_out=left_out))
    cells = engine.bundles["planted"].cells
    assert set(cells["study"].to_numpy()[found.neighbor_ids.ravel()]) == {"lindholm2019", "okafor2020"}
    assert ALPHA not in set(found.labels["cell_type_ontology_term_id"])
    assert found.report["options"]["leave_out"] == list(left_out)
    used = engine.studies(found, np.ones(110, dtype=bool))
    assert used.loc[used["study"].isin(left_out), "n_hits"].sum() == 0


def test_leaving_out_everything_is_refused_and_leaves_nothing(engine, tiny_query, tmp_path):
    every = tuple(engine.bundles["planted"].cells["study"].unique())
    with pytest.raises(InputError) as caught:
        engine.annotate(tiny_query, out=tmp_path / "out", options=QueryOptions(leave_out=every))
    assert caught.value.code == "nothing-left"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_study_is_refused_before_any_work(engine, tmp_path):
    with pytest.raises(InputError) as caught:
        engine.annotate(tmp_path / "none", out=tmp_path / "out", options=QueryOptions(leave_out=("nobody",)))
    assert caught.value.code == "unknown-study"


def test_more_neighbours_than_there_are_cells(engine, tiny_query, tmp_path):
    found = engine.annotate(tiny_query, out=tmp_path / "out", options=QueryOptions(k=1000))
    assert found.neighbor_ids.shape == (110, 600)
    assert found.report["k"] == 600
    assert found.report["options"]["k"] == 1000
    np.testing.assert_allclose(found.scores.sum(axis=1), 1, rtol=1e-4)


def test_one_neighbour(engine, tiny_query, tmp_path):
    found = engine.annotate(tiny_query, out=tmp_path / "out", options=QueryOptions(k=1))
    assert found.neighbor_ids.shape == (110, 1)
    assert set(found.labels["runner_up_ontology_term_id"]) == {""}
    assert set(found.labels["confidence"]) == {1.0}


def test_one_cell(engine, tiny_world, tmp_path):
    query = write_query(tiny_world, tmp_path / "q.h5ad", composition={MONO: 1})
    found = engine.annotate(query, out=tmp_path / "out")
    assert found.labels["cell_type"].tolist() == ["monocyte"]
    assert found.projection.shape == (1, 4)
    everything = engine.selection_mask(found, Selection.parse("all"))
    assert engine.heatmap(found).n_clusters == 1
    assert len(engine.studies(found, everything)) == 4


@pytest.mark.parametrize("stop_at", STAGES)
def test_cancelling_leaves_nothing_behind(engine, tiny_query, tmp_path, stop_at):
    def progress(stage: str, fraction: float, detail: str = "") -> None:
        if stage == stop_at:
            raise JobCancelled("cancelled")

    with pytest.raises(JobCancelled):
        engine.annotate(tiny_query, out=tmp_path / "out", progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_findings_are_there_before_the_answer(engine, tiny_query, tmp_path):
    seen = []

    def progress(stage: str, fraction: float, detail: str = "") -> None:
        if stage == "normalise" and not seen:
            seen.extend(json.loads((tmp_path / "findings.json").read_text()))

    engine.annotate(tiny_query, out=tmp_path / "out", progress=progress, work=tmp_path)
    assert {f["title"] for f in seen} >= {"Scale", "Genes"}


def test_a_folder_with_something_in_it_is_not_overwritten(engine, tiny_query, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError) as caught:
        engine.annotate(tiny_query, out=tmp_path)
    assert caught.value.code == "out-exists"
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_another_threshold_is_judged_without_searching(engine, result):
    strict, same = engine.result(result.folder, threshold=1.0), engine.result(result.folder)
    unsure = strict.labels["confidence"] < 1
    assert set(strict.labels["status"][unsure]) <= {"ambiguous", "unknown"}
    assert strict.report["options"]["threshold"] == 1.0
    assert strict.labels["cell_type"].equals(result.labels["cell_type"])
    pd.testing.assert_frame_equal(same.labels, result.labels)
    assert engine.with_threshold(same, 0.5) is same
    assert engine.result(result.folder, threshold=1.0) is strict
    with pytest.raises(InputError):
        engine.result(result.folder, threshold=2)


def test_results_are_kept_but_not_all_of_them(engine, result, monkeypatch):
    assert engine.result(result.folder) is engine.result(result.folder)
    monkeypatch.setattr("core.served._KEPT_RESULTS", 2)
    first = engine.result(result.folder)
    for threshold in (0.1, 0.2, 0.3):
        engine.result(result.folder, threshold=threshold)
    assert engine.result(result.folder) is not first


def test_no_result(engine, tmp_path):
    with pytest.raises(InputError) as caught:
        engine.result(tmp_path)
    assert caught.value.code == "no-result"


def test_a_result_of_another_generation_is_refused(engine, result, tmp_path):
    report = json.loads((result.folder / "report.json").read_text())
    report["bundle"]["bundle_id"] = "0" * 12
    (tmp_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(InputError, match="another version of the reference") as caught:
        engine.result(tmp_path)
    assert caught.value.code == "reference-changed"


def test_embed_gives_the_same_embedding(engine, result, tiny_query):
    np.testing.assert_array_equal(engine.embed(tiny_query), result.embedding)


def test_cells_are_drawn_by_the_rule_of_their_reference(mutual, tiny_query):
    """The planted bundle counts all company alike; here what a cell does not have in its own counts nothing."""
    from core.expression.formats import read_matrix

    encoder, matrix = mutual.reference("planted").encoder, read_matrix(tiny_query).matrix
    z = np.concatenate(list(encoder.batches(matrix)))[:, : encoder.inputs.n_vocab]
    alone, directions = encoder.encode(matrix), expression_axes(z)(z)
    found = mutual.embed(tiny_query)
    np.testing.assert_allclose(found, steadied(alone, directions, 0.0), atol=1e-4)
    assert np.abs(found - steadied(alone, directions)).max() > 0.01


def test_expression_of_the_query(engine, result, tiny_query):
    from core.expression.formats import read_matrix

    raw = read_matrix(tiny_query).matrix
    x = np.asarray(raw.x.todense(), dtype=float)
    expected = np.log1p(1e4 * x[:, raw.var_names.tolist().index("LYZ")] / x.sum(axis=1))
    np.testing.assert_allclose(result.expression("LYZ"), expected, rtol=1e-5)


def shuffled(tiny_world, path: Path, rename) -> Path:
    """Write planted cells under other gene names."""
    cells = tiny_world.draw("query", {B: 10, CD4: 10}, seed=3)
    write_h5ad(
        path, sparse.csr_matrix(cells.counts), [f"c{i}" for i in range(20)], [rename(g) for g in tiny_world.genes], {}
    )
    return path


def test_nonsense_genes_are_refused_with_findings(engine, tiny_world, tmp_path):
    query = shuffled(tiny_world, tmp_path / "q.h5ad", lambda g: f"probe_{abs(hash(g)) % 10**8}")
    with pytest.raises(MatrixRefusedError) as caught:
        engine.annotate(query, out=tmp_path / "out")
    assert caught.value.message
    assert caught.value.next_step
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def mouse_bundle(tiny_bundle, tmp_path_factory) -> Path:
    """The planted bundle with its genes written as mouse genes are."""
    human = Bundle.open(tiny_bundle)
    frames = {spec: human.frame(spec) for spec in schema.TABLES if "gene_symbol" in spec.arrow_schema.names}
    tables = {
        spec: frame.assign(gene_symbol=[g.capitalize() for g in frame["gene_symbol"]]) for spec, frame in frames.items()
    }
    facts = {
        "organism": "mouse",
        "organism_ontology_term_id": "NCBITaxon:10090",
        "name": "planted-mouse",
        "title": "Mice",
    }
    out = tmp_path_factory.mktemp("mouse")
    with build_lock(out):
        return republish(tiny_bundle, out, tables, {}, **facts)


def test_cells_of_another_organism_are_sent_to_the_bundle_that_fits(tiny_bundle, mouse_bundle, tiny_world, tmp_path):
    query = shuffled(tiny_world, tmp_path / "q.h5ad", str.capitalize)
    both = Engine.open([tiny_bundle, mouse_bundle], threads=1)
    assert both.default == "planted"
    with pytest.raises(MatrixRefusedError, match="mouse") as caught:
        both.annotate(query, out=tmp_path / "out")
    assert caught.value.code == "wrong-species"
    assert caught.value.next_step == 'Choose the reference "Mice" (mouse) and search again.'
    assert caught.value.findings
    found = both.annotate(query, out=tmp_path / "out", bundle="planted-mouse")
    assert found.report["bundle"]["organism"] == "mouse"
    with pytest.raises(MatrixRefusedError) as caught:
        Engine.open([tiny_bundle], threads=1).annotate(query, out=tmp_path / "other")
    assert "Mice" not in caught.value.next_step


def test_nonsense_fits_no_bundle(tiny_bundle, mouse_bundle, tiny_world, tmp_path):
    query = shuffled(tiny_world, tmp_path / "q.h5ad", lambda g: f"probe_{abs(hash(g)) % 10**8}")
    with pytest.raises(MatrixRefusedError) as caught:
        Engine.open([tiny_bundle, mouse_bundle], threads=1).annotate(query, out=tmp_path / "out")
    assert "Choose the reference" not in caught.value.next_step


def test_two_bundles_of_one_name_are_refused(tiny_bundle):
    with pytest.raises(ConfigError, match="Two data bundles are named 'planted'"):
        Engine.open([tiny_bundle, tiny_bundle])


def test_no_bundle():
    with pytest.raises(ConfigError, match="no data bundle"):
        Engine({})


def test_a_folder_that_is_no_bundle(tmp_path):
    with pytest.raises(BundleError):
        Engine.open([tmp_path])


def test_an_unknown_bundle_is_named_with_those_served(engine, tiny_query, tmp_path):
    with pytest.raises(InputError, match="no reference named 'moon'") as caught:
        engine.annotate(tiny_query, out=tmp_path / "out", bundle="moon")
    assert "planted" in caught.value.next_step


def test_canary(engine, tiny_bundle):
    assert engine.canary() == []
    assert engine.canary("planted") == []
    sick = Bundle.open(tiny_bundle)
    tensors = sick.tensors("canary.safetensors")
    sick.tensors = lambda name: (
        {**tensors, "embedding": tensors["embedding"] + 1} if "canary" in name else Bundle.tensors(sick, name)
    )
    problems = Engine({"sick": sick}, threads=1).canary()
    assert len(problems) == 1
    assert problems[0].startswith("sick: The encoder gives other numbers")


def test_views_agree_with_each_other(engine, result):
    everything = engine.selection_mask(result, engine.parse_selection("all"))
    assert everything.all()
    chosen = engine.selection_mask(result, engine.parse_selection(f"type:{B}"))
    known = (result.labels["status"] != "unknown").to_numpy()
    assert (chosen == ((result.labels["cell_type_ontology_term_id"] == B).to_numpy() & known)).all()
    assert engine.describe(result, engine.parse_selection(f"type:{B}")).n_selected == chosen.sum()
    assert engine.heatmap(result, 4).n_clusters == 4
    assert engine.projection(result, "raw").query_xy.shape == (110, 2)
    assert engine.composition(result, chosen).n_selected == chosen.sum()
    assert engine.ontology_view(result, everything).n_query[B] > 0
    assert engine.studies(result, everything)["n_hits"].sum() == 110 * 100


def test_type_views(engine, result):
    everything = np.ones(110, dtype=bool)
    assert engine.type_card(result, B, everything).name == "B cell"
    assert "MS4A1" in engine.gene_heatmap(result, B, everything).genes
    assert "MS4A1" in engine.volcano(result, B).genes
    for view in (engine.type_card, engine.gene_heatmap):
        with pytest.raises(InputError) as caught:
            view(result, "CL:9999999", everything)
        assert caught.value.code == "unknown-type"
    with pytest.raises(InputError):
        engine.volcano(result, "CL:9999999")


def test_summary_and_ranks(engine, result):
    assert engine.summary(result, np.ones(110, dtype=bool)).title
    assert B in engine.type_ranks(result)


def test_reference_view_is_made_once(engine):
    assert engine.reference_view("planted") is engine.reference_view("planted")
    with pytest.raises(InputError):
        engine.reference_view("moon")


def test_too_many_cells(tiny_bundle, tiny_query, tmp_path):
    small = Engine.open([tiny_bundle], limits=replace(DEFAULT_LIMITS, max_cells=100))
    with pytest.raises(LimitError, match="110 cells"):
        small.annotate(tiny_query, out=tmp_path / "out")


def test_the_import_is_light():
    code = (
        "import sys, core.engine; print([m for m in ('anndata', 'sklearn', 'nmslib', 'h5py', 'keras', 'jax', 'dash', 'plotly',"
        "'tqdm', 'scipy.stats', 'scipy.optimize') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_a_table_of_the_cells_is_seen_at_once_and_read_once(engine, result, tmp_path, monkeypatch):
    table, cell = tmp_path / "table.csv", result.cell_ids[1]
    plain = engine.result(result.folder, cell_table=table)
    assert plain is engine.result(result.folder)
    reads = []
    monkeypatch.setattr("core.served.read_table", lambda *given, **more: reads.append(1) or read_table(*given, **more))
    for column in ("one", "three"):
        table.write_text(f"cell,{column}\n{cell},a\n")
        known = engine.result(result.folder, cell_table=table)
        assert known.obs[column].tolist()[:2] == [None, "a"]
        assert known is engine.result(result.folder, cell_table=table)
        assert engine.result(result.folder, threshold=0.9, level=2, cell_table=table).obs.columns[0] == column
    assert len(reads) == 2
    assert engine.result(result.folder).obs.shape[1] == plain.obs.shape[1] == known.obs.shape[1] - 1
    table.unlink()
    assert engine.result(result.folder, cell_table=table) is engine.result(result.folder)


def test_some_cells_of_a_file_that_is_too_large(tiny_bundle, tiny_query, result, tmp_path):
    from core.errors import LimitError
    from core.expression.limits import Limits

    small = Engine.open([tiny_bundle], limits=Limits(max_cells=60))
    with pytest.raises(LimitError) as caught:
        small.annotate(tiny_query, out=tmp_path / "all")
    assert (caught.value.code, caught.value.fits) == ("too-many-cells", 60)
    found = small.annotate(tiny_query, out=tmp_path / "some", options=QueryOptions(draw=60))
    assert len(found.labels) == 60
    names = result.labels["cell_id"].tolist()
    assert [n for n in names if n in set(found.labels["cell_id"])] == found.labels["cell_id"].tolist()
    assert "60 of the file's 110 cells were drawn at random." in (found.folder / "methods.txt").read_text()
    assert found.report["n_cells_file"] == 110
    table = tmp_path / "cells.csv"
    table.write_text("cell,arm\n" + "".join(f"{name},late\n" for name in names))
    assert small.own_table(found.folder, table).rest() == "50 more rows; 50 cells of the file were not drawn"
    assert len(small.annotate(tiny_query, out=tmp_path / "more", options=QueryOptions(draw=99)).labels) == 60


def test_a_query_that_would_need_too_much_memory_is_refused_before_it_begins(tiny_bundle, tiny_query, tmp_path):
    from core.errors import LimitError
    from core.expression.limits import Limits

    small = Engine.open([tiny_bundle], limits=Limits(query_memory_bytes=500_100_000))
    stages = []
    with pytest.raises(LimitError) as caught:
        small.annotate(tiny_query, out=tmp_path / "all", progress=lambda stage, *_: stages.append(stage))
    assert caught.value.code == "too-big"
    assert 0 < caught.value.fits < 110
    assert set(stages) == {"read", "check"}
    options = QueryOptions(draw=caught.value.fits)
    assert len(small.annotate(tiny_query, out=tmp_path / "some", options=options).labels) == caught.value.fits
