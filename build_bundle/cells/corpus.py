"""The cells of a build on disk: sparse matrices part by part, and the tables that say what they are.

A *part* is one source file. A study may have several, with different genes; they are never merged into one panel,
because a gene that one file did not measure is missing there, not zero. The steps read a corpus and never change it.

Not here: reading sources (``sources``) and choosing labels (``selection``).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

Role = Literal["reference", "held_out", "profile", "teacher"]
ROLES: tuple[Role, ...] = ("reference", "held_out", "profile", "teacher")
TEACHING: tuple[Role, ...] = ("profile", "teacher")
"""Roles of parts that take part in training alone: none of their rows is a cell of the bundle."""
ARRAYS = ("data", "indices", "indptr")
_INT32_MAX = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class StudyMatrix:
    """The expression of one part.

    Parameters
    ----------
    part : str
        Unique key of the source file; equals `study` where the study has one file.
    study : str
        Key of the study.
    role : str
        One of `ROLES`.
    x : csr_matrix of float32, n_obs x n measured genes
        Values on linear scale in the unit of the source, memory-mapped.
    genes : ndarray of int32, n measured genes
        Column j is gene ``corpus.genes[genes[j]]``; ascending.
    first_row : int
        Row i is row ``first_row + i`` of ``corpus.cells`` (of ``corpus.teaching`` for parts that only teach).
    unit : str
        Scale of the source before it was made linear, for example "counts".
    """

    part: str
    study: str
    role: Role
    x: sparse.csr_matrix
    genes: npt.NDArray[np.int32]
    first_row: int
    unit: str

    @property
    def rows(self) -> slice:
        """Rows of ``corpus.cells`` (or ``corpus.teaching``) that this part holds."""
        return slice(self.first_row, self.first_row + int(self.x.shape[0]))


@dataclass(frozen=True)
class PartRecord:
    """What a corpus knows about a part without opening its matrix.

    Parameters
    ----------
    part, study, role, unit, first_row
        As in `StudyMatrix`.
    n_obs : int
        Cells, or profiles.
    """

    part: str
    study: str
    role: Role
    unit: str
    first_row: int
    n_obs: int


def write_csr(folder: Path, x: sparse.csr_matrix) -> None:
    """Write a sparse matrix as three plain arrays that can be memory-mapped.

    Parameters
    ----------
    folder : Path
        Existing folder; gets ``data.npy`` (float32), ``indices.npy``, ``indptr.npy``.
    x : csr_matrix
        Sorted and without duplicates.
    """
    write_csr_blocks(folder, [x], nnz=x.nnz, n_vars=x.shape[1])


def write_csr_blocks(folder: Path, blocks: Iterable[sparse.csr_matrix], *, nnz: int, n_vars: int) -> None:
    """Write a sparse matrix that comes in blocks of rows, holding one block at a time.

    Parameters
    ----------
    folder : Path
        As for `write_csr`.
    blocks : iterable of csr_matrix
        Rows in order; sorted and without duplicates.
    nnz : int
        Values in all blocks together.
    n_vars : int
        Columns.
    """
    wide = np.int64 if max(nnz, n_vars) > _INT32_MAX else np.int32
    data = np.lib.format.open_memmap(folder / "data.npy", mode="w+", dtype=np.float32, shape=(nnz,))
    indices = np.lib.format.open_memmap(folder / "indices.npy", mode="w+", dtype=wide, shape=(nnz,))
    ends = [np.zeros(1, dtype=np.int64)]
    at = 0
    for block in blocks:
        data[at : at + block.nnz] = block.data
        indices[at : at + block.nnz] = block.indices
        ends.append(at + block.indptr[1:].astype(np.int64))
        at += block.nnz
    data.flush()
    indices.flush()
    np.save(folder / "indptr.npy", np.concatenate(ends).astype(wide))


def read_csr(folder: Path, n_vars: int) -> sparse.csr_matrix:
    """Open what `write_csr` wrote, without copying it into memory.

    Parameters
    ----------
    folder : Path
        Folder with the three arrays.
    n_vars : int
        Columns of the matrix.

    Returns
    -------
    csr_matrix of float32
        Backed by memory maps.
    """
    data, indices, indptr = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ARRAYS)
    x = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, n_vars), copy=False)
    x.has_sorted_indices = True
    x.has_canonical_format = True
    return x


def _read_frame(path: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pq.read_table(path).to_pandas()
    return frame


class Corpus:
    """Read-only view of a corpus folder (`write_corpus`).

    Parameters
    ----------
    folder : Path
        Folder that `write_corpus` filled.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        header = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
        self.records: tuple[PartRecord, ...] = tuple(PartRecord(**r) for r in header["parts"])
        self.names: dict[str, str] = header["names"]
        self.n_ref: int = header["n_ref"]

    @classmethod
    def open(cls, folder: Path) -> Corpus:
        """Open a corpus folder."""
        return cls(folder)

    @cached_property
    def genes(self) -> npt.NDArray[np.object_]:
        """Symbols of all genes measured in a reference part, sorted; object array of str."""
        return self.gene_table["gene_symbol"].to_numpy(dtype=object)

    @cached_property
    def gene_table(self) -> pd.DataFrame:
        """``gene_symbol`` and ``gene_id`` (Ensembl, may be None), one row a gene of `genes`."""
        return _read_frame(self.folder / "genes.parquet")

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a cell: the columns of ``schema.CELLS`` plus ``role``, ``part`` and ``replicate`` ("" where unknown).

        Rows 0..n_ref-1 are the reference in the bundle's order (part after part, the parts of a study together); the
        cells of held-out studies follow. Every cell has a label. ``high_confidence`` and ``split`` are set for
        reference cells only.
        """
        return _read_frame(self.folder / "cells.parquet")

    @cached_property
    def teaching(self) -> pd.DataFrame:
        """One row a bulk or pseudo-bulk profile or a teacher's cell: ``study``, ``part``, ``cell_type_ontology_term_id``."""
        return _read_frame(self.folder / "teaching.parquet")

    @cached_property
    def type_similarity(self) -> pd.DataFrame:
        """Ontology similarity of all labels (held-out and teaching ones too): ``a``, ``b``, ``similarity`` > 0."""
        return _read_frame(self.folder / "type_similarity.parquet")

    @cached_property
    def edges(self) -> pd.DataFrame:
        """Edges ``child_id``, ``parent_id`` of the ontology between the reference's labels and all their ancestors."""
        return _read_frame(self.folder / "edges.parquet")

    @cached_property
    def measured(self) -> npt.NDArray[np.bool_]:
        """Which reference part measured which gene: bool, parts in the order of `parts` x n_genes."""
        table = np.zeros((len(self.parts), len(self.genes)), dtype=bool)
        for i, part in enumerate(self.parts):
            table[i, self._part_genes(part)[1]] = True
        return table

    @property
    def parts(self) -> tuple[str, ...]:
        """Keys of the reference parts."""
        return self.parts_of("reference")

    def parts_of(self, role: Role) -> tuple[str, ...]:
        """Return the keys of the parts with a role, in row order."""
        return tuple(r.part for r in self.records if r.role == role)

    def studies_of(self, role: Role) -> tuple[str, ...]:
        """Return the keys of the studies with a role, in row order."""
        return tuple(dict.fromkeys(r.study for r in self.records if r.role == role))

    @property
    def reference(self) -> tuple[str, ...]:
        """Keys of the reference studies."""
        return self.studies_of("reference")

    @property
    def held_out(self) -> tuple[str, ...]:
        """Keys of the held-out studies."""
        return self.studies_of("held_out")

    @property
    def teaching_studies(self) -> tuple[str, ...]:
        """Keys of the studies that give profiles or teachers."""
        return tuple(dict.fromkeys(study for role in TEACHING for study in self.studies_of(role)))

    def part(self, key: str) -> StudyMatrix:
        """Open the matrix of one part.

        Parameters
        ----------
        key : str
            Key of the part.

        Returns
        -------
        StudyMatrix
            Memory-mapped; a part of another role with genes unknown to the reference is copied without them.
        """
        record = next(r for r in self.records if r.part == key)
        columns, genes = self._part_genes(key)
        n_vars = int(np.load(self.folder / "parts" / key / "genes.npy", mmap_mode="r").shape[0])
        x = read_csr(self.folder / "parts" / key, n_vars)
        if len(columns) < n_vars:
            x = x[:, columns]
        return StudyMatrix(record.part, record.study, record.role, x, genes, record.first_row, record.unit)

    def matrices(self, role: Role = "reference") -> Iterator[StudyMatrix]:
        """Open the parts of a role one after the other, in row order."""
        for key in self.parts_of(role):
            yield self.part(key)

    def _part_genes(self, key: str) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
        """Return the columns of the stored matrix that the corpus knows, and their gene indices."""
        stored = np.load(self.folder / "parts" / key / "genes.npy")
        columns = np.flatnonzero(stored >= 0)
        return columns, stored[columns].astype(np.int32)


