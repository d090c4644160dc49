"""How far the labels are to be trusted, as held-out studies showed: promises kept, probabilities said and true."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.bundle.schema import ALL
from core.search.calibration import COVERAGE, RELIABILITY, SUMMARY


@dataclass(frozen=True)
class TrustView:
    """What was learned about trust.

    Parameters
    ----------
    n_cells, n_studies : int
        Held-out cells and studies behind it; 0 where nothing could be learned.
    coverage : pandas.DataFrame
        One row a promise, largest first: promised, kept (mean over studies), lowest, highest (of the studies); shares 0..1.
    reliability : pandas.DataFrame
        One row a group of cells by what was said: said, right (shares 0..1), n_cells.
    calibration_error : float or None
        Mean difference of probability said and share right, 0..1.
    unknown_auroc, unknown_flagged, false_alarms : float or None
        How well distance tells cells of types the reference lacks; share of them, and of the others, called unknown.
    """

    n_cells: int
    n_studies: int
    coverage: pd.DataFrame
    reliability: pd.DataFrame
    calibration_error: float | None
    unknown_auroc: float | None
    unknown_flagged: float | None
    false_alarms: float | None


def trust_view(table: pd.DataFrame) -> TrustView:
    """Collect what the Reference tab shows about trust.

    Parameters
    ----------
    table : pandas.DataFrame
        The bundle's ``calibration`` table.

    Returns
    -------
    TrustView
        Empty tables where the bundle could not learn.
    """
    whole = table[(table["kind"] == COVERAGE) & (table["name"] == ALL)]
    summary = table[table["kind"] == SUMMARY].set_index("name")["y"]

    def figure(name: str) -> float | None:
        return float(summary[name]) if name in summary.index else None

    reliability = table[table["kind"] == RELIABILITY].rename(columns={"x": "said", "y": "right"})
    return TrustView(
        n_cells=int(whole["n_cells"].max()) if len(whole) else 0,
        n_studies=int(whole["n_studies"].max()) if len(whole) else 0,
        coverage=_coverage(table),
        reliability=reliability[["said", "right", "n_cells"]].sort_values("said", ignore_index=True),
        calibration_error=figure("calibration_error"),
        unknown_auroc=figure("unknown_auroc"),
        unknown_flagged=figure("unknown_flagged"),
        false_alarms=figure("false_alarms"),
    )


def _coverage(table: pd.DataFrame) -> pd.DataFrame:
    rows = table[table["kind"] == COVERAGE]
    studies = rows[rows["name"] != ALL].groupby("x")["y"].agg(["min", "max"])
    whole = rows[rows["name"] == ALL].set_index("x")["y"]
    found = pd.DataFrame({"kept": whole, "lowest": studies["min"], "highest": studies["max"]})
    return found.rename_axis("promised").reset_index().sort_values("promised", ascending=False, ignore_index=True)
