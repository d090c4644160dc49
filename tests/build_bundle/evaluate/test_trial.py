from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from build_bundle.cells.holdout import Holdout
from build_bundle.evaluate.representations import Representation, cosine, logistic_logits, raw
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.evaluate.trial import COLUMNS, make_trial, run_trial, score_representation
from build_bundle.train.encoder import train_encoder
from core.ontology.similarity import Similarity
from tests.worlds import ALPHA, CD4, MONO, T

SETTINGS = EvaluateSettings(models=("encoder", "pca_100", "raw", "cosine"), min_reference=10)
HOLDOUT = Holdout(frozenset({"tanaka2022"}))


@pytest.fixture(scope="module")
def masks(planted):
    held = HOLDOUT.covers(planted.cells)
    return ~held, held


@pytest.fixture(scope="module")
def scored(planted, masks, quick_training):
    trained = train_encoder(planted, quick_training, seed=0, holdout=HOLDOUT)
    trial = make_trial(planted, *masks, SETTINGS, seed=0)
    return run_trial(planted, trial, trained, SETTINGS), trial, trained


def test_only_types_the_reference_knows_well_enough_are_asked(planted, masks):
    trial = make_trial(planted, *masks, SETTINGS, seed=0)
    asked = planted.cells.loc[trial.queries["tanaka2022"], "cell_type_ontology_term_id"]
    assert set(asked) == set(planted.cells.loc[masks[1], "cell_type_ontology_term_id"])
    strict = make_trial(planted, *masks, replace(SETTINGS, min_reference=65), seed=0)
    kept = planted.cells.loc[strict.queries["tanaka2022"], "cell_type_ontology_term_id"]
    assert set(kept) == {"CL:0000236", MONO, ALPHA}  # 80, 100 and 70 reference cells; T has none here, CD4 60, CD8 50
    assert CD4 not in set(kept)
    assert make_trial(planted, *masks, replace(SETTINGS, min_reference=1000), seed=0).queries == {}


def test_large_studies_are_sampled(planted, masks):
    trial = make_trial(planted, *masks, replace(SETTINGS, max_queries=30), seed=0)
    assert len(trial.queries["tanaka2022"]) == 30
    again = make_trial(planted, *masks, replace(SETTINGS, max_queries=30), seed=0)
    np.testing.assert_array_equal(trial.queries["tanaka2022"], again.queries["tanaka2022"])


def test_every_query_gets_a_row_a_model(planted, scored):
    cells, trial, _ = scored
    assert tuple(cells.columns) == COLUMNS
    assert cells.groupby("model").size().to_dict() == dict.fromkeys(SETTINGS.models, len(trial.queries["tanaka2022"]))
    assert set(cells["k"]) == {50}  # the smallest reference count among the query types: CD8
    assert cells[["afp", "ap"]].to_numpy().min() >= 0
    assert cells[["afp", "ap"]].to_numpy().max() <= 1
    assert cells.loc[cells["predicted"] == cells["cell_type_ontology_term_id"], "near"].all()
    assert not cells["rare"].any()


def test_the_encoder_finds_planted_types(scored):
    mine = scored[0][scored[0]["model"] == "encoder"]
    assert mine["afp"].mean() > 0.8
    assert (mine["predicted"] == mine["cell_type_ontology_term_id"]).mean() > 0.85


def test_one_score_agrees_with_a_search_by_hand(planted, masks, scored):
    cells, _, trained = scored
    inputs = trained.encoder.inputs
    genes = np.searchsorted(planted.genes.astype(str), inputs.genes.astype(str))
    vectors = []
    for matrix in planted.matrices():
        whole = np.zeros((matrix.x.shape[0], len(planted.genes)), dtype=np.float32)
        whole[:, matrix.genes] = matrix.x.toarray()
        measured = np.isin(genes, matrix.genes)
        vectors.append(inputs.z_scores(sparse.csr_matrix(whole[:, genes]), measured) / np.sqrt(inputs.n_vocab))
    embedding = np.concatenate(vectors)
    types = planted.cells["cell_type_ontology_term_id"].to_numpy()
    similarity = Similarity.from_table(planted.type_similarity)
    row = cells[cells["model"] == "cosine"].iloc[7]
    distance = np.linalg.norm(embedding - embedding[row["cell"]], axis=1)
    distance[~masks[0]] = np.inf
    nearest = np.argsort(distance, kind="stable")
    rel = [similarity(types[row["cell"]], types[i]) for i in nearest[: row["k"]]]
    expected = np.mean([np.mean(rel[: i + 1]) for i in range(len(rel))])
    assert row["afp"] == pytest.approx(expected, abs=1e-6)
    assert row["mean_distance"] == pytest.approx(distance[nearest[:10]].mean(), abs=1e-4)
    names, counts = np.unique(types[nearest[:100]].astype(str), return_counts=True)
    assert row["predicted"] in set(names[counts == counts.max()])


def test_no_query_gives_an_empty_table(planted, masks, scored):
    trial = make_trial(planted, *masks, replace(SETTINGS, min_reference=1000), seed=0)
    assert run_trial(planted, trial, scored[2], SETTINGS).empty


def test_held_out_pairs_leave_the_other_cells_of_the_study(planted):
    held = Holdout(pairs=frozenset({(T, "okafor2020")})).covers(planted.cells)
    assert make_trial(planted, ~held, held, SETTINGS, seed=0).queries["okafor2020"].size == 50  # 10 T cells remain
    assert make_trial(planted, ~held, held, replace(SETTINGS, min_reference=11), seed=0).queries == {}


def test_every_name_stands_for_its_own_way_to_place_cells(planted, scored):
    _, trial, trained = scored
    inputs = trained.encoder.inputs
    ways = {"raw": raw(inputs), "cosine": cosine(inputs), "logistic": logistic_logits(trained, planted)}
    settings = replace(SETTINGS, models=("encoder", *ways))
    found = run_trial(planted, trial, trained, settings)
    for name, way in ways.items():
        mine = found[found["model"] == name].reset_index(drop=True)
        alone = score_representation(planted, trial, name, Representation(way), inputs, k=settings.k)
        pd.testing.assert_frame_equal(mine, alone.reset_index(drop=True))
    assert found.groupby("model")["afp"].mean().nunique() == 4
