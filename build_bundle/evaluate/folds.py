"""What is held out: whole studies in folds, and one (type, study) pair of every type that several studies have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from build_bundle.cells.corpus import Corpus
from build_bundle.evaluate.settings import EvaluateSettings
from core.bundle.schema import TYPE
from core.errors import ConfigError


def study_folds(corpus: Corpus, settings: EvaluateSettings) -> tuple[tuple[str, ...], ...]:
    """Return the groups of reference studies that are held out together.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    settings : EvaluateSettings
        Folds, or how many to make.

    Returns
    -------
    tuple of tuple of str
        Made automatically, a study is taken only if another study shares one of its types, and studies that share
        types come apart into different folds where they can: else their types would have no reference.

    Raises
    ------
    ConfigError
        When a fold names a study that is no reference study.
    """
    unknown = sorted({study for fold in settings.folds for study in fold} - set(corpus.reference))
    if unknown:
        raise ConfigError(
            f"[evaluate] folds names {', '.join(unknown)}, which {'is' if len(unknown) == 1 else 'are'} not in the "
            "reference.",
            next_step="Correct the name, or see in the report why the study was set aside.",
        )
    if settings.folds:
        return settings.folds
    cells = corpus.cells.iloc[: corpus.n_ref]
    sharing = cells.groupby(TYPE)["study"].transform("nunique") >= 2
    counts = pd.crosstab(cells.loc[sharing, "study"], cells.loc[sharing, TYPE])
    return _spread(counts, min(settings.max_folds, len(counts)))


def inner_folds(corpus: Corpus, held_out: Sequence[str], n_folds: int) -> tuple[tuple[str, ...], ...]:
    """Return groups of studies to leave out one after the other inside what remains of a hold-out.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    held_out : sequence of str
        Studies held out already: they take no part.
    n_folds : int
        Most groups made.

    Returns
    -------
    tuple of tuple of str
        As `study_folds` makes them, without a group that leaves nothing to train on. Models are chosen on these, so that the test studies stay unseen.
    """
    cells = corpus.cells.iloc[: corpus.n_ref]
    cells = cells[~cells["study"].isin(list(held_out))]
    sharing = cells.groupby(TYPE)["study"].transform("nunique") >= 2
    counts = pd.crosstab(cells.loc[sharing, "study"], cells.loc[sharing, TYPE])
    remaining = set(cells["study"])
    return tuple(fold for fold in _spread(counts, min(n_folds, len(counts))) if set(fold) != remaining)


def _spread(counts: pd.DataFrame, n_folds: int) -> tuple[tuple[str, ...], ...]:
    """Put the studies into folds, largest first, each where the fewest of its cells have a type of that fold."""
    folds: list[list[str]] = [[] for _ in range(n_folds)]
    for study in counts.sum(axis=1).sort_values(ascending=False, kind="stable").index if n_folds else ():
        mine = counts.loc[study].to_numpy()
        shared = [int(mine[counts.loc[fold].to_numpy().sum(axis=0) > 0].sum()) for fold in folds]
        sizes = [int(counts.loc[fold].to_numpy().sum()) for fold in folds]
        best = min(range(n_folds), key=lambda number: (shared[number], sizes[number], number))
        folds[best].append(str(study))
    return tuple(tuple(fold) for fold in folds if fold)


def types_left_out(corpus: Corpus, fold: Sequence[str], share: float, seed: int) -> frozenset[tuple[str, str]]:
    """Choose types of a fold that the rest of the reference shall lack.

    Parameters
    ----------
    corpus : Corpus
        The reference, and what teaches beside it.
    fold : sequence of str
        Held-out studies.
    share : float
        Share of the types that both the fold and the rest have, 0..1; at least one where it is above 0.
    seed : int
        Seed of the choice.

    Returns
    -------
    frozenset of (type, study)
        Every one of these types in every study, for `Holdout`.
    """
    cells = corpus.cells.iloc[: corpus.n_ref]
    mine = cells["study"].isin(list(fold))
    both = sorted(set(cells.loc[mine, TYPE]) & set(cells.loc[~mine, TYPE]))
    n = min(len(both), max(1, round(share * len(both)))) if share > 0 else 0
    chosen = np.random.default_rng([seed, 43]).choice(len(both), n, replace=False)
    studies = [*corpus.reference, *corpus.teaching_studies]
    return frozenset((both[i], study) for i in chosen for study in studies)


def held_out_pairs(cells: pd.DataFrame) -> frozenset[tuple[str, str]]:
    """Choose one (type, study) pair of every type that at least two studies have.

    Parameters
    ----------
    cells : pandas.DataFrame
        Reference cells: ``study``, ``cell_type_ontology_term_id``.

    Returns
    -------
    frozenset of (type, study)
        The study with the median number of cells of that type; of two studies the smaller.

    Notes
    -----
    The hold-out of the paper (science 6, split A).
    """
    sizes = cells.groupby([TYPE, "study"]).size().rename("n").reset_index().sort_values([TYPE, "n", "study"])
    pairs = set()
    for name, group in sizes.groupby(TYPE):
        if len(group) >= 2:
            pairs.add((str(name), str(group["study"].iloc[(len(group) - 1) // 2])))
    return frozenset(pairs)
