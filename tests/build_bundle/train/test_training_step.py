import json
from dataclasses import replace

import numpy as np
import pandas as pd

from build_bundle.step import StepContext
from build_bundle.train import run
from build_bundle.train.training_step import read_encoder
from core.bundle.manifest import EncoderFacts
from core.bundle.schema import ENCODER_GENES, ENCODER_WEIGHTS


def test_writes_an_encoder_that_reads_back_the_same(planted, trained, quick_training, tmp_path):
    facts = run(StepContext(planted, {}, {}, quick_training, tmp_path))
    json.dumps(facts)
    assert {path.name for path in tmp_path.iterdir()} == {ENCODER_WEIGHTS, ENCODER_GENES.file, "curve.json", "seen.npy"}
    encoder = read_encoder(tmp_path, facts)
    z = np.random.default_rng(0).standard_normal((5, encoder.inputs.n_vocab)).astype(np.float32)
    np.testing.assert_array_equal(encoder.forward(z), trained.encoder.forward(z))
    np.testing.assert_array_equal(encoder.inputs.sd, trained.encoder.inputs.sd)
    shape = EncoderFacts(**{**facts["encoder"], "layers": tuple(facts["encoder"]["layers"])})
    assert (shape.n_nets, shape.layers, shape.n_latent, shape.l2) == (2, (16,), 6, True)
    assert (shape.n_types, shape.n_inputs) == (6, 150)
    seen = np.load(tmp_path / "seen.npy")
    assert seen.sum() == facts["n_training_cells"] == len(trained.rows)
    curve = pd.DataFrame(json.loads((tmp_path / "curve.json").read_text()))
    assert len(curve) == 2 * quick_training.epochs
    assert facts["best_epochs"] == [6, 6]


def test_the_same_input_gives_the_same_bytes(planted, quick_training, tmp_path):
    settings = replace(quick_training, epochs=1)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        run(StepContext(planted, {}, {}, settings, tmp_path / name))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name
