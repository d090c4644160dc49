import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.bundle.reader import Bundle
from core.embedding import encoder as encoder_module
from core.embedding.encoder import Encoder
from core.embedding.nets import Layer, forward, pack_nets, unpack_nets
from core.errors import BundleDamagedError
from core.expression import columns
from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import EncoderInputs, Recipe


def nets_of(sizes: list[list[int]], seed: int = 0) -> tuple[tuple[Layer, ...], ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        tuple(
            Layer(rng.normal(size=(a, b)).astype(np.float32) / 3, rng.normal(size=b).astype(np.float32))
            for a, b in itertools.pairwise(widths)
        )
        for widths in sizes
    )


def join_of(n_joined: int, n_latent: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n_joined, n_latent)).astype(np.float32)


def inputs_of(n: int, seed: int = 0, detected: float = 0.0) -> EncoderInputs:
    rng = np.random.default_rng(seed)
    profile = rng.random(n)
    return EncoderInputs(
        Recipe(detected=detected),
        [f"G{i}" for i in range(n)],
        rng.random(n),
        rng.random(n),
        (profile / profile.sum()).astype(np.float32),
        rng.random(n),
    )


def matrix_of(n_obs: int, genes: list[str], seed: int = 0) -> ExpressionMatrix:
    x = sparse.csr_matrix(np.random.default_rng(seed).poisson(1.5, (n_obs, len(genes))).astype(np.float32))
    return ExpressionMatrix(x, [f"c{i}" for i in range(n_obs)], genes)


def test_forward_by_hand():
    net = (
        Layer(np.float32([[1, 0], [0, 2]]), np.float32([0, 0.5])),
        Layer(np.float32([[1, 1], [0, 1]]), np.float32([0, 0])),
    )
    x = np.array([0.3, -0.2])
    hidden = np.tanh([0.3, 2 * -0.2 + 0.5])
    last = np.tanh([hidden[0], hidden[0] + hidden[1]])
    expected = last / np.linalg.norm(last)
    found = forward([net], x[np.newaxis].astype(np.float32))
    np.testing.assert_allclose(found, expected[np.newaxis], rtol=1e-6)
    assert found.dtype == np.float32


def test_nets_stand_side_by_side_with_equal_weight():
    nets = nets_of([[5, 4, 3], [5, 4, 2]])
    x = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    both = forward(nets, x)
    np.testing.assert_allclose(both[:, :3], forward(nets[:1], x) / np.sqrt(2), rtol=1e-6)
    np.testing.assert_allclose(both[:, 3:], forward(nets[1:], x) / np.sqrt(2), rtol=1e-6)


def test_a_join_maps_the_nets_side_by_side_and_scales_again():
    nets = nets_of([[5, 4, 3], [5, 4, 3]])
    x, join = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32), join_of(6, 2)
    expected = forward(nets, x).astype(np.float64) @ join
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    encoder = Encoder(nets, inputs_of(5), join)
    np.testing.assert_allclose(encoder.forward(x), expected, rtol=1e-5)
    assert (encoder.n_parts, encoder.n_latent) == (6, 2)
    silent = Encoder(nets_of([[5, 3]]), inputs_of(5), np.zeros((3, 2), np.float32))
    np.testing.assert_array_equal(silent.forward(np.zeros((1, 5), np.float32)), [[0, 0]])


def test_a_cell_no_unit_answers_to_is_zero():
    net = (Layer(np.float32([[1, 1]]), np.float32([0, 0])),)
    np.testing.assert_array_equal(forward([net], np.float32([[0]])), [[0, 0]])


@given(st.integers(0, 100), st.integers(1, 4), st.integers(0, 6))
def test_rows_have_length_one(seed, n_nets, n):
    nets = nets_of([[6, 4]] * n_nets, seed)
    x = np.random.default_rng(seed).normal(size=(n, 6)).astype(np.float32)
    np.testing.assert_allclose(np.linalg.norm(forward(nets, x), axis=1), 1, rtol=1e-5)


def test_inputs_of_another_width_are_refused():
    with pytest.raises(ValueError, match="the encoder reads 5 genes"):
        forward(nets_of([[5, 2]]), np.zeros((1, 4), dtype=np.float32))


