"""All families: trained, exported to plain layers, held to Keras, and to themselves."""

from dataclasses import replace

import numpy as np
import pytest

from build_bundle.networks.body import build_body
from build_bundle.networks.fit import fit_model
from build_bundle.networks.groups import layer_masks
from build_bundle.networks.layers import weights_of
from build_bundle.networks.pretraining import pretrain
from build_bundle.networks.spec import ModelSpec
from core.embedding.nets import forward, pack_nets, unpack_nets
from tests.build_bundle.train.test_dataset import GENES, dataset

LEVELS = [{"a": ("G0", "G1", "G2"), "b": ("G3", "G4"), "empty": ("ABSENT",)}, {"top": ("a", "b")}]
SIMILARITY = np.float32([[1, 0.5], [0.5, 1]])
QUICK = {"epochs": 3, "batch_size": 4}
FAMILIES = [
    ModelSpec(hidden=(8, 5), **QUICK),
    ModelSpec(
        hidden=(8, 5), pretrain=True, activation="sigmoid", optimizer="sgd", rate=0.05, schedule="decay", **QUICK
    ),
    ModelSpec(body="tree_go", hidden=(4,), activation="relu", **QUICK),
    ModelSpec(body="tree_go", hidden=(), pretrain=True, batch_norm=True, **QUICK),
    ModelSpec(hidden=(6,), objective="siamese", linear_last=True, **QUICK),
    ModelSpec(hidden=(6,), objective="flexible", even_pairs=True, schedule="constant", **QUICK),
    ModelSpec(body="flat_go", hidden=(6,), objective="triplet", margin=0.2, **QUICK),
    ModelSpec(hidden=(6,), objective="triplet", margin=0.0, **QUICK),
]


def masks_of(spec):
    levels = {"dense": [], "flat_go": LEVELS[:1], "tree_go": LEVELS}[spec.body]
    return layer_masks(GENES.tolist(), levels, parallel=2)


def fit(spec, *, seed=1, validation=None):
    data = dataset()
    return fit_model(spec, data, validation, SIMILARITY, masks=masks_of(spec), seed=seed)


@pytest.mark.parametrize("spec", FAMILIES, ids=lambda spec: spec.name)
def test_what_the_app_runs_is_what_keras_computes(spec):
    data = dataset()
    body = build_body(spec, masks_of(spec), data.inputs.n_vocab, seed=3)
    for layer in body.layers:  # not at their start, where biases are 0 and normalisation does nothing
        rng = np.random.default_rng(5)
        for part in (layer.affine, layer.norm):
            if part is not None:
                part.set_weights([w + np.abs(rng.normal(0, 0.1, w.shape)).astype(np.float32) for w in weights_of(part)])
    x = data.dense(np.arange(12))
    expected = np.asarray(body.unit()(x))
    assert np.abs(forward([body.net()], x) - expected).max() < 1e-5


@pytest.mark.parametrize("spec", FAMILIES, ids=lambda spec: spec.name)
def test_every_family_trains_tells_its_curve_and_survives_the_way_through_a_bundle(spec):
    fitted = fit(spec, validation=dataset())
    assert [row["epoch"] for row in fitted.curve] == [1, 2, 3]
    wanted = {"loss", "val_loss"} | ({"accuracy"} if spec.objective == "classify" else {"active", "val_active"})
    assert wanted <= set(fitted.curve[0])
    losses = [row["val_loss"] for row in fitted.curve]
    assert losses[fitted.best_epoch - 1] == min(losses)
    assert bool(fitted.pretraining) == spec.pretrain
    x = dataset().dense(np.arange(12))
    activation = spec.activation + ("-linear" if spec.linear_last else "")
    nets, join, _ = unpack_nets(pack_nets([fitted.net]), 1, len(fitted.net), activation)
    assert join is None
    assert np.array_equal(forward(nets, x), forward([fitted.net], x))
    assert np.isfinite(forward(nets, x)).all()


