"""10x Genomics .h5 files, Cell Ranger 2 (one group a genome) and 3 or later (one group ``matrix``).

The file stores genes x barcodes by column, which is cells x genes by row: nothing needs turning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import h5py
import numpy as np

from core.errors import FileFormatError
from core.expression.formats import csr
from core.expression.formats.hdf5_values import dataset, sparse_arrays, texts, vector
from core.expression.formats.parsed import Parsed, check_axes, check_cells, damaged
from core.expression.limits import Limits

GENE_EXPRESSION = "Gene Expression"
_HUMAN_OR_MOUSE = re.compile(r"^(?:(GRCh\d|hg\d|b37|human)|(GRCm\d|mm\d|mouse))", re.IGNORECASE)
_FILTERED = "Upload the filtered matrix (filtered_feature_bc_matrix.h5): the raw one holds mostly empty droplets."


def is_tenx(file: h5py.File) -> bool:
    """Tell whether the file has the shape of a 10x matrix.

    Parameters
    ----------
    file : h5py.File
        Checked by the guard.

    Returns
    -------
    bool
        True for both generations.
    """
    return bool(_groups(file))


def _groups(file: h5py.File) -> list[str]:
    return [
        name
        for name in file
        if isinstance(file[name], h5py.Group) and "barcodes" in file[name] and {"data", "indptr"} & set(file[name])
    ]


def read(file: h5py.File, limits: Limits) -> Parsed:
    """Read a 10x file.

    Parameters
    ----------
    file : h5py.File
        Checked by the guard.
    limits : Limits
        Caps.

    Returns
    -------
    Parsed
        Rows are cells; columns are named by symbol, with the ids as other names.

    Raises
    ------
    FileFormatError
        With code "two-species" for a mixture of human and mouse; "damaged" where the file contradicts itself.
    LimitError
        For unfiltered matrices with too many barcodes.
    """
    name = pick_genome(_groups(file))
    group = file[name]
    shape = vector(dataset(group, "shape", f"{name}/shape"), np.int64, f"{name}/shape")
    if len(shape) != 2:
        raise damaged(f"{name}/shape", "does not hold two numbers")
    n_genes, n_cells = (int(n) for n in shape)
    check_cells(n_cells, limits, _FILTERED)
    check_axes(n_cells, n_genes, limits, f"the matrix in {name}")
    barcodes = texts(group["barcodes"], f"{name}/barcodes", limits)
    symbols, ids, kept, notes = _features(group, name, n_genes, limits)
    for place, names, n in (
        ("barcodes", barcodes, n_cells),
        ("features", symbols, n_genes),
        ("features", ids, n_genes),
    ):
        if len(names) != n:
            raise damaged(f"{name}/{place}", f"names {len(names):,}, the matrix has {n:,}")
    triplet = sparse_arrays(group, n_cells, n_genes, name)
    if not kept.all():
        triplet = csr.keep_columns(triplet, kept)
        symbols, ids = _where(symbols, kept), _where(ids, kept)
    return Parsed(
        *triplet,
        row_names=barcodes,
        column_names=symbols,
        format="10x Genomics (.h5)",
        other_names={f"{name}/ids": ids},
        notes=notes,
        layer=name,
    )


def _where(names: list[str], kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[str]:
    return [n for n, k in zip(names, kept, strict=True) if k]


def _features(
    group: h5py.Group, name: str, n_genes: int, limits: Limits
) -> tuple[list[str], list[str], np.ndarray[tuple[int], np.dtype[np.bool_]], tuple[str, ...]]:
    """Return symbols, ids, which columns to keep, and notes."""
    features = group.get("features")
    if not isinstance(features, h5py.Group):
        ids = texts(group.get("genes"), f"{name}/genes", limits)
        symbols = texts(group["gene_names"], f"{name}/gene_names", limits) if "gene_names" in group else ids
        return symbols, ids, np.ones(n_genes, dtype=bool), ()
    place = f"{name}/features"
    symbols = texts(features.get("name", features.get("id")), f"{place}/name", limits)
    ids = texts(features.get("id", features.get("name")), f"{place}/id", limits)
    if "genome" in features:
        pick_genome(sorted(set(texts(features["genome"], f"{place}/genome", limits)) - {""}))
    if "feature_type" not in features:
        return symbols, ids, np.ones(n_genes, dtype=bool), ()
    kinds = texts(features["feature_type"], f"{place}/feature_type", limits)
    kept, notes = keep_genes(kinds, n_genes, f"{place}/feature_type")
    return symbols, ids, kept, notes


def keep_genes(
    kinds: Sequence[str], n_genes: int, place: str
) -> tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], tuple[str, ...]]:
    """Tell genes from antibodies, guides and peaks.

    Parameters
    ----------
    kinds : sequence of str
        Feature types.
    n_genes : int
        Features of the matrix.
    place : str
        Where the types stood.

    Returns
    -------
    kept : ndarray of bool, n_genes
        The genes.
    notes : tuple of str
        How many others stayed out.

    Raises
    ------
    FileFormatError
        With code "no-genes" where there is none.
    """
    if len(kinds) != n_genes:
        raise damaged(place, f"names {len(kinds):,} features, the matrix has {n_genes:,}")
    kept = np.array([k in {GENE_EXPRESSION, ""} for k in kinds], dtype=bool)
    if kept.all():
        return kept, ()
    others = ", ".join(sorted({k for k in kinds if k not in {GENE_EXPRESSION, ""}}))[:120]
    if not kept.any():
        raise FileFormatError(
            f"The file holds no gene expression, only {others}.",
            next_step="Upload the gene expression matrix of the same cells.",
            code="no-genes",
        )
    return kept, (f"{int((~kept).sum()):,} features that are not genes stayed out ({others}).",)


def pick_genome(genomes: Sequence[str]) -> str:
    """Choose the genome to read.

    Parameters
    ----------
    genomes : sequence of str
        Names of genomes or groups.

    Returns
    -------
    str
        The one of human or mouse; else the first. "" for none.

    Raises
    ------
    FileFormatError
        With code "two-species" where both are there.
    """
    human = [g for g in genomes if (m := _HUMAN_OR_MOUSE.match(g)) and m[1]]
    mouse = [g for g in genomes if (m := _HUMAN_OR_MOUSE.match(g)) and m[2]]
    if human and mouse:
        raise FileFormatError(
            f"The file mixes human and mouse cells (genomes {', '.join(genomes)[:80]}).",
            next_step="Split it by species and upload one part.",
            code="two-species",
        )
    return next(iter([*human, *mouse, *genomes]), "")
