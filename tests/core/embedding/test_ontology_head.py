import numpy as np
import pytest

from core.embedding.encoder import Encoder
from core.embedding.nets import Layer, forward, hidden, pack_nets
from core.embedding.ontology_head import OntologyHead, unpack_head
from core.expression.recipe import EncoderInputs, Recipe

N_VOCAB, N_JOINED, N_TYPES, N_LATENT = 7, 4, 5, 3


def head_of(n_inputs: int = N_VOCAB, weight: float = 2.0, seed: int = 0) -> OntologyHead:
    rng = np.random.default_rng(seed)
    shapes = {
        "kernel": (N_JOINED, N_TYPES), "bias": (N_TYPES,), "coordinates": (N_TYPES, N_LATENT),
        "linear": (n_inputs, N_LATENT),
    }  # fmt: skip
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return OntologyHead(**arrays, weight=np.array([weight], dtype=np.float32))


def nets_of(seed: int = 0) -> tuple[tuple[Layer, ...], ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        (Layer(rng.normal(size=(N_VOCAB, 2)).astype(np.float32), rng.normal(size=2).astype(np.float32)),)
        for _ in range(2)
    )


def inputs_of(detected: float = 0.0) -> EncoderInputs:
    rng = np.random.default_rng(3)
    genes = [f"G{i}" for i in range(N_VOCAB)]
    return EncoderInputs(
        Recipe(detected=detected), genes, *(rng.random(N_VOCAB) for _ in range(2)), np.full(N_VOCAB, 1 / N_VOCAB),
        rng.random(N_VOCAB),
    )  # fmt: skip


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values, axis=1, keepdims=True)


def test_places_are_the_written_formula():
    head, rng = head_of(), np.random.default_rng(1)
    hidden, x = rng.normal(size=(6, N_JOINED)).astype(np.float32), rng.normal(size=(6, N_VOCAB)).astype(np.float32)
    odds = np.exp(hidden.astype(float) @ head.kernel + head.bias)
    expected = unit(odds / odds.sum(axis=1, keepdims=True) @ head.coordinates) + 2 * unit(x @ head.linear)
    np.testing.assert_allclose(head(hidden, x), unit(expected), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(head.probabilities(hidden).sum(axis=1), 1, rtol=1e-5)


def test_huge_logits_do_not_overflow():
    hidden = np.full((2, N_JOINED), 1e4, dtype=np.float32)
    assert np.isfinite(head_of()(hidden, np.ones((2, N_VOCAB), np.float32))).all()


def test_a_cell_without_any_input_is_placed_by_the_nets_alone():
    head, hidden = head_of(), np.ones((1, N_JOINED), np.float32)
    alone = head(hidden, np.zeros((1, N_VOCAB), np.float32))
    np.testing.assert_allclose(alone, unit(head.probabilities(hidden) @ head.coordinates), rtol=1e-5)


@pytest.mark.parametrize("detected", [0.0, 0.5])
def test_the_nets_see_z_scores_and_the_linear_map_everything(detected):
    inputs, nets = inputs_of(detected), nets_of()
    head = head_of(inputs.n_inputs)
    encoder = Encoder(nets, inputs, head=head)
    x = np.random.default_rng(2).normal(size=(4, inputs.n_inputs)).astype(np.float32)
    units = np.concatenate([hidden(net, x[:, :N_VOCAB]) for net in nets], axis=1)
    np.testing.assert_array_equal(encoder.parts(x)[:, :N_LATENT], head(units, x))
    np.testing.assert_array_equal(encoder.parts(x)[:, N_LATENT:], forward(nets, x[:, :N_VOCAB]))
    assert encoder.n_parts == N_LATENT + N_JOINED
    again = unpack_head(encoder.tensors(), N_JOINED)
    assert again is not None
    np.testing.assert_array_equal(again.linear, head.linear)


def test_a_join_maps_coordinates_and_nets_together():
    nets, inputs, rng = nets_of(), inputs_of(), np.random.default_rng(5)
    join = rng.normal(size=(N_LATENT + N_JOINED, 2)).astype(np.float32)
    encoder = Encoder(nets, inputs, join, head_of())
    x = rng.normal(size=(4, N_VOCAB)).astype(np.float32)
    np.testing.assert_allclose(encoder.forward(x), unit(encoder.parts(x) @ join), rtol=1e-5)
    assert encoder.n_latent == 2
    with pytest.raises(ValueError, match=r"join\.kernel"):
        Encoder(nets, inputs, join[:N_JOINED], head_of())


def test_no_head_is_no_head():
    assert unpack_head(pack_nets(nets_of()), N_JOINED) is None


@pytest.mark.parametrize(("part", "value"), [
    ("head.bias", None), ("head.extra", np.ones(1, np.float32)), ("head.weight", np.ones(2, np.float32)),
    ("head.kernel", np.ones((N_JOINED + 1, N_TYPES), np.float32)), ("head.coordinates", np.ones(4, np.float32)),
    ("head.linear", np.ones((N_VOCAB, N_LATENT + 1), np.float32)),
    ("head.bias", np.full(N_TYPES, np.nan, np.float32)),
])  # fmt: skip
def test_a_damaged_head_is_refused(part, value):
    tensors = head_of().tensors()
    if value is None:
        del tensors[part]
    else:
        tensors[part] = value
    with pytest.raises(ValueError, match="head"):
        unpack_head(tensors, N_JOINED)


def test_a_head_for_other_inputs_is_refused():
    with pytest.raises(ValueError, match="reads 7 numbers"):
        Encoder(nets_of(), inputs_of(detected=1.0), head=head_of())
