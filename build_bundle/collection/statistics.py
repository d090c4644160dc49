"""The statistics of a collection as tables of the bundle (science 10)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from build_bundle.collection.record import Record
from core.bundle.schema_collection import ALIGNMENT_RATES, COLLECTION, READS_BY_STUDY

N_INTERVALS = 40  # of .025 each
_MEASURES = {"overall": "rate_overall", "coding": "rate_coding"}


def by_month(record: Record, others: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count studies and cells by month of release and kind.

    Parameters
    ----------
    record : Record
        The collection.
    others : pandas.DataFrame, optional
        Rows of the same table for studies that are not in it.

    Returns
    -------
    pandas.DataFrame
        The ``collection`` table. A study with samples of several kinds counts in each.
    """
    grouped = record.samples.groupby(["month", "kind"], sort=True)
    table = grouped.agg(n_studies=("study", "nunique"), n_cells=("n_cells", "sum")).reset_index()
    if others is not None and len(others):
        joined = pd.concat([table, others], ignore_index=True)
        table = joined.groupby(["month", "kind"], as_index=False, sort=True).sum()
    return table[[column.name for column in COLLECTION.columns]]


def reads_by_study(record: Record) -> pd.DataFrame:
    """Summarise the reads of every study whose reads were counted.

    Parameters
    ----------
    record : Record
        The collection.

    Returns
    -------
    pandas.DataFrame
        The ``reads_by_study`` table, sorted by study.
    """
    rows = []
    counted = record.samples[record.samples["n_reads"].notna()]
    for (study, month), group in counted.groupby(["study", "month"], sort=True):
        reads = group["n_reads"].to_numpy(dtype=np.float64)
        low, middle, high = np.quantile(reads, [0.25, 0.5, 0.75])
        rows.append((study, month, len(reads), int(reads.sum()), low, middle, high))
    return pd.DataFrame(rows, columns=[column.name for column in READS_BY_STUDY.columns])


def alignment_rates(record: Record) -> pd.DataFrame:
    """Count libraries by their share of aligned reads.

    Parameters
    ----------
    record : Record
        The collection.

    Returns
    -------
    pandas.DataFrame
        The ``alignment_rates`` table: for each measure that is known all `N_INTERVALS` intervals, empty ones too.
    """
    edges = np.linspace(0.0, 1.0, N_INTERVALS + 1)
    rows = []
    for measure, column in _MEASURES.items():
        known = record.samples[record.samples[column].notna()]
        if known.empty:
            continue
        below = (known["state"] == "low_alignment").to_numpy()
        values = known[column].to_numpy(dtype=np.float64)
        n_kept, n_below = (np.histogram(values[chosen], edges)[0] for chosen in (~below, below))
        threshold = record.threshold if measure == record.measure else 0.0
        rows += [
            (measure, edges[i], edges[i + 1], int(n_kept[i]), int(n_below[i]), threshold) for i in range(N_INTERVALS)
        ]
    return pd.DataFrame(rows, columns=[column.name for column in ALIGNMENT_RATES.columns])
