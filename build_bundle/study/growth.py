"""What adding studies does: each held-out study put to a reference that grows study by study.

Partners are the reference studies that have types of the query study. They are added one by one, the one whose types most
query cells have first, and everything is trained again at every step. The queries and the number of neighbours stay those
of the first step, so that the steps can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from build_bundle.corpus import Corpus
from build_bundle.evaluate.folds import study_folds
from build_bundle.evaluate.settings import EvaluateSettings
from build_bundle.study.figures import growth_curves
from build_bundle.study.run import StudyFold, StudyReference
from build_bundle.study.settings import DEFAULT

TYPE = "cell_type_ontology_term_id"
GROWTH: Literal["growth"] = "growth"
MODELS = (DEFAULT, "pca_100", "logistic")
"""What is compared; of `build_bundle.study.settings`."""
FEWEST_STEPS = 2


@dataclass(frozen=True)
class GrowthFold(StudyFold):
    """One step of one study's curve.

    Parameters
    ----------
    types : tuple of str
        Types whose cells are asked: those the first partner has.
    k : int
        Neighbours retrieved at every step.
    partners : tuple of str
        Studies of the reference, in the order in which they came.
    """

    types: tuple[str, ...]
    k: int
    partners: tuple[str, ...]

    @property
    def title(self) -> str:
        """Words for progress lines."""
        return f"{self.reference}: {self.asked[0]} against {len(self.partners)} studies, last {self.partners[-1]}"

    @property
    def columns(self) -> dict[str, Any]:
        """What every row of a run says of its hold-out."""
        return {**super().columns, "step": len(self.partners), "added": self.partners[-1]}

    def asks(self, cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Say which cells may be queries."""
        return super().asks(cells) & cells[TYPE].isin(self.types).to_numpy()

    def neighbours(self, usual: int) -> int:
        """Return how many neighbours count."""
        return min(self.k, usual)


def growth_folds(reference: StudyReference) -> Iterator[GrowthFold]:
    """Yield the steps of every held-out study that at least two others share types with.

    Parameters
    ----------
    reference : StudyReference
        Corpus and folds.

    Yields
    ------
    GrowthFold
        Study after study, each from one partner to all.
    """
    corpus, settings = reference.corpus, reference.evaluate
    everyone = set(corpus.reference)
    for query in (study for fold in study_folds(corpus, settings) for study in fold):
        partners = partners_of(corpus, query, settings)
        if len(partners) < FEWEST_STEPS:
            continue
        types, k = _first_step(corpus, query, partners[0], settings)
        for n in range(1, len(partners) + 1):
            held_out = tuple(sorted(everyone - set(partners[:n])))
            yield GrowthFold(reference.name, GROWTH, held_out, (query,), types, k, partners[:n])


def partners_of(corpus: Corpus, query: str, settings: EvaluateSettings) -> tuple[str, ...]:
    """Order the studies that have types of a study, the one that knows most of its cells first.

    Parameters
    ----------
    corpus : Corpus
        The reference.
    query : str
        The study.
    settings : EvaluateSettings
        Its `min_reference` says how many cells of a type a study must have to know it.

    Returns
    -------
    tuple of str
        Studies that know a type of `query` and have a second type to train on.
    """
    counts, _ = _counts(corpus)
    worth = {
        study: int(counts[query][row >= settings.min_reference].sum())
        for study, row in counts.items()
        if study != query and np.count_nonzero(row) > 1
    }
    return tuple(sorted((study for study, n in worth.items() if n), key=lambda study: (-worth[study], study)))


def _first_step(corpus: Corpus, query: str, partner: str, settings: EvaluateSettings) -> tuple[tuple[str, ...], int]:
    counts, types = _counts(corpus)
    shared = (counts[partner] >= settings.min_reference) & (counts[query] > 0)
    return tuple(types[shared]), int(min(settings.k, counts[partner][shared].min()))


def _counts(corpus: Corpus) -> tuple[dict[str, npt.NDArray[np.int64]], npt.NDArray[np.object_]]:
    """Count the cells of every study by type; return the types beside the counts."""
    cells = corpus.cells.iloc[: corpus.n_ref]
    table = pd.crosstab(cells["study"], cells[TYPE])
    return dict(zip(table.index.astype(str), table.to_numpy(), strict=True)), table.columns.to_numpy(dtype=object)


def growth_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Summarise the curves.

    Parameters
    ----------
    cells : pandas.DataFrame
        Scored cells of phase "growth".

    Returns
    -------
    pandas.DataFrame
        One row a study and step: ``reference``, ``held_out``, ``step``, ``added``, ``n_query``, ``k``, and the weighted MAFP of each
        model.
    """
    keys = ["reference", "held_out", "step", "added"]
    wide = cells.pivot_table(index=keys, columns="model", values="afp", aggfunc="mean")
    sizes = cells[cells["model"] == MODELS[0]].groupby(keys).agg(n_query=("cell", "size"), k=("k", "min"))
    table = sizes.join(wide[[name for name in MODELS if name in wide]]).reset_index()
    return table.sort_values(["reference", "held_out", "step"], ignore_index=True)


def write_growth(cells: pd.DataFrame, out: Path) -> Iterator[Path]:
    """Write the curves as ``growth.csv`` and ``growth.svg``.

    Parameters
    ----------
    cells : pandas.DataFrame
        Scored cells of phase "growth".
    out : Path
        Folder.

    Yields
    ------
    Path
        Each file written.
    """
    table = growth_table(cells)
    table.round(4).to_csv(out / "growth.csv", index=False)
    yield out / "growth.csv"
    (out / "growth.svg").write_text(growth_curves(table), encoding="utf-8")
    yield out / "growth.svg"
