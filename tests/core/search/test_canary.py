import numpy as np
import pytest

from core.search.canary import canary_tensors, check_canary
from core.search.index import NeighborIndex, build_index

WEIGHTS = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)


def encode(inputs: np.ndarray) -> np.ndarray:
    hidden = np.tanh(inputs @ WEIGHTS)
    return hidden / np.linalg.norm(hidden, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    rng = np.random.default_rng(1)
    reference = encode(rng.normal(size=(300, 20)).astype(np.float32))
    path = tmp_path_factory.mktemp("canary") / "index"
    index = NeighborIndex(path, reference, build_index(reference, path))
    inputs = rng.normal(size=(8, 20)).astype(np.float32)
    return index, canary_tensors(encode, reference, inputs)


def test_layout(world):
    tensors = world[1]
    assert {n: (t.shape, t.dtype) for n, t in tensors.items()} == {
        "x": ((8, 20), np.float32), "embedding": ((8, 6), np.float32), "neighbors": ((8, 10), np.int32),
    }  # fmt: skip


def test_a_healthy_canary_has_no_problem(world):
    index, tensors = world
    assert check_canary(encode, index, tensors) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda t: {"x": t["x"]}, "lacks embedding, neighbors"),
        (lambda t: {**t, "x": t["x"][:, :5]}, "cannot read the canary's cells"),
        (lambda t: {**t, "embedding": t["embedding"][:, :3]}, "has shape"),
        (lambda t: {**t, "embedding": t["embedding"] + 0.01}, "other numbers than at build time"),
        (lambda t: {**t, "embedding": t["embedding"] * np.nan}, "other numbers than at build time"),
        (lambda t: {**t, "neighbors": t["neighbors"][:, :3]}, "the index gives"),
        (lambda t: {**t, "neighbors": t["neighbors"] + 1000}, "not in the reference"),
    ],
)
def test_what_a_canary_finds(world, change, sentence):
    index, tensors = world
    problems = check_canary(encode, index, change(tensors))
    assert len(problems) == 1
    assert sentence in problems[0]


def test_an_index_that_finds_other_cells(world):
    index, tensors = world
    order = np.argsort(((index.embedding[None] - tensors["embedding"][:, None]) ** 2).sum(axis=2), axis=1)
    nearer = {**tensors, "neighbors": np.repeat(order[:, :1], 10, axis=1).astype(np.int32)}
    problems = check_canary(encode, index, nearer)
    assert len(problems) == 1
    assert "finds 10% of the canary's true neighbours" in problems[0]
