from dataclasses import replace

import numpy as np
from scipy import sparse

from build_bundle.train.dataset import Dataset
from build_bundle.train.statistics import Block, encoder_inputs
from core.expression.recipe import Recipe

GENES = np.array([f"G{i}" for i in range(20)], dtype=object)


def dataset():
    rng = np.random.default_rng(0)
    blocks = []
    for part, n in (("a", 7), ("b", 5)):
        x = sparse.csr_matrix(rng.poisson(1.0, (n, 20)).astype(np.float32))
        measured = np.ones(20, bool) if part == "a" else np.arange(20) < 15
        x = sparse.csr_matrix(x.multiply(measured))
        blocks.append(Block(part, part, x, measured, np.array(["T", "B"] * n, dtype=object)[:n]))
    return Dataset(encoder_inputs(GENES, blocks, Recipe()), blocks, ("B", "T"))


def test_a_dense_batch_is_the_apps_transform_in_any_order():
    data = dataset()
    rows = np.array([11, 0, 6, 7, 0])
    got = data.dense(rows)
    whole = np.concatenate([data.inputs.transform(b.x, b.measured) for b in data.blocks])
    np.testing.assert_array_equal(got, whole[rows])
    assert not got[0, 15:].any()


def test_codes_follow_the_classes():
    data = dataset()
    assert len(data) == 12
    assert [data.classes[c] for c in data.codes[:3]] == ["T", "B", "T"]


def test_batches_have_one_size_and_see_every_cell():
    data = dataset()
    batches = list(data.batches(5, np.random.default_rng(0)))
    assert [len(b) for b in batches] == [5, 5, 5]
    assert set(np.concatenate(batches)) == set(range(12))
    assert [len(b) for b in data.batches(100, np.random.default_rng(0))] == [12]


def test_cells_of_a_study_share_a_number_whatever_their_part():
    data = dataset()
    assert data.studies.tolist() == [0] * 7 + [1] * 5
    one = Dataset(data.inputs, [replace(block, study="s") for block in data.blocks], data.classes)
    assert not one.studies.any()
