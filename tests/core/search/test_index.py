import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core.errors import BundleDamagedError, InputError
from core.search.exact import exact_search
from core.search.index import EXACT_BELOW, NeighborIndex, build_index, way_of_search

N, DIM = 600, 12


def blobs(n: int, seed: int) -> np.ndarray:
    """Points on the unit sphere in six clouds."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(size=(6, DIM))
    points = centres[np.arange(n) % 6] + 0.3 * rng.normal(size=(n, DIM))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def reference() -> np.ndarray:
    return blobs(N, 0)


@pytest.fixture(scope="module")
def built(reference, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / "index.hnsw"
    return path, build_index(reference, path)


@pytest.fixture(scope="module")
def index(reference, built) -> NeighborIndex:
    return NeighborIndex(built[0], reference, built[1])


def test_facts_say_how_it_was_built(built):
    facts = built[1]
    assert (facts.space, facts.n, facts.dim) == ("l2", N, DIM)
    assert (facts.M, facts.ef_construction, facts.ef_search) == (16, 500, 300)
    assert facts.recall > 0.99
    assert facts.library.startswith("nmslib 2")


def test_search_gives_true_distances_nearest_first(reference, index):
    queries = blobs(50, 7)
    found, truth = index.search(queries, 10), exact_search(reference, queries, 10)
    assert (found.ids == truth.ids).mean() > 0.99
    np.testing.assert_allclose(found.distances, truth.distances, atol=1e-5)
    assert (np.diff(found.distances, axis=1) >= 0).all()
    assert found.ids.dtype == np.int32
    assert found.distances.dtype == np.float32


def test_a_small_reference_is_searched_exactly(built, reference):
    """However good the graph is: here there is none."""
    path, facts = built
    queries = blobs(50, 7)
    small = NeighborIndex(path, reference, facts, exact_below=N + 1)
    small._graph = None
    np.testing.assert_array_equal(small.search(queries, 10).ids, exact_search(reference, queries, 10).ids)
    allowed = np.arange(N) % 2 == 0
    some = small.search(queries, 10, allowed=allowed)
    np.testing.assert_array_equal(some.ids, exact_search(reference, queries, 10, allowed=allowed).ids)
    large = NeighborIndex(path, reference, facts, exact_below=N)
    large._graph = None
    with pytest.raises(AttributeError):
        large.search(queries, 10)


@pytest.mark.parametrize("left_out", [0, 0.3])
def test_a_query_that_the_graph_led_astray_is_searched_exactly(built, reference, monkeypatch, left_out):
    """Here every third answer is that of another query, from another cloud."""
    monkeypatch.setattr("core.search.index.SPOTS", 0.2)
    index = NeighborIndex(built[0], reference, built[1])
    allowed = np.random.default_rng(3).random(N) >= left_out if left_out else None
    queries = blobs(60, 7)
    ask, asked = index._ask, []

    def astray(some, k):
        asked.append(len(some))
        found = ask(some, k)
        found.ids[::3] = ask(np.roll(some, 1, axis=0), k).ids[::3]
        found.distances[::3] = np.linalg.norm(reference[found.ids[::3]] - some[::3, None], axis=2)
        return found

    monkeypatch.setattr(index, "_ask", astray)
    found = index.search(queries, 20, allowed=allowed)
    assert asked == [60]
    np.testing.assert_allclose(
        found.distances, exact_search(reference, queries, 20, allowed=allowed).distances, atol=1e-5
    )


def test_sound_answers_of_the_graph_are_not_searched_again(reference, index, monkeypatch):
    monkeypatch.setattr("core.search.index.exact_search", None)
    index.search(blobs(200, 7), 20)
    index.search(blobs(200, 7), 20, allowed=np.random.default_rng(3).random(N) >= 0.05)


def test_words_follow_the_search(built):
    facts = replace(built[1], recall=0.99968, library="nmslib 2.1.1")
    assert way_of_search(replace(facts, n=EXACT_BELOW - 1)) == "searched exactly, having fewer than 10,000 cells"
    large = "HNSW, finds 99.9 % of the exact neighbours, nmslib 2.1.1"
    assert way_of_search(replace(facts, n=EXACT_BELOW)) == large


def test_a_reference_cell_is_its_own_nearest(reference, index):
    found = index.search(reference[:20], 1)
    np.testing.assert_array_equal(found.ids[:, 0], np.arange(20))
    np.testing.assert_array_equal(found.distances, 0)


def test_k_beyond_the_reference_gives_every_cell(reference, index):
    found = index.search(reference[:3], 5 * N)
    assert found.ids.shape == (3, N)
    assert all(sorted(row) == list(range(N)) for row in found.ids.tolist())


@pytest.mark.parametrize("left_out", [0.05, 0.5, 0.995])
def test_left_out_cells_are_never_found(reference, index, left_out):
    allowed = np.random.default_rng(3).random(N) >= left_out
    queries = blobs(40, 8)
    found = index.search(queries, 20, allowed=allowed)
    truth = exact_search(reference, queries, 20, allowed=allowed)
    assert allowed[found.ids].all()
    assert found.ids.shape == truth.ids.shape
    np.testing.assert_allclose(found.distances, truth.distances, atol=1e-5)


def test_leaving_out_a_whole_cloud_falls_back_to_exact_search(reference, index):
    allowed = np.arange(N) % 6 != 0
    queries = reference[:60:6]
    found = index.search(queries, 30, allowed=allowed)
    truth = exact_search(reference, queries, 30, allowed=allowed)
    np.testing.assert_array_equal(found.ids, truth.ids)
    np.testing.assert_array_equal(found.distances, truth.distances)


def test_leaving_out_nearly_everything_searches_exactly(reference, index, monkeypatch):
    monkeypatch.setattr("core.search.index._LARGEST_FETCH", 50)
    allowed = np.arange(N) % 30 == 0
    found = index.search(reference[:9], 10, allowed=allowed)
    truth = exact_search(reference, reference[:9], 10, allowed=allowed)
    np.testing.assert_array_equal(found.ids, truth.ids)


def test_nothing_left_is_a_clear_error(reference, index):
    with pytest.raises(InputError, match="No reference cell is left") as caught:
        index.search(reference[:1], 5, allowed=np.zeros(N, dtype=bool))
    assert caught.value.code == "nothing-left"


def test_queries_are_checked(index):
    with pytest.raises(ValueError, match="width 12"):
        index.search(np.zeros((1, 11), dtype=np.float32), 1)
    with pytest.raises(ValueError, match="finite"):
        index.search(np.full((1, DIM), np.nan, dtype=np.float32), 1)


def test_equal_distances_come_in_order_of_the_reference(tmp_path):
    twins = np.repeat(blobs(20, 1), 5, axis=0)
    index = NeighborIndex(tmp_path / "twins", twins, build_index(twins, tmp_path / "twins"))
    found = index.search(twins[::5], 5)
    np.testing.assert_array_equal(found.ids, np.arange(100).reshape(20, 5))


def test_no_query_gives_no_row(index):
    assert index.search(np.zeros((0, DIM), dtype=np.float32), 3).ids.shape == (0, 3)


def test_progress_goes_to_one(index):
    seen = []
    index.search(blobs(4_500, 4), 3, progress=seen.append)
    assert seen == sorted(seen)
    assert len(seen) == 3
    assert seen[-1] == 1


@pytest.mark.parametrize("change", [{"n": N - 1}, {"dim": DIM + 1}, {"space": "cosinesimil"}])
def test_facts_that_do_not_fit_are_refused(reference, built, change):
    path, facts = built
    with pytest.raises(BundleDamagedError, match="is stated to be") as caught:
        NeighborIndex(path, reference, replace(facts, **change))
    assert len(caught.value.problems) == 1


def test_an_index_of_other_vectors_is_refused(reference, built):
    path, facts = built
    with pytest.raises(BundleDamagedError, match="other distances than the embedding"):
        NeighborIndex(path, np.ascontiguousarray(reference[::-1] * 2), facts)


def test_an_index_of_more_cells_is_refused(reference, built):
    path, facts = built
    with pytest.raises(BundleDamagedError, match=r"not in the reference|other distances"):
        NeighborIndex(path, reference[:100], replace(facts, n=100))


def test_one_reference_cell(tmp_path):
    one = blobs(1, 5)
    index = NeighborIndex(tmp_path / "one", one, build_index(one, tmp_path / "one"))
    found = index.search(blobs(2, 6), 100)
    assert found.ids.tolist() == [[0], [0]]
    assert index.n_ref == 1


def test_import_is_quiet_and_late():
    code = (
        "import sys, core.search.index as i; assert 'nmslib' not in sys.modules;"
        "print('before'); i._nmslib(); i._nmslib(); print('after')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["before", "after"]
    assert done.stderr == ""
