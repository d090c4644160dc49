"""What the build report says about the genes that set types apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow.parquet as pq

from build_bundle.cells.corpus import Corpus
from build_bundle.steps.task import Finished
from core.bundle.schema import BACKGROUNDS, CONTRASTS, TYPE


def gather_contrasts(done: Mapping[str, Finished]) -> dict[str, Any] | None:
    """Return the facts of the differential step and one row a term; None where it did not run.

    Parameters
    ----------
    done : mapping of str to Finished
        The steps that are finished.

    Returns
    -------
    dict or None
        ``facts``, ``backgrounds``, and ``rows`` with ``name``, ``n_studies``, ``n_in`` (of the first background tested),
        ``genes`` (up and down by background, "" where it was not tested).
    """
    if "differential" not in done:
        return None
    names = Corpus.open(done["corpus"].folder).names
    table = pq.read_table(done["differential"].folder / CONTRASTS.file).to_pandas()
    rows = []
    for term, group in table.groupby(TYPE, sort=False):
        by_background = {row["background"]: row for row in group.to_dict("records")}
        first = next(by_background[b] for b in BACKGROUNDS if b in by_background)
        genes = [_genes(by_background.get(background)) for background in BACKGROUNDS]
        rows.append({"name": names.get(str(term), str(term)), "genes": genes, **first})
    rows.sort(key=lambda row: row["name"].lower())
    return {"facts": done["differential"].facts, "backgrounds": BACKGROUNDS, "rows": rows}


def _genes(row: Mapping[Any, Any] | None) -> str:
    if row is None:
        return ""
    foreign = "" if row["same_study"] else " (other studies)"
    return f"{row['n_up']:,} up, {row['n_down']:,} down{foreign}"
