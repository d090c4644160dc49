"""Finding out the unit of values from the values alone, and bringing them to linear scale.

A logarithm betrays itself: on the right scale the values of a cell that stem from counts are whole multiples of the
smallest one, or all cells sum to the same total. Both tests are tried for natural logarithm, base 2 and base 10.
Where neither says anything (values averaged or corrected before the logarithm), the base is chosen that gives the most
usual share of the cell's total to its top genes, and the finding says that it is a guess.

Not here: what to do about negative or missing values (``doctor``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from core.expression.findings import Level

Floats = npt.NDArray[np.float64]
_Undo = Callable[[Floats], Floats]

_SAMPLE_CELLS = 200
_BLOCK = 4_000_000  # values looked at together
_LARGEST_LOG = 25.0  # log2 of 30 million: no logarithm of expression lies above
_SURE = 0.6  # share of small ratios near a whole number; by chance it is 0.1
_CONSTANT = 0.01  # coefficient of variation of cell sums below which they count as equal
_USUAL_TOP_SHARE = 0.28  # of a cell's total in its top 2 % of genes: median over 36 published sets, range 0.07 to 0.5
_HEAVY_TAIL = 30.0  # largest over median value: linear values lie above (112 and more), logarithms below (6 and less)


def _exp2_1(values: Floats) -> Floats:
    return np.asarray(np.exp2(values) - 1)


def _exp10_1(values: Floats) -> Floats:
    return np.asarray(10.0**values - 1)


_LOGS: dict[str, tuple[_Undo, str, float]] = {
    # name, undo, words, largest value a normalised cell can have (1e6 per cell)
    "lognorm": (np.expm1, "natural logarithm", float(np.log1p(1e6))),
    "log2": (_exp2_1, "logarithm to base 2", _LARGEST_LOG),
    "log10": (_exp10_1, "logarithm to base 10", 6.0),
}


@dataclass(frozen=True)
class Scale:
    """What the values are.

    Parameters
    ----------
    name : str
        "counts", "corrected-counts", "expected-counts", "cpm", "tpm", "fpkm", "fractions", "normalised", "lognorm", "log2",
        "log10", "linear" (declared), "scaled".
    text : str
        For the finding.
    level : str
        Level of the finding.
    floor : float
        Value of "nothing measured" on linear scale where the file has no zeros, else 0.
    """

    name: str
    text: str
    level: Level = "ok"
    floor: float = 0.0

    @property
    def is_log(self) -> bool:
        """Whether a logarithm must be undone."""
        return self.name in _LOGS


def detect(x: sparse.csr_matrix) -> Scale:
    """Find out the unit.

    Parameters
    ----------
    x : csr_matrix of float32, cells x genes
        Finite, not negative, without stored zeros.

    Returns
    -------
    Scale
        With the sentence for the user. "scaled" where no unit can be restored.

    Notes
    -----
    At most 200 cells are looked at, but for the test on whole numbers, which takes all.
    """
    whole = _share_of_whole_numbers(x.data)
    low, high = float(x.data.min()), float(x.data.max())
    if whole >= 0.999:
        return _whole_numbers(high)
    if high <= 1.0001 and _every_gene_reaches_one(x):
        return Scale("scaled", "Every gene lies between 0 and 1: scaled gene by gene.", "error")
    cells = list(_sample(x))
    is_linear = high > _LARGEST_LOG or high / float(np.median(np.concatenate(cells))) > _HEAVY_TAIL
    multiples = _near_multiples(cells, np.asarray)
    if is_linear or multiples >= _SURE:
        return _linear(x, cells, whole, multiples)
    return _logarithm(x, cells, low, high)


DECLARED = {"linear": "linear", "ln": "lognorm", "log2": "log2", "log10": "log10"}


def declared(x: sparse.csr_matrix, name: str) -> Scale:
    """Take somebody's word for the unit.

    Parameters
    ----------
    x : csr_matrix of float32, cells x genes
        Finite, not negative.
    name : str
        "linear", "ln", "log2" or "log10".

    Returns
    -------
    Scale
        For `undo`.

    Raises
    ------
    ValueError
        For another name, or values that no logarithm reaches.
    """
    if name not in DECLARED:
        raise ValueError(f"scale is {name}, expected one of {', '.join(DECLARED)}")
    low, high = float(x.data.min()), float(x.data.max())
    if name == "linear":
        return Scale(
            "linear", f"Values from {_short(low)} to {_short(high)}: linear, as declared.", floor=_floor(x, low)
        )
    restore, words, largest = _LOGS[DECLARED[name]]
    if high > 2 * largest:
        raise ValueError(f"values reach {high:,.0f}, which no logarithm of expression does, but {name} was declared")
    floor = _floor(x, float(restore(np.array([low], dtype=np.float64))[0]))
    text = f"Values from {_short(low if floor else 0)} to {_short(high)}: {words}, as declared. It was undone here."
    return Scale(DECLARED[name], text + _floor_text(floor), "warning" if floor else "info", floor)


def undo(x: sparse.csr_matrix, scale: Scale) -> sparse.csr_matrix:
    """Bring values to linear scale.

    Parameters
    ----------
    x : csr_matrix of float32
        Values as found.
    scale : Scale
        From `detect`.

    Returns
    -------
    csr_matrix of float32
        Shares `indices` and `indptr`.
    """
    if not (scale.is_log or scale.floor):
        return x
    restore = _LOGS[scale.name][0] if scale.is_log else np.asarray
    data = np.empty(x.nnz, dtype=np.float32)
    for low in range(0, x.nnz, _BLOCK):
        part = x.data[low : low + _BLOCK].astype(np.float64)
        data[low : low + _BLOCK] = np.maximum(restore(part) - scale.floor, 0)
    return sparse.csr_matrix((data, x.indices, x.indptr), shape=x.shape)


def _sample(x: sparse.csr_matrix) -> Iterator[Floats]:
    """Give the values of some of the cells that have any."""
    filled = np.flatnonzero(np.diff(x.indptr))
    for i in filled[np.unique(np.linspace(0, len(filled) - 1, _SAMPLE_CELLS).astype(int))]:
        yield x.data[x.indptr[i] : x.indptr[i + 1]].astype(np.float64)


def _share_of_whole_numbers(data: npt.NDArray[np.float32]) -> float:
    blocks = [data[low : low + _BLOCK] for low in range(0, len(data), _BLOCK)]
    return sum(int((b == np.rint(b)).sum()) for b in blocks) / max(1, len(data))


def _every_gene_reaches_one(x: sparse.csr_matrix) -> bool:
    if x.shape[0] < 3:
        return False
    tops = x.max(axis=0).toarray().ravel()
    return float(np.mean(tops[tops > 0] > 0.9999)) > 0.5


def _near_multiples(cells: list[Floats], restore: _Undo) -> float:
    """Return how many of the small ratios to the smallest value of a cell are near a whole number (median over cells)."""
    shares = []
    for values in cells:
        ratios = restore(values)
        smallest = ratios.min()
        if smallest > 0:
            ratios = ratios / smallest
            ratios = ratios[(ratios > 1.5) & (ratios < 5.5)]
            if len(ratios) >= 5:
                shares.append(np.mean(np.abs(ratios - np.rint(ratios)) < 0.05))
    return float(np.median(shares)) if shares else 0.0


def _sums(cells: list[Floats], restore: _Undo) -> tuple[float, float]:
    """Return the median cell sum and the coefficient of variation of the sums."""
    sums = np.array([restore(values).sum() for values in cells])
    return float(np.median(sums)), float(sums.std() / sums.mean()) if sums.mean() > 0 else np.inf


def _whole_numbers(high: float) -> Scale:
    text = f"Whole numbers from 0 to {high:,.0f}: counts. Normalised here to 10,000 per cell and log."
    if high == 1:
        return Scale(
            "counts", "All values are 0 or 1. Read as counts; how strongly a gene is expressed is lost.", "warning"
        )
    return Scale("counts", text)


def _linear(x: sparse.csr_matrix, cells: list[Floats], whole: float, multiples: float) -> Scale:
    """Tell the linear units apart; the answer is the same for all, so this is for the reader of the report."""
    low, high = float(x.data.min()), float(x.data.max())
    total, spread = _sums(cells, np.asarray)
    constant = spread < _CONSTANT and len(cells) > 2
    span = f"Decimal values from {_short(low)} to {_short(high)}"
    then = "Normalised here to 10,000 per cell and log."
    floor = _floor(x, low)
    if constant and abs(total - 1e6) < 1e4:
        name, what = ("cpm", "counts per million") if multiples >= 0.8 else ("tpm", "TPM or counts per million")
    elif high <= 1 and total <= 1.2:
        name, what = "fractions", "shares of the cell's total"
    elif constant:
        name, what = "normalised", f"every cell sums to {total:,.0f}"
    elif multiples >= 0.8 and 0.9 <= low <= 1.1:
        name, what = "corrected-counts", "counts, corrected for saturation"
    elif whole >= 0.3:
        name, what = "expected-counts", f"expected counts ({100 * whole:.0f} % whole numbers)"
    elif multiples >= 0.8:
        name, what = "normalised", "counts divided by a factor of each cell"
    else:
        name, what = "fpkm", "TPM, FPKM or RPKM"
    return Scale(name, f"{span}: {what}. {then}{_floor_text(floor)}", "warning" if floor else "ok", floor)


def _logarithm(x: sparse.csr_matrix, cells: list[Floats], low: float, high: float) -> Scale:
    possible = {name: entry for name, entry in _LOGS.items() if high <= entry[2]}
    multiples = {name: _near_multiples(cells, restore) for name, (restore, _, _) in possible.items()}
    spreads = {name: _sums(cells, restore)[1] for name, (restore, _, _) in possible.items()}
    best = max(multiples, key=lambda n: multiples[n])
    steadiest = min(spreads, key=lambda n: spreads[n])
    if multiples[best] >= _SURE:
        name, sure = best, True
    elif spreads[steadiest] < _CONSTANT and len(cells) > 2:
        name, sure = steadiest, True
    else:
        name, sure = min(possible, key=lambda n: _strangeness(cells, possible[n][0])), len(possible) == 1
    restore, words, _ = _LOGS[name]
    floor = _floor(x, float(restore(np.array([low]))[0]))
    text = f"Values from {_short(low if floor else 0)} to {_short(high)}: {words}. The logarithm was undone here."
    if not sure:
        text += " The values do not say for certain which base it has."
    return Scale(name, text + _floor_text(floor), "info" if sure and not floor else "warning", floor)


def _strangeness(cells: list[Floats], restore: _Undo) -> float:
    """Return how far the top genes' share of a cell's total lies from the usual, on logit scale."""
    shares = []
    for values in cells:
        linear = np.sort(restore(values))[::-1]
        shares.append(linear[: max(1, len(linear) // 50)].sum() / max(linear.sum(), 1e-30))
    share = float(np.clip(np.median(shares), 1e-6, 1 - 1e-6))
    return abs(float(np.log(share / (1 - share)) - np.log(_USUAL_TOP_SHARE / (1 - _USUAL_TOP_SHARE))))


def _floor(x: sparse.csr_matrix, low: float) -> float:
    """Return the linear value of "nothing", for tables without a single zero."""
    return low if x.shape[1] >= 100 and x.nnz >= 0.999 * np.prod(x.shape) else 0.0


def _floor_text(floor: float) -> str:
    if not floor:
        return ""
    return (
        " No value is 0, which is usual for bulk samples and arrays, not for single cells; the smallest was taken as 0."
    )


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 or value == 0 else f"{value:.3g}"
