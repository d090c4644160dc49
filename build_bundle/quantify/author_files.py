"""Files of studies of which only their authors' values are there: STUDY.author.h5ad."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from build_bundle.cells.corpus import read_csr
from build_bundle.quantify.author import CELLS, GENES
from build_bundle.quantify.count_file import CountFile, write_count_file
from build_bundle.quantify.library import AUTHOR_ONLY
from build_bundle.quantify.study_files import Quantified, file_name
from build_bundle.steps.task import Finished


def write_author_files(out: Path, studies: Mapping[str, Finished], found: Sequence[Quantified]) -> list[Quantified]:
    """Write one file a study, and tell its libraries what became of them.

    Parameters
    ----------
    out : Path
        Folder.
    studies : mapping of str to Finished
        Author steps by study.
    found : sequence of Quantified
        All libraries.

    Returns
    -------
    list of Quantified
        The same; those of state "author_only" with the number of their cells, or the reason why there are none.
    """
    cells: dict[str, Counter[str]] = {}
    for study, step in studies.items():
        cells[study] = Counter()
        if not step.facts["reason"]:
            file = _file(study, step)
            cells[study] = Counter(file.obs["sample"])
            write_count_file(out / author_file(study), file)
    return [_told(item, studies, cells) if item.state == AUTHOR_ONLY else item for item in found]


def author_file(study: str) -> str:
    """Return the name of a study's file."""
    return f"{file_name(study)}.author.h5ad"


def _told(item: Quantified, studies: Mapping[str, Finished], cells: Mapping[str, Counter[str]]) -> Quantified:
    step = studies.get(item.library.study)
    if step is None:
        return item
    if step.facts["reason"]:
        return replace(item, reason_code="author_refused", reason=f"{item.reason} {step.facts['reason']}")
    n_cells = cells[item.library.study][item.library.sample]
    facts = {**item.step.facts, "n_cells": n_cells, "protocol": "author"}
    if n_cells == 0:
        item = replace(item, reason_code="author_no_cell", reason=f"{item.reason} None of their cells bears its name.")
    return replace(item, step=replace(item.step, facts=facts))


def _file(study: str, step: Finished) -> CountFile:
    cells = pq.read_table(step.folder / CELLS).to_pandas()
    genes = pq.read_table(step.folder / GENES).to_pandas()
    x = read_csr(step.folder, len(genes))
    twice = cells["cell"].duplicated(keep=False)
    names = [
        f"{cell}-{row}" if again else cell for row, (cell, again) in enumerate(zip(cells["cell"], twice, strict=True))
    ]
    obs = pd.DataFrame(
        {
            "study": study,
            "sample": cells["sample"],
            "run": "",
            "protocol": "author",
            "state": AUTHOR_ONLY,
            "n_missing": cells["n_missing"].astype(np.int64),
            "n_genes": np.diff(x.indptr).astype(np.int64),
        }
    )
    var = pd.DataFrame({"gene_symbol": genes["gene_symbol"], "n_imputed": genes["n_imputed"].astype(np.int64)})
    uns = {"unit": ", ".join(step.facts["units"]), "findings": json.dumps(step.facts["findings"])}
    return CountFile(x, names, genes["gene_symbol"].tolist(), obs, var, uns=uns)