@dataclass(frozen=True)
class PartFiles:
    """A part as the reading step left it.

    Parameters
    ----------
    part, study, role, unit
        As in `StudyMatrix`.
    folder : Path
        Holds the arrays of `write_csr`, columns sorted by symbol.
    symbols : array of str
        Symbol of every column, ascending, unique.
    n_obs : int
        Rows.
    """

    part: str
    study: str
    role: Role
    unit: str
    folder: Path
    symbols: npt.NDArray[np.object_]
    n_obs: int


def write_corpus(
    folder: Path,
    parts: Sequence[PartFiles],
    *,
    genes: pd.DataFrame,
    cells: pd.DataFrame,
    teaching: pd.DataFrame,
    type_similarity: pd.DataFrame,
    names: dict[str, str],
    edges: pd.DataFrame | None = None,
) -> Corpus:
    """Write a corpus from parts that lie in other folders of the same disk.

    Parameters
    ----------
    folder : Path
        Empty folder.
    parts : sequence of PartFiles
        In the order of `ROLES`; rows of `cells` and `teaching` follow this order.
    genes : pandas.DataFrame
        ``gene_symbol`` (ascending) and ``gene_id``: the union over reference parts.
    cells, teaching, type_similarity : pandas.DataFrame
        As described at `Corpus`.
    names : dict of str to str
        Name of every label, and of every term that `edges` name.
    edges : pandas.DataFrame, optional
        As described at `Corpus`; without it no label has a wider term.

    Returns
    -------
    Corpus
        The written corpus. The arrays are hard links: nothing is copied.
    """
    place = pd.Series(np.arange(len(genes), dtype=np.int32), index=genes["gene_symbol"])
    records, first = [], {"cells": 0, "teaching": 0}
    for part in parts:
        target = folder / "parts" / part.part
        target.mkdir(parents=True)
        for name in ARRAYS:
            os.link(part.folder / f"{name}.npy", target / f"{name}.npy")
        np.save(target / "genes.npy", place.reindex(part.symbols).fillna(-1).to_numpy(dtype=np.int32))
        table = "teaching" if part.role in TEACHING else "cells"
        records.append(PartRecord(part.part, part.study, part.role, part.unit, first[table], part.n_obs))
        first[table] += part.n_obs
    for name, frame in (
        ("genes", genes),
        ("cells", cells),
        ("teaching", teaching),
        ("type_similarity", type_similarity),
        ("edges", pd.DataFrame(columns=["child_id", "parent_id"], dtype=str) if edges is None else edges),
    ):
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / f"{name}.parquet")
    n_ref = sum(r.n_obs for r in records if r.role == "reference")
    header = {"n_ref": n_ref, "parts": [asdict(r) for r in records], "names": names}
    (folder / "corpus.json").write_text(json.dumps(header, indent=1), encoding="utf-8")
    return Corpus(folder)
