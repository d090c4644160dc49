"""What a type was held against in the reference's gene tests, and the tests of one gene study by study.

Not here: ranking genes (``markers``), the tests themselves (builder).
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.naming import narrower, type_names

BACKGROUND = "others"
IN_WORDS = {"others": "all other types", "siblings": "its sibling types", "parent": "the rest of its parent"}
EFFECT_COLUMNS = (
    "study", "accession", "title", "log2_fold_change", "low", "high", "p_value_adj", "pct_in", "pct_out", "n_in", "n_out",
    "same_study",
)  # fmt: skip
Z_95 = 1.959964


@dataclass(frozen=True)
class Contrast:
    """One type and what it was held against.

    Parameters
    ----------
    term_id : str
        The term whose tests these are: the one asked for, or a narrower one that holds the same cells.
    tested_as : str
        Name of that narrower term, empty where the term itself was tested.
    background : str
        ``others``, ``siblings`` or ``parent``.
    words : str
        The background in words.
    compared_with : tuple of str
        Names of the background's labels.
    n_genes : int
        Genes tested.
    n_up, n_down : int
        Genes with adjusted p < 0.05 and at least twofold change.
    n_studies : int
        Studies tested.
    n_in, n_out : int
        Cells of the type and of the background, over studies.
    same_study : bool
        Whether every background came from the type's own study.
    method : str
        ``wilcoxon``, ``pseudobulk`` or ``dropout``.
    """

    term_id: str
    tested_as: str
    background: str
    words: str
    compared_with: tuple[str, ...]
    n_genes: int
    n_up: int
    n_down: int
    n_studies: int
    n_in: int
    n_out: int
    same_study: bool
    method: str


@dataclass(frozen=True)
class StudyEffects:
    """One gene in one contrast, study by study.

    Parameters
    ----------
    symbol, term_id, name, background : str
        Gene, tested term, its name, what it was held against.
    studies : pandas.DataFrame
        Columns `EFFECT_COLUMNS`, the most cells of the type first; ``low`` and ``high`` are the 95 % interval of the log2 fold
        change.
    log2_fold_change, low, high : float or None
        The mean over studies and its 95 % interval; None where the gene was not tested.
    i2 : float or None
        Share of the spread between studies that their errors do not explain, 0..1; None with one study.
    """

    symbol: str
    term_id: str
    name: str
    background: str
    studies: pd.DataFrame
    log2_fold_change: float | None
    low: float | None
    high: float | None
    i2: float | None


def term_of_tests(bundle: Bundle, term_id: str) -> str:
    """Find the term whose tests stand for a term.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    term_id : str
        A term of the ontology subgraph.

    Returns
    -------
    str
        The term itself where it was tested, else a narrower one that holds exactly the same reference cells, else itself.
    """
    tested = set(bundle.contrasts[TYPE])
    if term_id in tested:
        return term_id
    labels = set(bundle.table("cell_types").column(TYPE).to_pylist())
    below = narrower(bundle, term_id)
    own = below & labels
    for term in sorted(below & tested):
        if own and narrower(bundle, term) & labels == own:
            return term
    return term_id


def backgrounds_of(bundle: Bundle, term_id: str) -> tuple[str, ...]:
    """Return what a term was held against: ``others``, ``siblings``, ``parent``, or nothing."""
    return bundle.backgrounds(term_of_tests(bundle, term_id))


def contrast_of(bundle: Bundle, term_id: str, background: str = BACKGROUND) -> Contrast | None:
    """Describe a contrast.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    term_id : str
        A term of the ontology subgraph.
    background : str
        ``others``, ``siblings`` or ``parent``.

    Returns
    -------
    Contrast or None
        None where it was not tested.
    """
    term = term_of_tests(bundle, term_id)
    table = bundle.contrasts
    rows = table.loc[(table[TYPE] == term) & (table["background"] == background)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    names = type_names(bundle)
    return Contrast(
        term_id=term,
        tested_as="" if term == term_id else names.get(term, term),
        background=background,
        words=IN_WORDS[background],
        compared_with=tuple(names.get(str(t), str(t)) for t in row["compared_with"]),
        n_genes=int(row["n_genes"]),
        n_up=int(row["n_up"]),
        n_down=int(row["n_down"]),
        n_studies=int(row["n_studies"]),
        n_in=int(row["n_in"]),
        n_out=int(row["n_out"]),
        same_study=bool(row["same_study"]),
        method=str(row["method"]),
    )


def study_effects(bundle: Bundle, term_id: str, symbol: str, background: str = BACKGROUND) -> StudyEffects:
    """Collect the tests of one gene, a row a study.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    term_id : str
        A term of the ontology subgraph.
    symbol : str
        A gene.
    background : str
        ``others``, ``siblings`` or ``parent``.

    Returns
    -------
    StudyEffects
        Without rows where the gene was not tested.

    Notes
    -----
    Intervals are the log2 fold change +- 1.96 standard errors.
    """
    term = term_of_tests(bundle, term_id)
    tests = bundle.gene_by_study(term, symbol, background=background).merge(
        bundle.studies[["study", "accession", "title"]], on="study", how="left"
    )
    half = Z_95 * tests["log2_fold_change_se"]
    tests = tests.assign(low=tests["log2_fold_change"] - half, high=tests["log2_fold_change"] + half)
    tests["accession"] = [
        a if isinstance(a, str) else str(s) for a, s in zip(tests["accession"], tests["study"], strict=True)
    ]
    joined = _joined(bundle, term, symbol, background)
    return StudyEffects(
        symbol=symbol,
        term_id=term,
        name=type_names(bundle).get(term, term),
        background=background,
        studies=tests.sort_values("n_in", ascending=False, ignore_index=True, kind="stable")[list(EFFECT_COLUMNS)],
        log2_fold_change=joined["log2_fold_change"],
        low=_minus(joined, -Z_95),
        high=_minus(joined, Z_95),
        i2=joined["i2"],
    )


def _joined(bundle: Bundle, term: str, symbol: str, background: str) -> dict[str, float | None]:
    columns = ("log2_fold_change", "log2_fold_change_se", "i2")
    table = bundle.differential(term, background=background)
    rows = table.loc[table["gene_symbol"] == symbol, list(columns)]
    if rows.empty:
        return dict.fromkeys(columns)
    return {name: _number(rows[name].iloc[0]) for name in columns}


def _number(value: float | None) -> float | None:
    return None if value is None or pd.isna(value) else float(value)


def _minus(joined: dict[str, float | None], z: float) -> float | None:
    change, error = joined["log2_fold_change"], joined["log2_fold_change_se"]
    return None if change is None or error is None else change + z * error
