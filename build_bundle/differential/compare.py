"""One test: what the cells of one comparison say about every gene."""

from __future__ import annotations

import pandas as pd
from scipy.stats import false_discovery_control

from build_bundle.differential.methods import Method
from build_bundle.differential.sample import Sample
from core.expression.effect import effect_of


def compare(sample: Sample, method: Method) -> pd.DataFrame:
    """Test every gene of one comparison.

    Parameters
    ----------
    sample : Sample
        The cells.
    method : Method
        How.

    Returns
    -------
    pandas.DataFrame
        One row a gene seen in at least one of the cells: ``gene`` (index into ``corpus.genes``), ``log2_fold_change``,
        ``log2_fold_change_se``, ``z``, ``p_value``, ``p_value_adj``, ``pct_in``, ``pct_out``, ``mean_in``, ``mean_out``.

    Raises
    ------
    NotApplicableError
        Where the method cannot work on these cells.
    """
    verdict = method(sample)
    effect = effect_of(sample.lognorm, sample.in_group, sample.molecule)
    own = verdict.log2_fold_change is not None
    table = pd.DataFrame({
        "gene": sample.genes,
        "log2_fold_change": verdict.log2_fold_change if own else effect.log2_fold_change,
        "log2_fold_change_se": verdict.log2_fold_change_se if own else effect.log2_fold_change_se,
        "z": verdict.z,
        "p_value": verdict.p_value,
        "pct_in": effect.pct_in,
        "pct_out": effect.pct_out,
        "mean_in": effect.mean_in,
        "mean_out": effect.mean_out,
    })  # fmt: skip
    seen = table[(table["pct_in"] > 0) | (table["pct_out"] > 0)].reset_index(drop=True)
    return seen.assign(p_value_adj=false_discovery_control(seen["p_value"].to_numpy()))
