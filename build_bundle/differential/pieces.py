"""The rows of one type for each of the gene tables, from its tests.

Not here: joining the types to tables (``differential_step``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from build_bundle.differential.combine import Stack, StudyTest, combined, stacked
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.differential.strength import flag_specific, kept_rows, ranked
from core.bundle.schema import CONTRASTS, DIFFERENTIAL, DIFFERENTIAL_BY_STUDY, MARKERS_BY_GENE, TYPE, TableSpec

PIECES = (CONTRASTS, DIFFERENTIAL, DIFFERENTIAL_BY_STUDY, MARKERS_BY_GENE)


@dataclass(frozen=True, eq=False)
class Tested:
    """All tests of one type against one background.

    Parameters
    ----------
    tests : sequence of StudyTest
        At least one.
    compared_with : tuple of str
        Labels of the background's cells.
    """

    tests: Sequence[StudyTest]
    compared_with: tuple[str, ...]


def pieces_of(
    type_id: str,
    by_background: Mapping[str, Tested],
    genes: npt.NDArray[np.object_],
    settings: DifferentialSettings,
    *,
    seed: int,
) -> dict[str, pa.Table]:
    """Combine the tests of one type and choose the rows of the bundle.

    Parameters
    ----------
    type_id : str
        The type.
    by_background : mapping of str to Tested
        Its tests; the order of the rows follows the names.
    genes : ndarray of str
        Symbols of the corpus.
    settings : DifferentialSettings
        Significance and number of rows.
    seed : int
        Seed of the sample of genes that are not significant.

    Returns
    -------
    dict of str to pyarrow.Table
        By table name: the rows of ``contrasts``, ``differential``, ``differential_by_study`` and ``markers_by_gene``.
    """
    stacks = {name: stacked(found.tests, len(genes)) for name, found in sorted(by_background.items())}
    tried = np.flatnonzero(stacks["siblings"].tested.any(axis=0)) if "siblings" in stacks else np.zeros(0, np.int64)
    tables = {name: ranked(combined(stack), settings.significance) for name, stack in stacks.items()}
    tables = flag_specific(tables, tried.tolist(), settings.significance)
    rows: dict[str, list[pa.Table]] = {spec.name: [] for spec in PIECES}
    for background, table in tables.items():
        found = by_background[background]
        names = {TYPE: type_id, "background": background}
        kept = kept_rows(table, settings, seed=seed)
        marks = table[table["p_value_adj"] < settings.significance]
        contrast = pd.DataFrame([_contrast(table, found, stacks[background])])
        for spec, frame in (
            (CONTRASTS, contrast),
            (DIFFERENTIAL, _named(kept, genes)),
            (DIFFERENTIAL_BY_STUDY, _named(_by_study(stacks[background], kept["gene"].to_numpy()), genes)),
            (MARKERS_BY_GENE, _named(marks, genes)),
        ):
            rows[spec.name].append(_packed(spec, frame.assign(**names)))
    return {name: pa.concat_tables(tables) for name, tables in rows.items()}


def _contrast(table: pd.DataFrame, found: Tested, stack: Stack) -> dict[str, object]:
    has_rank = table["rank"].notna()
    up = table["log2_fold_change"] > 0
    tests = found.tests
    return {
        "compared_with": list(found.compared_with),
        "n_genes": int(stack.tested.any(axis=0).sum()),
        "n_up": int((has_rank & up).sum()),
        "n_down": int((has_rank & ~up).sum()),
        "n_studies": len({t.study for t in tests}),
        "n_in": sum(t.n_in for t in tests),
        "n_out": sum(t.n_out for t in tests),
        "same_study": all(t.same_study for t in tests),
        "method": max((t.method for t in tests), key=[t.method for t in tests].count),
    }


def _by_study(stack: Stack, genes: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return the studies' tests of some genes, sorted by gene and study."""
    chosen = np.sort(genes)
    rows, places = np.nonzero(stack.tested[:, chosen])
    order = np.lexsort((rows, places))
    rows, columns = rows[order], chosen[places[order]]
    tests = stack.tests
    names = ("log2_fold_change", "log2_fold_change_se", "p_value", "p_value_adj", "pct_in", "pct_out")
    facts = {
        name: np.array([getattr(t, name) for t in tests], dtype=kind)[rows]
        for name, kind in (("study", object), ("n_in", int), ("n_out", int), ("same_study", bool), ("method", object))
    }
    return pd.DataFrame({"gene": columns, **{name: stack.values[name][rows, columns] for name in names}, **facts})


def _named(frame: pd.DataFrame, genes: npt.NDArray[np.object_]) -> pd.DataFrame:
    return frame.assign(gene_symbol=genes[frame["gene"].to_numpy()])


def _packed(spec: TableSpec, frame: pd.DataFrame) -> pa.Table:
    """Pack rows as the table wants them: Arrow needs a fifth of what pandas takes for text."""
    arrays = [pa.array(frame[c.name], type=c.type, from_pandas=True) for c in spec.columns]
    return pa.Table.from_arrays(arrays, schema=spec.arrow_schema)