@pytest.mark.parametrize("spec", [FAMILIES[1], FAMILIES[4], FAMILIES[6]], ids=lambda spec: spec.name)
def test_equal_seeds_give_equal_models(spec):
    first, again, other = fit(spec), fit(spec), fit(spec, seed=2)
    assert all(np.array_equal(a.kernel, b.kernel) for a, b in zip(first.net, again.net, strict=True))
    assert first.curve == again.curve
    assert not np.array_equal(first.net[0].kernel, other.net[0].kernel)


@pytest.mark.parametrize("spec", [FAMILIES[2], FAMILIES[3], FAMILIES[6]], ids=lambda spec: spec.name)
def test_masked_weights_stay_masked_at_the_start_and_after_training(spec):
    data = dataset()
    masks = masks_of(spec)
    body = build_body(spec, masks, data.inputs.n_vocab, seed=3)
    fitted = fit(spec)
    for mask, layer, trained in zip(masks, body.layers, fitted.net, strict=False):
        kernel, bias = weights_of(layer.affine)
        assert not kernel[mask == 0].any()
        assert kernel[mask == 1].all()
        assert not trained.kernel[mask == 0].any()
        assert not bias.any()
    if not spec.batch_norm:
        assert fitted.net[0].bias[2] == 0  # the group without a gene
        assert fitted.net[0].bias[0] != 0


def test_every_family_learns_to_tell_two_types_apart():
    rng = np.random.default_rng(0)
    data = dataset()
    for spec in (FAMILIES[0], FAMILIES[4], FAMILIES[7]):
        fitted = fit(replace(spec, epochs=40, rate=0.02, panel_augmentation=0.0))
        assert fitted.curve[-1]["loss"] < 0.7 * fitted.curve[0]["loss"]
    order = rng.permutation(len(data))
    assert forward([fitted.net], data.dense(order)).shape == (12, 6)


def test_training_stops_when_it_no_longer_helps():
    data = dataset()
    swapped = replace(data, classes=("T", "B"))  # wrong names: learning makes it worse
    spec = ModelSpec(hidden=(8,), epochs=30, batch_size=4, rate=0.05, patience=3, panel_augmentation=0.0)
    fitted = fit(spec, validation=swapped)
    assert len(fitted.curve) == fitted.best_epoch + 3 < 30


def test_without_validation_cells_triplets_keep_the_epoch_with_the_fewest_active_anchors():
    fitted = fit(replace(FAMILIES[6], epochs=12, rate=0.02))
    active = [row["active"] for row in fitted.curve]
    assert active[fitted.best_epoch - 1] == min(active)
    assert fit(FAMILIES[0]).best_epoch == 3  # classifiers: the last


def test_pretraining_lowers_the_error_layer_by_layer_and_changes_the_weights():
    data = dataset()
    spec = ModelSpec(hidden=(16, 8))
    body = build_body(spec, (), data.inputs.n_vocab, seed=1)
    before = [weights_of(layer.affine)[0] for layer in body.layers]
    rows = pretrain(body, data, batch_size=4, seed=1)
    assert {row["layer"] for row in rows} == {0, 1}
    for number in (0, 1):
        errors = [row["val_loss"] for row in rows if row["layer"] == number]
        assert min(errors) <= errors[0]
        assert len(errors) <= 10
        assert len(errors) == 10 or len(errors) == int(np.argmin(errors)) + 1 + 2  # patience
    assert all(not np.array_equal(a, weights_of(b.affine)[0]) for a, b in zip(before, body.layers, strict=True))


def test_pretraining_keeps_masks():
    spec = FAMILIES[3]
    masks = masks_of(spec)
    body = build_body(spec, masks, 20, seed=1)
    pretrain(body, dataset(), batch_size=4, seed=1)
    for mask, layer in zip(masks, body.layers, strict=True):
        assert not weights_of(layer.affine)[0][mask == 0].any()
