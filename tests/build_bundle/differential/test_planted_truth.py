"""Known differences under dropouts and batch shifts: false discoveries and recall beside scanpy and a moderated t-test.

``pytest -s`` prints the table.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from build_bundle.differential.combine import StudyTest, combined, stacked
from build_bundle.differential.compare import compare
from build_bundle.differential.methods import method_named
from core.expression.effect import effect_of
from tests.build_bundle.differential.planted_counts import planted_counts
from tests.build_bundle.differential.rivals import moderated_t, scanpy_wilcoxon, with_adjusted

NOMINAL, SLACK = 0.05, 0.02
SEEDS = (0, 1, 2)
GENES = {"n_genes": 3000, "n_up": 75, "n_down": 75}  # one in twenty differs
WORLDS = {
    "dropouts": {"n_cells": 120, **GENES},
    "no dropouts": {"n_cells": 120, "dropouts": False, **GENES},
    "few cells": {"n_cells": 75, **GENES},
}
OURS = ("wilcoxon", "dropout")
RIVALS = {"scanpy wilcoxon": scanpy_wilcoxon, "moderated t": moderated_t}
COLUMNS = ["pct_in", "pct_out", "mean_in", "mean_out", "log2_fold_change_se"]


def outcome(name, sample):
    if name in OURS:
        return compare(sample, method_named(name))
    table = with_adjusted(RIVALS[name](sample), sample)
    effect = effect_of(sample.lognorm, sample.in_group, sample.molecule)
    return table.assign(**{column: getattr(effect, column)[table["gene"]] for column in COLUMNS})


def judged(genes, sign, q, truth):
    """Share of false discoveries and of planted genes found, direction included."""
    hit = q < NOMINAL
    right = sign[hit] == truth[genes[hit]]
    return 1 - right.mean() if hit.any() else 0.0, right.sum() / np.count_nonzero(truth)


def scores(name, planted):
    tests = [StudyTest(f"s{i}", outcome(name, s), 1, 1, True, name) for i, s in enumerate(planted.samples)]
    rows = []
    for test in tests:
        t = test.table
        rows.append(
            (
                "one study",
                *judged(
                    t["gene"].to_numpy(),
                    np.sign(t["log2_fold_change"]).to_numpy(),
                    t["p_value_adj"].to_numpy(),
                    planted.truth,
                ),
            )
        )
    over = combined(stacked(tests, len(planted.truth)))
    genes = over["gene"].to_numpy()
    rows.append(
        (
            "largest p of 3",
            *judged(genes, np.sign(over["log2_fold_change"]).to_numpy(), over["p_value_adj"].to_numpy(), planted.truth),
        )
    )
    rows.append(
        ("Stouffer of 3", *judged(genes, np.sign(over["z"]).to_numpy(), over["q_stouffer"].to_numpy(), planted.truth))
    )
    return [(name, *row) for row in rows]


@pytest.fixture(scope="module")
def table():
    rows = [
        (world, *row)
        for world, settings in WORLDS.items()
        for seed in SEEDS
        for name in (*OURS, *RIVALS)
        for row in scores(name, planted_counts(seed, **settings))
    ]
    frame = pd.DataFrame(rows, columns=["world", "method", "over", "false", "recall"])
    found = frame.pivot_table(
        index=["world", "over"], columns="method", values=["false", "recall"], aggfunc="mean", sort=False
    ).round(3)
    print("\nshare of false discoveries, and recall, at q < 0.05\n" + found.to_string())
    return found


@pytest.mark.slow
@pytest.mark.parametrize("method", OURS)
def test_false_discoveries_stay_near_the_nominal_share(table, method):
    assert (table["false", method] <= NOMINAL + SLACK).all()


@pytest.mark.slow
def test_recall_is_that_of_scanpy_and_the_count_model_finds_no_fewer(table):
    np.testing.assert_allclose(table["recall", "wilcoxon"], table["recall", "scanpy wilcoxon"], atol=0.01)
    assert (table["recall", "dropout"] >= table["recall", "scanpy wilcoxon"] - 0.01).all()


def test_ranks_and_p_values_are_those_of_scanpy():
    sample = planted_counts(4, n_studies=1, n_cells=100).samples[0]
    ours, theirs = compare(sample, method_named("wilcoxon")), scanpy_wilcoxon(sample).set_index("gene")
    z = theirs["z"].loc[ours["gene"]].to_numpy()
    assert pd.Series(ours["z"]).corr(pd.Series(z), method="spearman") > 0.999
    np.testing.assert_allclose(ours["z"], z, atol=0.02)  # scanpy makes no continuity correction
