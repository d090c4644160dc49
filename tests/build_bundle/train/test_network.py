import math
from dataclasses import replace

import numpy as np
import pytest

from build_bundle.train.joining import fit_join
from build_bundle.train.network import load_keras, one_cycle, train_net
from core.embedding.encoder import Encoder
from core.embedding.nets import forward
from tests.build_bundle.train.test_dataset import dataset

TARGETS = np.eye(2, dtype=np.float32)


@pytest.fixture(scope="module")
def settings(quick_training):
    return replace(quick_training, hidden=(8, 5), epochs=4, batch_size=4, panel_augmentation=0.0)


def train(settings, *, seed=3, data=None, validation=None):
    seen = []
    net = train_net(data or dataset(), validation, TARGETS, settings, seed=seed, progress=seen.append)
    return net, seen


def test_equal_seeds_give_equal_networks_and_others_do_not(settings):
    (a, seen), (b, _), (c, _) = train(settings), train(settings), train(settings, seed=4)
    assert seen == [1, 2, 3, 4]
    assert np.array_equal(a.net[0].kernel, b.net[0].kernel)
    assert a.curve == b.curve
    assert not np.array_equal(a.net[0].kernel, c.net[0].kernel)


def test_the_numpy_networks_agree_with_keras(settings):
    keras = load_keras()
    assert keras.backend.backend() == "jax"
    nets = [train(settings, seed=seed)[0] for seed in (1, 2)]
    x = dataset().dense(np.arange(12))
    expected = []
    for net in nets:
        model = keras.Sequential([keras.Input((20,)), *(keras.layers.Dense(n, activation="tanh") for n in (8, 5))])
        model.set_weights([array for layer in net.net for array in (layer.kernel, layer.bias)])
        hidden = np.asarray(model(x))
        expected.append(hidden / np.linalg.norm(hidden, axis=1, keepdims=True) / math.sqrt(2))
    weights = [net.net for net in nets]
    joined = np.concatenate(expected, axis=1)
    assert np.abs(forward(weights, x) - joined).max() < 1e-5
    inputs = dataset().inputs
    join = fit_join(Encoder(weights, inputs), dataset(), 3)
    assert join is not None
    narrow = keras.Sequential([
        keras.Input((10,)), keras.layers.Dense(3, use_bias=False), keras.layers.UnitNormalization()
    ])  # fmt: skip
    narrow.set_weights([join])
    assert np.abs(Encoder(weights, inputs, join).forward(x) - np.asarray(narrow(joined))).max() < 1e-5


def test_it_learns_and_tells_the_curve(settings):
    net, _ = train(replace(settings, epochs=40, peak_rate=0.02))
    assert [row["epoch"] for row in net.curve] == list(range(1, 41))
    assert net.curve[-1]["loss"] < 0.5 * net.curve[0]["loss"]
    assert net.curve[-1]["accuracy"] > 0.9
    assert net.best_epoch == 40
    assert net.head.kernel.shape == (5, 2)


def test_validation_cells_choose_the_epoch_and_can_stop_early(settings):
    data = dataset()
    swapped = replace(data, classes=("T", "B"))  # wrong names: every epoch of learning makes it worse
    net, seen = train(replace(settings, epochs=30, peak_rate=0.05, patience=3), data=data, validation=swapped)
    losses = [row["val_loss"] for row in net.curve]
    assert net.best_epoch == int(np.argmin(losses)) + 1
    assert len(seen) == len(net.curve) == net.best_epoch + 3 < 30
    assert all(0 <= row["val_accuracy"] <= 1 for row in net.curve)


def test_validation_loss_is_the_cross_entropy_keras_would_give(settings):
    data = dataset()
    net, _ = train(replace(settings, epochs=1), data=data, validation=data)
    hidden = data.dense(np.arange(12))
    for layer in net.net:
        hidden = np.tanh(hidden @ layer.kernel + layer.bias)
    logits = hidden @ net.head.kernel + net.head.bias
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    assert net.curve[0]["val_loss"] == pytest.approx(-log_p[np.arange(12), data.codes].mean(), rel=1e-4)


def test_one_cycle_rises_once_and_falls_to_nothing():
    rates = [one_cycle(step, 100, 1e-3) for step in range(101)]
    top = int(np.argmax(rates))
    assert top == 30
    assert rates[top] == pytest.approx(1e-3)
    assert rates[0] == pytest.approx(4e-5)
    assert rates[-1] < 1e-8
    assert (np.diff(rates[: top + 1]) > 0).all()
    assert (np.diff(rates[top:]) < 0).all()
    assert one_cycle(0, 1, 1.0) == pytest.approx(0.04)
