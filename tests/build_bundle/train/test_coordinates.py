from dataclasses import replace

import numpy as np
import pytest

from build_bundle.train.cells import training_cells
from build_bundle.train.coordinates import fit_linear, type_coordinates
from core.ontology.similarity import Similarity
from tests.worlds import TYPES


def similarity(pairs: dict[tuple[str, str], float]) -> Similarity:
    both = pairs | {(b, a): s for (a, b), s in pairs.items()}
    return Similarity(both | {(t, t): 1.0 for pair in pairs for t in pair})


def test_inner_products_are_the_similarities():
    related = similarity({("a", "b"): 0.75, ("a", "c"): 0.5, ("b", "c"): 0.5, ("c", "d"): 0.25})
    places = type_coordinates("abcd", related, 100).astype(float)
    assert places.shape == (4, 4)
    np.testing.assert_allclose(places @ places.T, related.matrix("abcd"), atol=1e-5)


def test_fewer_coordinates_keep_the_most():
    related = similarity({("a", "b"): 0.75, ("c", "d"): 0.75})
    narrow, wide = (type_coordinates("abcd", related, n) for n in (2, 4))
    assert narrow.shape == (4, 2)
    np.testing.assert_allclose(narrow @ narrow.T, wide[:, :2] @ wide[:, :2].T, atol=1e-5)
    assert np.argmax(narrow @ narrow[0]) in {0, 1}  # a and b have fallen together, c and d lie elsewhere
    assert abs(float(narrow[0] @ narrow[2])) < 1e-5


def test_similarities_that_no_places_can_have_lose_their_negative_part():
    # two types each close to a third but not to each other: the matrix has a negative eigenvalue
    related = similarity({("a", "b"): 1.0, ("b", "c"): 1.0, ("a", "d"): 0.0})
    places = type_coordinates("abc", related, 3)
    assert np.isfinite(places).all()
    assert np.abs(places[:, 2]).max() == 0


@pytest.mark.parametrize("detected", [0.0, 0.5])
def test_the_linear_map_is_the_ridge_solution(planted, quick_training, detected):
    data = training_cells(planted, replace(quick_training, detected=detected), seed=0).data
    places = np.eye(len(data.classes), dtype=np.float32)
    ridge = np.linspace(2, 6, 150).astype(np.float32)
    found = fit_linear(data, places, ridge)
    x = data.inputs_of(np.arange(len(data))).astype(float)
    scale = np.linalg.norm(x[0])
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), scale, rtol=1e-4)
    who = [(block.study, name) for block in data.blocks for name in block.types]
    w = np.array([who.count(pair) for pair in who]) ** -0.5
    w /= w.mean()
    y = places[data.codes] - np.average(places[data.codes], axis=0, weights=w)
    x /= scale
    penalty = np.diag(np.concatenate([ridge] * (x.shape[1] // 150)))
    expected = np.linalg.solve(x.T @ (x * w[:, None]) + penalty, x.T @ (y * w[:, None])) / scale
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())
    assert found.shape == ((2 if detected else 1) * 150, len(TYPES))


def test_the_linear_map_alone_tells_the_types(planted, quick_training):
    data = training_cells(planted, quick_training, seed=0).data
    places = np.eye(len(data.classes), dtype=np.float32)
    said = data.inputs_of(np.arange(len(data))) @ fit_linear(data, places, np.full(150, 3, np.float32))
    assert np.mean(said.argmax(axis=1) == data.codes) > 0.9
