import json
from dataclasses import replace

import numpy as np
import pandas as pd

from build_bundle.cells.step_context import StepContext
from build_bundle.train import run
from build_bundle.train.network import TrainedNet
from build_bundle.train.training_step import read_encoder, training_table
from core.bundle.manifest import EncoderFacts
from core.bundle.schema import ENCODER_GENES, ENCODER_WEIGHTS, TRAINING


def test_writes_an_encoder_that_reads_back_the_same(planted, trained, quick_training, tmp_path):
    facts = run(StepContext(planted, {}, {}, quick_training, tmp_path))
    json.dumps(facts)
    assert {path.name for path in tmp_path.iterdir()} == {
        ENCODER_WEIGHTS,
        ENCODER_GENES.file,
        TRAINING.file,
        "seen.npy",
    }
    encoder = read_encoder(tmp_path, facts)
    z = np.random.default_rng(0).standard_normal((5, encoder.inputs.n_vocab)).astype(np.float32)
    np.testing.assert_array_equal(encoder.forward(z), trained.encoder.forward(z))
    np.testing.assert_array_equal(encoder.inputs.sd, trained.encoder.inputs.sd)
    shape = EncoderFacts(**{**facts["encoder"], "layers": tuple(facts["encoder"]["layers"])})
    assert (shape.n_nets, shape.layers, shape.n_latent, shape.l2) == (2, (16,), 24, True)
    assert (shape.n_coordinates, shape.n_inputs) == (6, 150)
    seen = np.load(tmp_path / "seen.npy")
    assert seen.sum() == facts["n_training_cells"] == len(trained.rows)
    training = pd.read_parquet(tmp_path / TRAINING.file)
    assert training["network"].tolist() == [1] * 6 + [2] * 6
    assert training["epoch"].tolist() == list(range(1, 7)) * 2
    for net, (_, rows) in zip(trained.nets, training.groupby("network"), strict=True):
        assert rows.loc[rows["kept"], "epoch"].tolist() == [net.best_epoch]
        assert rows["loss"].tolist() == [row["loss"] for row in net.curve]
        assert rows["validation_loss"].isna().all()  # nothing watches here


def test_what_validation_cells_say_stands_beside_the_loss():
    curve = [
        {"epoch": e, "loss": 3.0, "accuracy": 0.5, "val_loss": v, "val_accuracy": 0.7}
        for e, v in ((1.0, 1.0), (2.0, 2.0))
    ]
    table = training_table([TrainedNet((), None, curve, best_epoch=1)])
    assert table["validation_loss"].tolist() == [1.0, 2.0]
    assert table["validation_accuracy"].tolist() == [0.7, 0.7]
    assert table["kept"].tolist() == [True, False]


def test_the_same_input_gives_the_same_bytes(planted, quick_training, tmp_path):
    settings = replace(quick_training, epochs=1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run(StepContext(planted, {}, {}, settings, tmp_path / name))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
