import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.step_context import StepContext
from build_bundle.evaluate import run
from build_bundle.evaluate.calibration import calibration_table
from build_bundle.evaluate.confidence import learn_confidence
from build_bundle.evaluate.evaluation_step import evaluate, planned, trust_of
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.train import run as train
from core.bundle.manifest import ConfidenceFacts
from core.bundle.schema import CALIBRATION, EVALUATION
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MONO, B

SETTINGS = EvaluateSettings(models=("encoder", "pca_100"), max_folds=2, bootstrap=50, min_reference=10)


@pytest.fixture(scope="module")
def quick(quick_training):
    return replace(quick_training, n_nets=1, epochs=4)


def context(corpus, folder, settings, training):
    (folder / "train").mkdir(parents=True)
    (folder / "evaluate").mkdir()
    facts = train(StepContext(corpus, {}, {}, training, folder / "train"))
    return StepContext(
        corpus,
        {"train": folder / "train"},
        {"train": facts},
        settings,
        folder / "evaluate",
        all_settings={"train": training},
    )


def test_reference_studies_are_judged_by_retrained_networks_and_held_out_ones_by_the_bundles_own(tmp_path, quick):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", held_out=["tanaka2022"])
    told = []
    step = replace(context(corpus, tmp_path, SETTINGS, quick), progress=lambda share, text: told.append((share, text)))
    facts = json.loads(json.dumps(run(step)))
    table = pd.read_parquet(step.out / EVALUATION.file)
    study = table[table["split"] == "study"]
    assert set(study["held_out"]) == {"ferreira2021", "lindholm2019", "okafor2020", "tanaka2022", "all"}
    assert set(table.loc[table["split"] == "pair", "held_out"]) == {"ferreira2021", "okafor2020", "all"}
    whole = study[(study["held_out"] == "all") & (study["cell_type_ontology_term_id"] == "all")]
    afp = whole[whole["metric"] == "mafp_weighted"].set_index("model")["value"]
    assert (afp > 0.6).all()
    confidence = ConfidenceFacts(**facts["confidence"])
    assert 0 < confidence.unknown_distance < 2
    assert confidence.learned_from.endswith("ferreira2021, lindholm2019, okafor2020")  # never the held-out study
    assert any("tanaka2022 come from the bundle's own encoder" in note for note in facts["notes"])
    assert {row["model"] for row in facts["headline"]} == {"encoder", "pca_100"}
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert told[-1][0] <= 1


def test_finished_hold_outs_are_read_again(planted, quick, tmp_path):
    settings = replace(SETTINGS, folds=(("tanaka2022",),), pair=False, models=("encoder",))
    first = evaluate(planted, settings, quick, seed=0, store=tmp_path)
    scored, trust = sorted(tmp_path.iterdir())
    assert trust.name == f"{scored.stem}.trust.parquet"
    before = [scored.stat().st_mtime_ns, trust.stat().st_mtime_ns]
    pd.testing.assert_frame_equal(first, evaluate(planted, settings, quick, seed=0, store=tmp_path))
    assert [scored.stat().st_mtime_ns, trust.stat().st_mtime_ns] == before
    evaluate(planted, settings, quick, seed=1, store=tmp_path)
    assert len(list(tmp_path.iterdir())) == 4
    assert set(trust_of(planted, settings, quick, seed=0, store=tmp_path)["held_out"]) == {"tanaka2022"}


def test_the_step_keeps_finished_hold_outs_outside_its_own_folder(planted, quick, tmp_path):
    settings = replace(SETTINGS, folds=(("tanaka2022",),), pair=False, models=("encoder",))
    step = replace(context(planted, tmp_path, settings, quick), scratch=tmp_path / "kept")
    first = run(step)
    kept, _ = sorted((tmp_path / "kept" / "trials").iterdir())
    before = kept.stat().st_mtime_ns
    assert {path.name for path in step.out.iterdir()} == {EVALUATION.file, CALIBRATION.file}
    assert run(step) == first  # as after a kill: the hold-out is read, not run
    assert kept.stat().st_mtime_ns == before


def test_the_plan_lists_folds_then_pairs(planted):
    splits = [(r.split, len(r.holdout.studies), len(r.holdout.pairs)) for r in planned(planted, SETTINGS)]
    assert splits == [("study", 2, 0), ("study", 2, 0), ("pair", 0, 6)]
    assert [r.split for r in planned(planted, replace(SETTINGS, pair=False, max_folds=0))] == []


def test_one_study_alone_says_that_nothing_could_be_held_out(tmp_path, quick):
    (tmp_path / "c").mkdir()
    corpus = planted_corpus(tmp_path / "c", compositions={"lindholm2019": {B: 40, MONO: 40, ALPHA: 30}})
    step = context(corpus, tmp_path, SETTINGS, quick)
    facts = run(step)
    assert pd.read_parquet(step.out / EVALUATION.file).empty
    assert "No study could be held out" in " ".join(facts["notes"])
    assert "too strict" in facts["confidence"]["learned_from"]
    assert facts["confidence"]["n_cells"] == 110
    assert facts["headline"] == []


def test_the_threshold_is_the_quantile_of_the_held_out_distances(planted, trained):
    cells = pd.DataFrame({"mean_distance": np.linspace(0, 1, 101), "held_out": "x"})
    facts = learn_confidence(planted, cells, trained.encoder, quantile=0.9, seed=0)
    assert facts["unknown_distance"] == pytest.approx(0.9)
    assert facts["n_cells"] == 101
    few = learn_confidence(planted, cells.iloc[:5], trained.encoder, quantile=0.9, seed=0)
    assert few["n_cells"] == planted.n_ref
    assert 0 < few["unknown_distance"] < 1


def test_types_left_out_get_a_training_of_their_own_and_no_row_in_the_table(planted, quick, tmp_path):
    settings = replace(SETTINGS, folds=(("tanaka2022",), ("okafor2020",), ("ferreira2021",)), pair=False, models=("encoder",),
                       types_left_out=0.3)  # fmt: skip
    assert [r.split for r in planned(planted, settings)] == ["study"] * 3 + ["types"] * 3
    cells = evaluate(planted, settings, quick, seed=0, store=tmp_path)
    assert set(cells["split"]) == {"study"}
    trust = trust_of(planted, settings, quick, seed=0, store=tmp_path)
    assert trust["run"].nunique() == 6
    assert not trust["known"].all()
    table = calibration_table(trust, 0.5)
    assert {"weight", "threshold", "coverage", "reliability", "unknown", "summary"} == set(table["kind"])
