import numpy as np

from build_bundle.train.augment import FEWEST_GENES, cut_panels

N, VOCAB = 40, 200


def batch():
    z = np.random.default_rng(1).standard_normal((N, VOCAB))
    return (z * np.sqrt(VOCAB) / np.linalg.norm(z, axis=1, keepdims=True)).astype(np.float32)


def test_never_cutting_leaves_the_batch_alone():
    z = batch()
    np.testing.assert_array_equal(cut_panels(z, np.ones((1, VOCAB), bool), 0.0, np.random.default_rng(0)), z)


def test_cut_groups_keep_a_panel_at_full_length_and_the_input_is_untouched():
    z = batch()
    before = z.copy()
    panel = np.arange(VOCAB) < 60
    seen_random = seen_real = False
    for seed in range(12):
        out = cut_panels(z, panel[np.newaxis], 1.0, np.random.default_rng(seed))
        for group in np.array_split(np.arange(N), 4):
            kept = (out[group] != 0).any(axis=0)
            np.testing.assert_allclose(np.linalg.norm(out[group], axis=1), np.sqrt(VOCAB), rtol=1e-4)
            assert kept.sum() > FEWEST_GENES
            seen_real |= np.array_equal(kept, panel)
            seen_random |= not np.array_equal(kept, panel)
            # a cut cell is the old one without some genes, at another length
            ratio = out[group][:, kept] / z[group][:, kept]
            np.testing.assert_allclose(ratio, ratio[:, :1] * np.ones_like(ratio), rtol=1e-3)
    assert seen_random
    assert seen_real
    np.testing.assert_array_equal(z, before)


def test_tiny_panels_are_not_used_and_empty_cells_stay_empty():
    z = batch()
    z[0] = 0
    tiny = np.arange(VOCAB) < FEWEST_GENES
    for seed in range(8):
        out = cut_panels(z, tiny[np.newaxis], 1.0, np.random.default_rng(seed))
        assert ((out != 0).sum(axis=1)[1:] > FEWEST_GENES).all()
        assert not out[0].any()


def test_a_batch_smaller_than_the_groups():
    assert cut_panels(batch()[:2], np.ones((1, VOCAB), bool), 1.0, np.random.default_rng(0)).shape == (2, VOCAB)
