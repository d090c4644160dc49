"""Comparisons to draw, made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.compare import COLUMNS, Comparison
from core.explore.compare_choice import Choice
from core.explore.gene_difference import COLUMNS as GENE_COLUMNS
from core.explore.gene_difference import GeneDifference
from core.search.confidence import UNKNOWN


def genes(n: int = 3, **changes) -> GeneDifference:
    """Genes from strongly higher to strongly lower in the group."""
    table = pd.DataFrame({
        "gene_symbol": [f"<G{i}>" for i in range(n)], "log2_fold_change": np.linspace(3, -3, n), "pct_group": 0.8, "pct_against": 0.1,
        "mean_group": 2.0, "mean_against": 0.2, "p_value": 1e-9, "q_value": np.where(np.arange(n) == 1, 0.4, 1e-8),
    })[list(GENE_COLUMNS)]  # fmt: skip
    plain = {
        "within": "CL:1", "offered": {"CL:1": "B cell", "CL:2": "monocyte"}, "n_group": 40, "n_against": 50, "n_all": 90, "n_types": 1,
        "paired": None, "replicates_group": 0, "replicates_against": 0, "lacking": "", "deeper": None, "table": table,
    }  # fmt: skip
    return GeneDifference(**{**plain, **changes})


def comparison(n: int = 4, **changes) -> Comparison:
    """Types with odds ratios from high to low, the last one not tested; the second and third not significant."""
    ids = [f"CL:{i}" for i in range(n - 1)] + [UNKNOWN]
    ratio = np.append(np.geomspace(4, 0.25, n - 1), np.nan)
    q = np.full(n, 0.3)
    q[0] = q[n - 2] = 1e-5
    q[-1] = np.nan
    table = pd.DataFrame({
        "type_id": ids, "type_name": [f"<type> {i} of a long and quite telling name" for i in range(n - 1)] + ["unknown"],
        "n_group": 40, "n_against": np.arange(n, 0, -1) * 10, "share_group": 0.2, "share_against": 0.1, "odds_ratio": ratio,
        "low": ratio / 2, "high": ratio * 2, "p_value": q / 2, "q_value": q,
    })[list(COLUMNS)]  # fmt: skip
    by_group = pd.DataFrame({"<CTRL>": table["n_against"].to_numpy(), "STIM": 40, "third": 1}, index=ids)
    plain = {
        "choice": Choice("condition", "STIM", "<CTRL>", ""), "method": "cells", "n_group": 200, "n_against": 100,
        "replicates_group": 0, "replicates_against": 0, "n_left_out": 0, "lacking": "", "table": table, "by_group": by_group,
        "names": dict(zip(table["type_id"], table["type_name"], strict=True)),
    }  # fmt: skip
    return Comparison(**{**plain, **changes})
