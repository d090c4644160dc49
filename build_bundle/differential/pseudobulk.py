"""Pseudo-bulk: counts summed per replicate and side, tested with DESeq2's negative binomial model (PyDESeq2).

Replicates (donors, animals), not cells, are the units here, so that what differs between donors is not taken for a
difference between types. PyDESeq2 is imported when the method is used; install it with the builder's extra requirements.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from build_bundle.differential.methods import NotApplicableError, Verdict
from build_bundle.differential.sample import Sample
from core.errors import ConfigError

MIN_REPLICATES = 2  # on either side
MIN_CELLS = 5  # of a side in a replicate, for its sum to count
MIN_COUNT = 10  # of a gene over all sums, to be tested

Codes = npt.NDArray[np.int64]


class PseudoBulk:
    """DESeq2 over sums of counts per replicate and side."""

    name = "pseudobulk"

    def __call__(self, sample: Sample) -> Verdict:
        """Compare the type's sums with the others' sums.

        Parameters
        ----------
        sample : Sample
            With counts and replicates.

        Returns
        -------
        Verdict
            Wald statistic, its p-value and DESeq2's fold change (log2, not shrunken) with its standard error; p = 1 for a
            gene with fewer than 10 counts in all or set aside as an outlier.

        Raises
        ------
        NotApplicableError
            Where the values are no counts, or fewer than two replicates have at least five cells on each side.
        ConfigError
            Where PyDESeq2 is not installed.

        Notes
        -----
        Love, Huber and Anders 2014. Replicates that have both sides are paired (a term each in the design) when all of
        them have both.
        """
        counts, groups = summed(sample)
        tested = np.flatnonzero(counts.sum(axis=0) >= MIN_COUNT)
        table = _deseq(counts[:, tested], groups)
        found = table.to_numpy(dtype=np.float64)
        known = np.isfinite(found).all(axis=1)
        change, error, z, p_value = (np.zeros(len(sample.genes)) for _ in range(4))
        p_value += 1.0
        error += 1.0
        for column, target in enumerate((change, error, z, p_value)):
            target[tested[known]] = found[known, column]
        return Verdict(z, p_value, change, error)


def summed(sample: Sample) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Add up the counts of each replicate and side.

    Parameters
    ----------
    sample : Sample
        With counts and replicates.

    Returns
    -------
    counts : ndarray of int64, n_sums x n_genes
        Only of replicates with at least five cells on that side.
    groups : pandas.DataFrame
        ``side`` ("in" or "out") and ``replicate`` of each row.

    Raises
    ------
    NotApplicableError
        As for `PseudoBulk`.
    """
    if not sample.is_counts:
        raise NotApplicableError("the values are no counts")
    named = sample.replicates != ""
    keys = pd.DataFrame({"side": np.where(sample.in_group, "in", "out"), "replicate": sample.replicates})
    sizes = keys[named].groupby(["side", "replicate"]).size()
    groups = sizes[sizes >= MIN_CELLS].index.to_frame(index=False)
    if groups["side"].value_counts().reindex(["in", "out"], fill_value=0).min() < MIN_REPLICATES:
        raise NotApplicableError(
            f"fewer than {MIN_REPLICATES} replicates with {MIN_CELLS} cells on either side are known"
        )
    place = {key: row for row, key in enumerate(groups.itertuples(index=False, name=None))}
    codes = np.array([place.get(key, -1) for key in keys.itertuples(index=False, name=None)])
    cells = np.flatnonzero((codes >= 0) & named)
    ones = np.ones(len(cells), dtype=np.float64)
    member = sparse.csr_matrix((ones, (codes[cells], cells)), shape=(len(groups), len(codes)))
    return np.rint((member @ sample.counts).toarray()).astype(np.int64), groups


def _deseq(counts: npt.NDArray[np.int64], groups: pd.DataFrame) -> pd.DataFrame:
    """Run PyDESeq2: log2 fold change, its error, Wald statistic and p-value of every column."""
    module = _library()
    names = [f"sum{i}" for i in range(len(groups))]
    metadata = pd.DataFrame({"side": groups["side"].to_list(), "replicate": groups["replicate"].to_list()}, index=names)
    paired = bool((metadata.groupby("replicate")["side"].nunique() == 2).all())
    design = "~replicate + side" if paired and len(set(metadata["replicate"])) > 1 else "~side"
    frame = pd.DataFrame(counts, index=names, columns=[f"gene{i}" for i in range(counts.shape[1])])
    with warnings.catch_warnings():  # of fits that did not converge; their genes have no p-value
        warnings.simplefilter("ignore")
        data = module["DeseqDataSet"](
            counts=frame, metadata=metadata, design=design, size_factors_fit_type="poscounts", quiet=True, n_cpus=1
        )
        data.deseq2()
        statistics = module["DeseqStats"](
            data, contrast=["side", "in", "out"], independent_filter=False, quiet=True, n_cpus=1
        )
        statistics.summary()
    results: pd.DataFrame = statistics.results_df.reindex(frame.columns)
    return results[["log2FoldChange", "lfcSE", "stat", "pvalue"]]


def _library() -> dict[str, Any]:
    try:
        from pydeseq2.dds import DeseqDataSet  # noqa: PLC0415 - an extra that most builds do not need
        from pydeseq2.ds import DeseqStats  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(
            "[differential] method pseudobulk needs PyDESeq2, which is not installed.",
            next_step="Install it: pip install --requirement build_bundle/pseudobulk-requirements.txt",
        ) from error
    return {"DeseqDataSet": DeseqDataSet, "DeseqStats": DeseqStats}