def test_weights_make_the_round_trip():
    nets = nets_of([[5, 4, 3], [5, 4, 3]])
    tensors = pack_nets(nets)
    assert sorted(tensors)[:2] == ["net0.layer0.bias", "net0.layer0.kernel"]
    again, join, place = unpack_nets(tensors, 2, 2)
    assert (join, place) == (None, None)
    x = np.ones((1, 5), dtype=np.float32)
    np.testing.assert_array_equal(forward(again, x), forward(nets, x))
    again, join, place = unpack_nets(pack_nets(nets, join_of(6, 2), join_of(5, 4)), 2, 2)
    np.testing.assert_array_equal(forward(again, x), forward(nets, x))
    np.testing.assert_array_equal(join, join_of(6, 2))
    np.testing.assert_array_equal(place, join_of(5, 4))


def changed(name: str, value: object) -> dict[str, object]:
    tensors = {**pack_nets(nets_of([[5, 4, 3], [5, 4, 3]])), name: value}
    return {k: v for k, v in tensors.items() if v is not None}


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        (changed("net1.layer1.bias", None), "net1.layer1.bias"),
        (changed("net2.layer0.bias", np.zeros(3)), "net2.layer0.bias"),
        (changed("net0.layer0.bias", np.zeros(3)), "net0.layer0 has the wrong shape"),
        (changed("net0.layer1.kernel", np.zeros((5, 3))), "net0.layer1 has the wrong shape"),
        (changed("net0.layer1.kernel", np.zeros(4)), "net0.layer1 has the wrong shape"),
        (changed("net1.layer1.kernel", np.full((4, 3), np.nan)), "not finite"),
        (changed("net1.layer1.bias", np.full(3, np.inf)), "not finite"),
        (changed("net1.layer0.kernel", np.zeros((6, 4))), "different numbers of genes"),
        (changed("join.bias", np.zeros(2)), "join.bias"),
    ],
)
def test_weights_that_do_not_fit_are_refused(tensors, sentence):
    with pytest.raises(ValueError, match=sentence):
        unpack_nets(tensors, 2, 2)


def test_nets_and_vocabulary_must_agree():
    with pytest.raises(ValueError, match="the nets read 5 genes, the vocabulary has 6"):
        Encoder(nets_of([[5, 2]]), inputs_of(6))


@pytest.mark.parametrize(
    "join", [np.zeros((5, 2)), np.zeros((6, 7)), np.zeros((6, 0)), np.zeros(6), np.full((6, 2), np.nan)]
)
def test_a_join_that_does_not_fit_is_refused(join):
    with pytest.raises(ValueError, match=r"join\.kernel has the wrong shape or numbers that are not"):
        Encoder(nets_of([[5, 4, 3], [5, 4, 3]]), inputs_of(5), join.astype(np.float32))


@pytest.mark.parametrize("detected", [0.0, 0.5])
def test_the_place_sees_everything_and_stands_before_the_nets(detected):
    inputs, nets = inputs_of(5, detected=detected), nets_of([[5, 4], [5, 3]])
    place, join = join_of(inputs.n_inputs, 3), join_of(10, 2)
    encoder = Encoder(nets, inputs, join, place)
    x = np.random.default_rng(2).normal(size=(4, inputs.n_inputs)).astype(np.float32)
    x[3] = 0  # a cell of which nothing is known has no place
    placed = x.astype(float) @ place
    lengths = np.maximum(np.linalg.norm(placed, axis=1, keepdims=True), 1e-12)
    parts = np.concatenate([placed / lengths, forward(nets, x[:, :5])], axis=1)
    np.testing.assert_allclose(encoder.parts(x), parts, rtol=1e-4, atol=1e-6)
    assert (encoder.n_coordinates, encoder.n_parts, encoder.n_latent) == (3, 10, 2)
    both = parts @ join
    np.testing.assert_allclose(encoder.forward(x), both / np.linalg.norm(both, axis=1, keepdims=True), rtol=1e-4)


@pytest.mark.parametrize(("place", "sentence"), [
    (np.zeros((7, 3)), "place.kernel reads 7 numbers of a cell, there are 5"),
    (np.zeros(5), "place.kernel has the wrong shape"), (np.full((5, 3), np.inf), "not finite"),
])  # fmt: skip
def test_a_place_that_does_not_fit_is_refused(place, sentence):
    with pytest.raises(ValueError, match=sentence):
        Encoder(nets_of([[5, 2]]), inputs_of(5), place=place.astype(np.float32))


