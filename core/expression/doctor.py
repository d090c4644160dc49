"""The upload doctor: says what a matrix is, repairs what is safe, refuses what would be nonsense.

Every repair is reported; where no answer is given, the reason and the next step are.

Not here: reading files (``formats``, ``sandbox``), the tests on values (``scale``) and on names (``species``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse

from core.errors import MatrixRefusedError
from core.expression import axes, scale, species
from core.expression.columns import renumber
from core.expression.findings import Finding, Level
from core.expression.genes import GeneNames, Resolution
from core.expression.limits import too_many_cells
from core.expression.matrix import ExpressionMatrix, Names, RawMatrix, as_names
from core.words import count, percent

__all__ = ["Diagnosis", "Finding", "examine"]

MIN_GENES = 100  # matched genes below which nothing is ever answered
MIN_SHARE = 0.3  # of the file's genes that must match ...
ENOUGH_GENES = 5_000  # ... unless this many do
MIN_SHARED = 200  # genes of the encoder that a file must hold
PANEL_GENES = 3_000  # files up to this size may be panels chosen on purpose ...
PANEL_SHARED = 50  # ... and may hold this few of them
SHALLOW_GENES = 1_000  # median genes a cell below which close types are hard to tell apart
EMPTY_GENES = 50  # genes below which a cell of a whole transcriptome may be an empty droplet
_NAMES_WORK = {
    "human": "Export the matrix with gene symbols (CD79A) or Ensembl ids (ENSG00000105369) as names.",
    "mouse": "Export the matrix with gene symbols (Cd79a) or Ensembl ids (ENSMUSG00000003379) as names.",
}
_ORDER = ("Format", "Orientation", "Scale", "Genes", "Repaired", "Species", "Cells", "Depth")
_COUNTS = "Upload the counts, or the normalised values before scaling (in scanpy: adata.layers['counts'] or adata.raw)."
_ID_WORDS = {
    "symbol": "gene symbols",
    "ensembl": "Ensembl ids",
    "entrez": "NCBI gene ids",
    "mixed": "gene ids of several kinds",
    "none": "names",
}


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """A matrix that can be searched, and what was found and done on the way.

    Parameters
    ----------
    matrix : ExpressionMatrix
        Linear scale, cells x genes; `var_names` are the reference's symbols, each once; no cell is empty.
    findings : tuple of Finding
        In reading order.
    scale : str
        Unit of the file's values (`core.expression.scale.Scale`).
    n_matched : int
        Genes of the matrix.
    n_cells_file, n_genes_file : int
        Cells and genes in the file.
    organism : str
        "human" or "mouse".
    """

    matrix: ExpressionMatrix
    findings: tuple[Finding, ...]
    scale: str
    n_matched: int
    n_cells_file: int
    n_genes_file: int
    organism: str


def examine(
    raw: RawMatrix,
    names: GeneNames,
    *,
    organism: str,
    encoder_genes: Collection[str] = (),
    max_cells: int | None = None,
    draw: int = 0,
    declared_scale: str | None = None,
) -> Diagnosis:
    """Find out what a matrix is, repair what is safe, refuse what is nonsense.

    Parameters
    ----------
    raw : RawMatrix
        As read.
    names : GeneNames
        All gene names of the reference's organism.
    organism : str
        The reference's organism, "human" or "mouse".
    encoder_genes : collection of str
        Vocabulary of the encoder; empty for the builder.
    max_cells : int, optional
        Cells one query may have.
    draw : int
        Cells to draw at random (always the same) where there are more; 0: none are left out.
    declared_scale : str, optional
        "linear", "ln", "log2" or "log10", where the unit is known and need not be found out.

    Returns
    -------
    Diagnosis
        Matrix on linear scale with the reference's symbols, and the findings.

    Raises
    ------
    MatrixRefusedError
        With the findings so far. Codes: "unknown-genes", "few-genes", "wrong-species", "two-species", "scaled", "negative",
        "not-finite", "empty", "no-cells-left".
    LimitError
        For more cells than `max_cells`.
    ValueError
        For a declared scale that is unknown or impossible.
    """
    case = _Case(organism=organism)
    case.add("format", "Format", "ok", f"{raw.format}, {raw.n_obs:,} x {raw.n_vars:,}, read from {raw.layer}.")
    for note in raw.notes:
        case.add("note", "Format", "info", note)
    turned = axes.orient(raw, names)
    n_cells = turned.matrix.n_obs
    case.add("orientation", "Orientation", turned.level, turned.text)
    if 0 < draw < n_cells:
        turned = _drawn(case, turned, draw)
    if max_cells is not None and turned.matrix.n_obs > max_cells:
        raise too_many_cells(turned.matrix.n_obs, max_cells)
    try:
        matrix, symbols = _drop_unmeasured(case, turned)
        unit = _unit(case, matrix, declared_scale)
    except MatrixRefusedError as error:
        _check_names(case, turned, encoder_genes)  # better both reasons at once
        raise case.again(error) from error
    _check_names(case, turned, encoder_genes)
    merged = _merge_genes(case, scale.undo(matrix.x, unit), matrix, symbols)
    _check_enough(case, merged.n_vars)
    final = _cells(case, merged)
    _depth(case, final)
    return Diagnosis(final, case.sorted(), unit.name, final.n_vars, n_cells, len(turned.names), organism)


@dataclass
class _Case:
    """Findings so far, and the way to end."""

    organism: str
    findings: list[Finding] = field(default_factory=list)

    def add(self, code: str, title: str, level: Level, text: str) -> None:
        self.findings.append(Finding(code, title, level, text))

    def refuse(self, code: str, title: str, text: str, next_step: str) -> MatrixRefusedError:
        """Return the error to raise, with this finding last."""
        self.add(code, title, "error", text)
        return MatrixRefusedError(text, next_step=next_step, code=code, findings=self.sorted())

    def again(self, error: MatrixRefusedError) -> MatrixRefusedError:
        """Return the same refusal with all findings made since."""
        return MatrixRefusedError(error.message, next_step=error.next_step, code=error.code, findings=self.sorted())

    def sorted(self) -> tuple[Finding, ...]:
        """Return the findings in reading order."""
        return tuple(sorted(self.findings, key=lambda f: _ORDER.index(f.title)))


def _drawn(case: _Case, turned: axes.Oriented, n: int) -> axes.Oriented:
    """Keep some of the cells, in the order of the file."""
    n_all = turned.matrix.n_obs
    rows = np.sort(np.random.default_rng(0).choice(n_all, n, replace=False))
    case.add("drawn", "Cells", "info", f"{n:,} of {n_all:,} cells are searched, drawn at random.")
    return replace(turned, matrix=turned.matrix.take_obs(rows))


def _drop_unmeasured(case: _Case, turned: axes.Oriented) -> tuple[ExpressionMatrix, Names]:
    """Leave out genes with missing values: they count as not measured. Infinite values are an overflow: refuse."""
    matrix, symbols = turned.matrix, turned.resolution.symbols
    x = matrix.x
    if x.nnz == 0:
        raise case.refuse("empty", "Scale", "All values are 0: there is nothing to compare.", "Upload the counts.")
    bad = ~np.isfinite(x.data)
    if not bad.any():
        return matrix, symbols
    n_infinite = int(np.isinf(x.data).sum())
    if n_infinite:
        raise case.refuse("not-finite", "Scale", f"{count(n_infinite, 'infinite value')}: an overflow.", _COUNTS)
    kept = np.ones(matrix.n_vars, dtype=bool)
    kept[x.indices[bad]] = False
    n_out, where = int((~kept).sum()), ", ".join(str(n)[:24] for n in matrix.var_names[~kept][:3])
    if n_out > 0.5 * matrix.n_vars:
        raise case.refuse(
            "not-finite",
            "Scale",
            f"{n_out:,} of {matrix.n_vars:,} genes have missing values ({where} ...).",
            "Fill them in or leave them out before the export: 0 where nothing was counted.",
        )
    case.add("missing", "Repaired", "warning", f"{count(n_out, 'gene')} with missing values stayed out ({where}).")
    part = replace(matrix, x=x[:, np.flatnonzero(kept)], var_names=matrix.var_names[kept])
    if part.x.nnz == 0:
        text = "All values are 0 but those of genes with missing values: there is nothing to compare."
        raise case.refuse("empty", "Scale", text, "Upload the counts, with 0 where nothing was counted.")
    return part, symbols[kept]


def _unit(case: _Case, matrix: ExpressionMatrix, declared: str | None) -> scale.Scale:
    low, high = float(matrix.x.data.min()), float(matrix.x.data.max())
    if low < 0:
        share = float((matrix.x.data < 0).sum()) / np.prod(matrix.x.shape, dtype=float)
        if share > 0.01 and low < -0.05:
            text = f"Values from {low:.3g} to {high:.3g}, {percent(share, 1)} below 0: scaled or corrected."
            raise case.refuse("scaled", "Scale", f"{text} That cannot be undone.", _COUNTS)
        text = f"{count(int((matrix.x.data < 0).sum()), 'value')} below 0 (down to {low:.3g}): neither counts nor their log."
        raise case.refuse("negative", "Scale", text, _COUNTS)
    unit = scale.declared(matrix.x, declared) if declared else scale.detect(matrix.x)
    if unit.level == "error":
        raise case.refuse("scaled", "Scale", f"{unit.text} That cannot be undone.", _COUNTS)
    case.add(f"scale-{unit.name}", "Scale", unit.level, unit.text)
    return unit


def _check_names(case: _Case, turned: axes.Oriented, encoder_genes: Collection[str]) -> None:
    """Refuse other species and unknown genes."""
    _species(case, turned.names, turned.resolution)
    _genes(case, turned.names, turned.resolution, encoder_genes)


def _species(case: _Case, names: Sequence[str], resolution: Resolution) -> None:
    found = species.judge(names, resolution, case.organism)
    if found.name == "mixed":
        text = f"Two species are in the file: {found.evidence}."
        raise case.refuse("two-species", "Species", text, "Split the cells by species and upload one part.")
    if found.name in {"", case.organism}:
        named = found.name.capitalize() or "Not decided"
        case.add("species", "Species", found.level, f"{named}: {found.evidence}.")
        return
    text = f"These cells are {found.name}, this reference is {case.organism}: {found.evidence}."
    raise case.refuse(
        "wrong-species", "Species", text.replace("are another", "are of another"), _other_reference(found.name)
    )


def _other_reference(found: str) -> str:
    if found in {"human", "mouse"}:
        return f"Choose a {found} reference for these cells."
    return "Upload human or mouse cells, or map the genes to one of them first."


def _genes(case: _Case, names: Sequence[str], resolution: Resolution, encoder_genes: Collection[str]) -> None:
    """Refuse where too few genes are known; nine must never give an answer."""
    matched = {s for s in resolution.symbols if s is not None}
    n_file, n_matched = len(names), len(matched)
    unknown = [n for n, s in zip(names, resolution.symbols, strict=True) if s is None]
    text = f"{n_matched:,} of {n_file:,} names are {case.organism} genes."
    least = axes.MIN_ENTREZ_SHARE if resolution.id_type == "entrez" else MIN_SHARE
    known = resolution.share >= least
    if n_matched < MIN_GENES or not (known or n_matched >= ENOUGH_GENES):
        text = f"Only {text} At least {MIN_GENES} are needed for an answer that means anything."
        raise case.refuse(
            "few-genes" if known else "unknown-genes",
            "Genes",
            text if known else f"{text} {species.hint(unknown)}".strip(),
            "Upload all genes that were measured." if known else _NAMES_WORK[case.organism],
        )
    text = f"{n_matched:,} of {n_file:,} genes matched, by {case.organism} {_ID_WORDS[resolution.id_type]}"
    if not encoder_genes:
        case.add("genes", "Genes", "ok", f"{text}.")
        return
    n_shared = len(matched & set(encoder_genes))
    is_panel = n_file <= PANEL_GENES and resolution.share >= 0.5
    needed = min(PANEL_SHARED if is_panel else MIN_SHARED, len(encoder_genes))
    if n_shared < needed:
        raise case.refuse(
            "few-genes",
            "Genes",
            f"Only {n_shared:,} of the {len(encoder_genes):,} genes the reference uses are in the file; "
            f"at least {needed:,} are needed for an answer that means anything.",
            "Upload all genes that were measured.",
        )
    text = f"{text}; {n_shared:,} of the {len(encoder_genes):,} the reference uses."
    if n_shared < 0.2 * len(encoder_genes):
        case.add("genes", "Genes", "warning", f"{text} Close types may stay ambiguous.")
    else:
        case.add("genes", "Genes", "ok", text)


def _check_enough(case: _Case, n_left: int) -> None:
    """Refuse where genes with missing values, once left out, leave too few: their names alone answer nothing."""
    if n_left < MIN_GENES:
        raise case.refuse(
            "few-genes",
            "Genes",
            f"Only {count(n_left, f'{case.organism} gene')} without missing values. At least {MIN_GENES} are needed for an"
            " answer that means anything.",
            "Fill missing values in before the export: 0 where nothing was counted.",
        )


def _merge_genes(case: _Case, linear: sparse.csr_matrix, matrix: ExpressionMatrix, symbols: Names) -> ExpressionMatrix:
    """Name the columns by symbol, add those of the same symbol up, drop the unknown."""
    place: dict[str, int] = {}
    column = np.full(matrix.n_vars, -1, dtype=np.int32)
    twice: dict[str, None] = {}
    for i, symbol in enumerate(symbols):
        if symbol is not None:
            if symbol in place:
                twice[symbol] = None
            column[i] = place.setdefault(symbol, len(place))
    x = renumber(linear, column, len(place))
    if twice:
        first = next(iter(twice))
        case.add(
            "duplicate-genes",
            "Repaired",
            "info",
            f"{count(len(twice), 'gene')} occurred more than once (for example {first}); the values were added.",
        )
    return replace(matrix, x=x, var_names=as_names(list(place)))


def _cells(case: _Case, matrix: ExpressionMatrix) -> ExpressionMatrix:
    """Drop cells without a value and make names unique."""
    filled = np.diff(matrix.x.indptr) > 0
    if not filled.any():
        raise case.refuse("no-cells-left", "Cells", "No cell has a value in a known gene.", _NAMES_WORK[case.organism])
    if not filled.all():
        n_empty = int((~filled).sum())
        text = f"{count(n_empty, 'cell')} without any value stayed out."
        case.add("empty-cells", "Repaired", "info", text)
        matrix = matrix.take_obs(filled)
    unique, n_renamed = _unique(matrix.obs_names)
    if n_renamed:
        case.add(
            "duplicate-cells",
            "Repaired",
            "info",
            f"{count(n_renamed, 'cell name')} occurred before or were empty; a number was added.",
        )
    obs = matrix.obs.set_axis(pd.Index(unique), axis=0)
    if matrix.n_obs == 1:
        case.add("one-cell", "Cells", "info", "1 cell. It gets its types and neighbours; clusters need more cells.")
    return replace(matrix, obs_names=unique, obs=obs)


def _unique(names: Names) -> tuple[Names, int]:
    """Add a number to names that occurred before, and to empty ones."""
    taken = set(names.tolist())
    seen: set[str] = set()
    out: list[str] = []
    n_renamed = 0
    counters: dict[str, int] = {}
    for name in names:
        new = name
        while not new or new in seen or (new != name and new in taken):
            counters[name] = counters.get(name, 0) + 1
            new = f"{name or 'cell'}-{counters[name]}"
        n_renamed += new != name
        seen.add(new)
        out.append(new)
    return as_names(out), n_renamed


def _depth(case: _Case, matrix: ExpressionMatrix) -> None:
    n_genes = np.diff(matrix.x.indptr)
    median = int(np.median(n_genes))
    if matrix.n_vars <= PANEL_GENES:
        shallow = median < 0.02 * matrix.n_vars or median < 20
        text = f"Median {median:,} of {matrix.n_vars:,} genes per cell."
    else:
        shallow = median < SHALLOW_GENES
        text = f"Median {median:,} genes per cell."
        n_droplets = int((n_genes < EMPTY_GENES).sum())
        if n_droplets > 0.1 * matrix.n_obs:
            few = f"{n_droplets:,} of {count(matrix.n_obs, 'cell')} have fewer than {EMPTY_GENES} genes"
            case.add("droplets", "Depth", "warning", f"{few}: they may be empty droplets.")
    if shallow:
        text += " Close subtypes may stay ambiguous."
    case.add("depth", "Depth", "warning" if shallow else "ok", text)
