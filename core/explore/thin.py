"""Where the reference is thin: pairs of types that the query cells lie between and that few reference cells represent.

With k neighbours a cell, a type with few reference cells cannot reach a high score beside a frequent one, whatever the cell
is, and with fewer than ten cells it hardly wins the label. That must be said beside the answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.bundle.reader import Bundle
from core.bundle.schema import TYPE
from core.explore.naming import narrower, type_names
from core.explore.query import Mask, Query
from core.ontology.text import plural, short_name
from core.search.confidence import UNKNOWN
from core.search.labelling import ENOUGH_CELLS

FEW_CELLS = 200
"""Twice the usual number of neighbours: with fewer cells a type scores low by numbers alone."""
RATIO = 4
MIN_RUNNER_UP_SCORE = 0.15
MIN_CELLS = 5
MIN_SHARE = 0.01
MIN_SHARE_OF_TYPE = 0.1
MAX_SENTENCES = 3


@dataclass(frozen=True)
class ThinPair:
    """Two types of which the reference has few and many cells, and query cells between them.

    Parameters
    ----------
    sentence : str
        "The reference is thin here: 119 dendritic cells against 972 monocytes."
    few, many : tuple of (str, str, int)
        Id and short name of each type, and its reference cells.
    n_behind : int
        Selected cells whose serious runner-up is the type with few.
    """

    sentence: str
    few: tuple[str, str, int]
    many: tuple[str, str, int]
    n_behind: int


def thin_pairs(bundle: Bundle, result: Query, mask: Mask) -> tuple[ThinPair, ...]:
    """Find the thin pairs among selected cells.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    result : Query
        The query.
    mask : numpy.ndarray of bool, shape (n_query,)
        Selected cells.

    Returns
    -------
    tuple of ThinPair
        At most three, the pair with most query cells first.
    """
    sizes = _sizes(bundle)
    names = type_names(bundle)
    enough = max(MIN_CELLS, MIN_SHARE * int(mask.sum()))
    pairs = _rivals(result, mask)
    thin = [(a, b) for (a, b), n in pairs.items() if n >= enough and _are_uneven(sizes.get(a, 0), sizes.get(b, 0))]
    thin = [(a, b) for a, b in thin if not _are_relatives(bundle, a, b)]
    behind = serious_runner_up(result)[mask]
    return tuple(_pair(names, sizes, behind, *pair) for pair in thin[:MAX_SENTENCES])


def serious_runner_up(result: Query) -> npt.NDArray[np.object_]:
    """Give the runner-up of every cell that has a serious one.

    Parameters
    ----------
    result : Query
        The query.

    Returns
    -------
    ndarray of str, shape (n_query,)
        Type id; "" for cells without a runner-up that scores .15 or more, and for unknown cells.
    """
    labels = result.labels
    position = {str(term): i for i, term in enumerate(result.type_ids)}
    runner_up = labels["runner_up_ontology_term_id"].fillna("").astype(str)
    column = runner_up.map(position).fillna(-1).to_numpy(dtype=np.intp)
    score = np.where(column >= 0, result.scores[np.arange(result.n_query), np.maximum(column, 0)], 0.0)
    serious = (score >= MIN_RUNNER_UP_SCORE) & (labels["status"] != UNKNOWN).to_numpy()
    return np.where(serious, runner_up.to_numpy(dtype=object), "")


def thin_sentence(bundle: Bundle, result: Query, mask: Mask, term_id: str) -> str:
    """Say whether the reference is thin for one type.

    Parameters
    ----------
    bundle, result, mask
        As in `thin_sentences`.
    term_id : str
        The type.

    Returns
    -------
    str
        One sentence, or empty.
    """
    sizes = _sizes(bundle)
    names = type_names(bundle)
    own = sizes.get(term_id, 0)
    pairs = {pair: n for pair, n in _rivals(result, mask).items() if term_id in pair}
    enough = max(MIN_CELLS, MIN_SHARE_OF_TYPE * sum(pairs.values()))
    for (a, b), n in pairs.items():
        if n >= enough and _are_uneven(sizes.get(a, 0), sizes.get(b, 0)) and not _are_relatives(bundle, a, b):
            return _sentence(names, sizes, a, b)
    if 0 < own < ENOUGH_CELLS:
        name = short_name(names.get(term_id, term_id))
        return f"The reference is thin here: {own:,} {plural(name) if own != 1 else name} in all."
    return ""


def _are_uneven(a: int, b: int) -> bool:
    few, many = sorted((a, b))
    return 0 < few < FEW_CELLS and few * RATIO <= many


def _are_relatives(bundle: Bundle, a: str, b: str) -> bool:
    """Say whether one type is a kind of the other: then few cells mean an unspecific label, not a thin reference."""
    return b in narrower(bundle, a) or a in narrower(bundle, b)


def _sizes(bundle: Bundle) -> dict[str, int]:
    types = bundle.cell_types
    return dict(zip(types[TYPE].astype(str), types["n_cells"].astype(int), strict=True))


def _rivals(result: Query, mask: Mask) -> dict[tuple[str, str], int]:
    """Count selected cells by their pair of label and serious runner-up, most cells first."""
    runner_up = serious_runner_up(result)
    serious = mask & (runner_up != "")
    own = result.labels[TYPE].astype(str).to_numpy()[serious]
    other = runner_up[serious]
    pairs = pd.Series([tuple(sorted(pair)) for pair in zip(own, other, strict=True)], dtype=object).value_counts()
    return {(str(pair[0]), str(pair[1])): int(n) for pair, n in pairs.items() if isinstance(pair, tuple)}


def _pair(
    names: Mapping[str, str], sizes: Mapping[str, int], behind: npt.NDArray[np.object_], a: str, b: str
) -> ThinPair:
    few, many = ((t, short_name(names.get(t, t)), sizes[t]) for t in sorted((a, b), key=lambda term: sizes[term]))
    return ThinPair(_sentence(names, sizes, a, b), few, many, int((behind == few[0]).sum()))


def _sentence(names: Mapping[str, str], sizes: Mapping[str, int], a: str, b: str) -> str:
    few, many = sorted((a, b), key=lambda term: sizes[term])
    few_name, many_name = (short_name(names.get(term, term)) for term in (few, many))
    few_text = plural(few_name) if sizes[few] != 1 else few_name
    return f"The reference is thin here: {sizes[few]:,} {few_text} against {sizes[many]:,} {plural(many_name)}."
