from dataclasses import replace

import numpy as np
import pytest

from build_bundle.cells.holdout import Holdout
from build_bundle.train.encoder import train_encoder
from core.errors import ConfigError
from core.expression.matrix import ExpressionMatrix
from tests.build_bundle.planted_corpus import PROFILE_STUDY, planted_corpus
from tests.worlds import ALPHA, CD4, MONO, QUERY, TYPES, B, World


def query():
    cells = World().draw("query", QUERY, seed=77)
    return ExpressionMatrix(cells.counts, np.array(cells.names, dtype=object), World().genes), cells.types


def embedded(corpus, trained):
    inputs = trained.encoder.inputs
    out = []
    for matrix in corpus.matrices():
        names = corpus.genes[matrix.genes]
        ids = np.array([str(i) for i in range(matrix.x.shape[0])], dtype=object)
        out.append(trained.encoder.encode(ExpressionMatrix(matrix.x, ids, names)))
    assert inputs.n_vocab == 150
    return np.concatenate(out)


def test_fresh_cells_land_beside_their_type(planted, trained):
    matrix, types = query()
    reference = embedded(planted, trained)
    nearest = np.argmax(trained.encoder.encode(matrix) @ reference.T, axis=1)
    found = planted.cells["cell_type_ontology_term_id"].to_numpy()[nearest]
    assert np.mean(found == types) > 0.85
    assert trained.classes == tuple(sorted(TYPES))
    assert (trained.encoder.n_coordinates, trained.encoder.n_parts, trained.encoder.n_latent) == (6, 38, 24)


def test_without_hidden_layers_the_places_alone_count(planted, quick_training):
    alone = train_encoder(planted, replace(quick_training, hidden_weight=0.0, epochs=1), seed=0).encoder
    assert (alone.n_parts, alone.n_latent) == (38, len(TYPES))
    x = np.random.default_rng(0).normal(size=(5, 150)).astype(np.float32)
    places, embedding = alone.parts(x)[:, :6], alone.forward(x)
    np.testing.assert_allclose(embedding @ embedding.T, places @ places.T, atol=1e-5)


def test_hidden_layers_side_by_side_are_an_embedding_too(planted, quick_training):
    hidden = train_encoder(planted, replace(quick_training, embedding="hidden", detected=1.0, epochs=1), seed=0).encoder
    assert hidden.place is None
    assert (hidden.n_latent, hidden.join.shape, hidden.inputs.n_inputs) == (24, (32, 24), 150)
    matrix, _ = query()
    np.testing.assert_allclose(np.linalg.norm(hidden.encode(matrix), axis=1), 1, rtol=1e-5)


def test_what_is_held_out_is_never_seen(planted, quick_training):
    settings = replace(quick_training, epochs=1, n_nets=1)
    without = train_encoder(planted, settings, seed=0, holdout=Holdout(frozenset({"ferreira2021", "tanaka2022"})))
    assert ALPHA not in without.classes
    assert not set(planted.cells.loc[without.rows, "study"]) & {"ferreira2021", "tanaka2022"}
    # a corpus that never had these studies gives the same inputs and networks
    assert set(planted.cells.loc[without.rows, "study"]) == {"lindholm2019", "okafor2020"}


def test_held_out_studies_change_nothing(tmp_path, planted, quick_training):
    settings = replace(quick_training, epochs=2, n_nets=1, detected=0.5)
    (tmp_path / "a").mkdir()
    smaller = planted_corpus(tmp_path / "a", held_out=["tanaka2022"])
    here = train_encoder(smaller, settings, seed=0).encoder
    there = train_encoder(planted, settings, seed=0, holdout=Holdout(frozenset({"tanaka2022"}))).encoder
    np.testing.assert_array_equal(here.inputs.mean, there.inputs.mean)
    np.testing.assert_array_equal(here.nets[0][0].kernel, there.nets[0][0].kernel)
    np.testing.assert_array_equal(here.inputs.detected, there.inputs.detected)
    np.testing.assert_array_equal(here.place, there.place)


def test_profiles_add_types_no_study_has(tmp_path, quick_training):
    corpus = planted_corpus(
        tmp_path, compositions={"lindholm2019": {B: 30, CD4: 30}, "okafor2020": {B: 30}}, profiles=[MONO]
    )
    settings = replace(quick_training, epochs=1, n_nets=1)
    assert MONO in train_encoder(corpus, settings, seed=0).classes
    assert MONO not in train_encoder(corpus, replace(settings, profile_cells=0), seed=0).classes
    assert MONO not in train_encoder(corpus, settings, seed=0, holdout=Holdout(frozenset({PROFILE_STUDY}))).classes


def test_validation_cells_are_not_trained_on_and_give_a_curve(tmp_path, quick_training):
    corpus = planted_corpus(tmp_path, validation_share=0.2)
    told = []
    trained = train_encoder(
        corpus, replace(quick_training, epochs=2), seed=0, progress=lambda share, text: told.append((share, text))
    )
    assert set(corpus.cells.loc[trained.rows, "split"]) == {"train"}
    assert all("val_loss" in row for net in trained.nets for row in net.curve)
    assert told[-1] == (1.0, "network 2 of 2, epoch 2 of 2")
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_validation_cells_of_types_without_training_are_left_out(tmp_path, quick_training):
    corpus = planted_corpus(tmp_path)
    cells = corpus.cells
    cells.loc[cells["cell_type_ontology_term_id"] == ALPHA, "split"] = "validation"
    trained = train_encoder(corpus, replace(quick_training, epochs=1, n_nets=1), seed=0)
    assert ALPHA not in trained.classes
    assert "val_loss" not in trained.nets[0].curve[0]


@pytest.mark.parametrize(("composition", "message"), [
    ({"lindholm2019": {B: 20}}, "one type"), ({"lindholm2019": {B: 20, CD4: 20}}, "No training cell"),
])  # fmt: skip
def test_nothing_to_learn_is_an_error(tmp_path, quick_training, composition, message):
    corpus = planted_corpus(tmp_path, compositions=composition)
    holdout = Holdout(frozenset({"lindholm2019"})) if message == "No training cell" else Holdout()
    with pytest.raises(ConfigError, match=message):
        train_encoder(corpus, quick_training, seed=0, holdout=holdout)


def test_few_types_get_hard_targets(planted, quick_training):
    quick = replace(quick_training, epochs=1, n_nets=1)
    few, hard = (train_encoder(planted, s, seed=0) for s in (quick, replace(quick, soft_targets=0.0)))
    assert few.nets[0].curve == hard.nets[0].curve
    soft = train_encoder(planted, replace(quick, soft_from_types=6), seed=0)
    assert soft.nets[0].curve != hard.nets[0].curve