def test_encode_is_transform_then_forward():
    encoder = Encoder(nets_of([[6, 4, 3], [6, 4, 3]]), inputs_of(6))
    matrix = matrix_of(9, ["G3", "other", "G0", "G5", "G1"])
    values, measured = encoder.inputs.align(matrix)
    expected = encoder.forward(encoder.inputs.transform(values, measured))
    seen = []
    found = encoder.encode(matrix, seen.append)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert encoder.n_latent == 6
    assert seen == [1.0]


@settings(max_examples=20)
@given(st.integers(1, 9), st.integers(1, 60))
def test_batches_do_not_change_the_answer(rows, values):
    encoder = Encoder(nets_of([[6, 4]]), inputs_of(6))
    matrix = matrix_of(9, [f"G{i}" for i in range(6)])
    whole, before = encoder.encode(matrix), (encoder_module.BATCH_BYTES, columns._BLOCK_VALUES)
    encoder_module.BATCH_BYTES, columns._BLOCK_VALUES = 4 * 6 * rows, values
    parts = encoder.encode(matrix)
    largest = max(len(batch) for batch in encoder.batches(matrix))
    encoder_module.BATCH_BYTES, columns._BLOCK_VALUES = before
    np.testing.assert_allclose(parts, whole, rtol=1e-5)
    assert largest <= rows


def test_a_join_narrows_the_embedding():
    join = join_of(6, 2)
    encoder = Encoder(nets_of([[6, 4, 3], [6, 4, 3]]), inputs_of(6), join)
    matrix = matrix_of(9, [f"G{i}" for i in range(6)])
    assert encoder.n_latent == 2
    found = encoder.encode(matrix)
    assert found.shape == (9, 2)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_no_cell():
    encoder = Encoder(nets_of([[6, 4]]), inputs_of(6))
    assert encoder.encode(matrix_of(0, ["G1"])).shape == (0, 4)


@pytest.fixture
def bundle(tiny_bundle) -> Bundle:
    return Bundle.open(tiny_bundle)


def test_from_bundle(bundle):
    encoder = Encoder.from_bundle(bundle)
    assert encoder.n_latent == bundle.embedding.shape[1]
    assert encoder.inputs.n_vocab == bundle.manifest.encoder.n_vocabulary


@pytest.mark.parametrize("facts", [{"n_nets": 2}, {"n_latent": 8}])
def test_weights_that_do_not_fit_the_manifest_are_refused(bundle, facts):
    bundle.manifest = replace(bundle.manifest, encoder=replace(bundle.manifest.encoder, **facts))
    with pytest.raises(BundleDamagedError) as caught:
        Encoder.from_bundle(bundle)
    assert len(caught.value.problems) == 1


def test_a_recipe_nobody_knows_is_refused(bundle):
    bundle.manifest = replace(bundle.manifest, recipe={"magic": 1.0})
    with pytest.raises(BundleDamagedError, match="recipe has fields"):
        Encoder.from_bundle(bundle)


@pytest.mark.parametrize(("name", "expected"), [
    ("tanh", np.tanh), ("sigmoid", lambda v: 1 / (1 + np.exp(-v))), ("relu", lambda v: np.maximum(v, 0)), ("linear", lambda v: v),
])  # fmt: skip
def test_activations_by_their_formulas(name, expected):
    layer = Layer(np.float32([[1.0]]), np.float32([0.5]), name)
    x = np.float32([[-3.0], [0.2], [80.0], [-120.0]])
    with np.errstate(over="ignore"):
        wanted = expected((x + 0.5).astype(np.float64))
    found = layer(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_the_last_layer_may_have_no_activation():
    (net,), _, _ = unpack_nets(pack_nets(nets_of([[4, 3, 2]])), 1, 2, "relu-linear")
    assert [layer.activation for layer in net] == ["relu", "linear"]
    with pytest.raises(ValueError, match="none of tanh"):
        unpack_nets(pack_nets(nets_of([[4, 3]])), 1, 1, "gelu")
