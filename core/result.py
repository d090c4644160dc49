"""The result folder of one query: what is written once and read by every panel, download and later process.

For users
    ``labels.csv``, ``scores.parquet``, ``neighbors.parquet``, ``studies.csv``, ``methods.txt``, ``studies.bib``, ``report.json`` (last:
    it says the folder is complete).
For the page
    ``labels.parquet``, ``scores.npy``, ``neighbor_ids.npy``, ``distances.npy``, ``embedding.npy``, ``projection.parquet``,
    ``obs.parquet``, ``own_places.npz`` (of a file with maps of its own), ``heatmap.npz``, ``expression/``. Both kinds are written from the same arrays.

Not here: computing any of it (``core.annotation``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from scipy import sparse

from core.bundle.schema import TYPE
from core.errors import InputError
from core.expression.by_gene import ByGene
from core.search.confidence import STATUSES

if TYPE_CHECKING:
    from core.search.exact import Neighbors
    from core.search.labelling import Labeller

Floats = npt.NDArray[np.float32]
Arrays = Mapping[str, npt.NDArray[Any]]

RESULT_VERSION = 1
LABELS, SCORES, NEIGHBORS, STUDIES, METHODS, BIBLIOGRAPHY, REPORT = (
    "labels.csv", "scores.parquet", "neighbors.parquet", "studies.csv", "methods.txt", "studies.bib", "report.json",
)  # fmt: skip
_LABELS, _SCORES, _NEIGHBOR_IDS, _DISTANCES = "labels.parquet", "scores.npy", "neighbor_ids.npy", "distances.npy"
_EMBEDDING, _PROJECTION, _OBS, _HEATMAP, EXPRESSION = (
    "embedding.npy", "projection.parquet", "obs.parquet", "heatmap.npz", "expression",
)  # fmt: skip
_OWN_PLACES = "own_places.npz"
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ROWS_A_GROUP = 10_000  # query cells in one row group of neighbors.parquet


def to_csv(table: pd.DataFrame) -> str:
    """Write a table as CSV that a spreadsheet program will not run.

    Parameters
    ----------
    table : pandas.DataFrame
        Any; its text columns may hold what a user brought.

    Returns
    -------
    str
        A text cell that starts with ``=``, ``+``, ``-``, ``@``, tab or carriage return gets a ``'`` in front. Numbers have
        six significant digits.
    """
    guarded = table.copy(deep=False)
    guarded.columns = pd.Index([_guarded(str(c)) for c in table.columns])
    for place, column in enumerate(table.columns):
        if not pd.api.types.is_numeric_dtype(table[column].dtype):
            values = [_guarded(v) if isinstance(v, str) else v for v in table.iloc[:, place].tolist()]
            guarded.isetitem(place, np.array([*values, None], dtype=object)[:-1])  # the None keeps it one-dimensional
    text = guarded.to_csv(index=False, float_format="%.6g", lineterminator="\n")
    if "\r" in text:  # the writer puts only those line breaks in quotes that it uses itself
        text = guarded.to_csv(index=False, float_format="%.6g", lineterminator="\r\n")
    return text


def _guarded(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def write_labels(folder: Path, labels: pd.DataFrame) -> None:
    """Write the table of `core.search.labelling.Labeller.table`, for users and for the page."""
    (folder / LABELS).write_text(to_csv(labels), encoding="utf-8", newline="")
    labels.to_parquet(folder / _LABELS, index=False)


def write_scores(folder: Path, cell_ids: Sequence[str], type_ids: Sequence[str], scores: Floats) -> None:
    """Write the scores: column ``cell_id`` and one float32 column a type, named by its id."""
    columns = [pa.array(cell_ids, type=pa.string()), *(pa.array(scores[:, j]) for j in range(len(type_ids)))]
    table = pa.Table.from_arrays(columns, names=["cell_id", *type_ids])
    pq.write_table(table, folder / SCORES, compression="zstd", use_dictionary=False)
    np.save(folder / _SCORES, scores)


def write_neighbors(folder: Path, cell_ids: Sequence[str], neighbors: Neighbors, cells: pd.DataFrame) -> None:
    """Write the neighbours, one row each, nearest first.

    Parameters
    ----------
    folder : Path
        Result folder.
    cell_ids : sequence of str
        Names of the query cells.
    neighbors : Neighbors
        Rows of `cells` and Euclidean distances.
    cells : pandas.DataFrame
        The bundle's table ``cells``.
    """
    np.save(folder / _NEIGHBOR_IDS, neighbors.ids)
    np.save(folder / _DISTANCES, neighbors.distances)
    names = pa.array(cell_ids, type=pa.string())
    sources = ("cell_id", "study", TYPE)
    reference = {f"ref_{c}": pa.array(cells[c].tolist(), type=pa.string()) for c in sources}
    n, k = neighbors.ids.shape
    with pq.ParquetWriter(folder / NEIGHBORS, _NEIGHBOR_SCHEMA, compression="zstd") as writer:
        for start in range(0, n, _ROWS_A_GROUP):
            part = slice(start, min(n, start + _ROWS_A_GROUP))
            ids = pa.array(neighbors.ids[part].ravel())
            rows = np.repeat(np.arange(part.start, part.stop), k)
            ranks = np.tile(np.arange(1, k + 1, dtype=np.int32), part.stop - part.start)
            columns = [names.take(pa.array(rows)), pa.array(ranks), *(c.take(ids) for c in reference.values())]
            columns.append(pa.array(neighbors.distances[part].ravel()))
            writer.write_table(pa.Table.from_arrays(columns, schema=_NEIGHBOR_SCHEMA))


_NEIGHBOR_SCHEMA = pa.schema(
    {
        "cell_id": pa.string(), "rank": pa.int32(), "ref_cell_id": pa.string(), "ref_study": pa.string(),
        "ref_cell_type_ontology_term_id": pa.string(), "distance": pa.float32(),
    }
)  # fmt: skip


def write_places(folder: Path, embedding: Floats, projection: pd.DataFrame) -> None:
    """Write where the cells lie: the embedding and the two maps."""
    np.save(folder / _EMBEDDING, embedding)
    projection.to_parquet(folder / _PROJECTION, index=False)


def write_own_places(folder: Path, places: Mapping[str, Floats]) -> None:
    """Write the file's own maps of its cells; nothing where it has none."""
    if places:
        np.savez(folder / _OWN_PLACES, allow_pickle=False, **places)


def write_obs(folder: Path, obs: pd.DataFrame) -> None:
    """Write the user's own metadata: numbers and flags as they are, everything else as text."""
    columns: dict[str, pa.Array] = {}
    for place, column in enumerate(obs.columns):
        name = str(column)
        columns[name if name not in columns else f"{name} ({place})"] = _plain(obs.iloc[:, place])
    n_rows = pa.array(np.arange(len(obs), dtype=np.int64))  # keeps the number of rows where there is no column
    pq.write_table(pa.table({**columns, _ROW: n_rows}), folder / _OBS, compression="zstd")


_ROW = "__row__"


def _plain(column: pd.Series[Any]) -> pa.Array:
    if column.dtype.kind in "iufb":
        return pa.array(column.to_numpy())
    return pa.array([None if pd.isna(v) else str(v) for v in column.tolist()], type=pa.string())


def write_studies(folder: Path, studies: pd.DataFrame) -> None:
    """Write the table of `core.explore.studies.studies` for all cells."""
    (folder / STUDIES).write_text(to_csv(studies), encoding="utf-8", newline="")


def write_text(folder: Path, name: str, text: str) -> None:
    """Write a text for users."""
    (folder / name).write_text(text, encoding="utf-8", newline="")


def write_heatmap(folder: Path, arrays: Arrays) -> None:
    """Write what `core.explore.heatmap.prepare` computed."""
    np.savez(folder / _HEATMAP, allow_pickle=False, **arrays)


def write_report(folder: Path, report: Mapping[str, Any]) -> None:
    """Write the report; the last file of a result."""
    text = json.dumps({"result_version": RESULT_VERSION, **report}, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / REPORT).write_text(text + "\n", encoding="utf-8")


class QueryResult:
    """A finished result, read lazily. Rows are query cells in the order of the upload throughout.

    Parameters
    ----------
    folder : Path
        Result folder.
    report : mapping
        Contents of ``report.json``.
    """

    def __init__(self, folder: Path, report: Mapping[str, Any]) -> None:
        self.folder = folder
        self.report = report

    @classmethod
    def open(cls, folder: Path) -> QueryResult:
        """Open a result folder.

        Parameters
        ----------
        folder : Path
            As `core.annotation` wrote it.

        Returns
        -------
        QueryResult
            Nothing but the report is read yet.

        Raises
        ------
        InputError
            When there is no finished result, or another version of scQuery wrote it.
        """
        try:
            report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise InputError(
                f"There is no finished result in {folder.name!r}.", next_step="Search again.", code="no-result"
            ) from error
        if not isinstance(report, dict) or report.get("result_version") != RESULT_VERSION:
            raise InputError(
                "This result was written by another version of scQuery.",
                next_step="Search again.",
                code="result-version",
            )
        return cls(folder, report)

    def with_threshold(self, threshold: float, labeller: Labeller) -> QueryResult:
        """Return the same result judged by another confidence threshold.

        Parameters
        ----------
        threshold : float
            Smallest score of a confident label, 0..1.
        labeller : Labeller
            Of the reference the result was made with.

        Returns
        -------
        QueryResult
            Same labels and scores; other statuses and parents. Nothing is written.
        """
        options = {**self.report["options"], "threshold": threshold}
        judged = copy.copy(self)
        judged.labels = labeller.judge_again(self.labels, self.scores, threshold)
        judged.report = {**self.report, "options": options, "counts": count_statuses(judged.labels)}
        return judged

    def with_obs(self, brought: pd.DataFrame) -> QueryResult:
        """Return the same result with more metadata.

        Parameters
        ----------
        brought : pandas.DataFrame
            Columns to add before the file's own, n_query rows in the query's order; one of the same name takes the other's place.

        Returns
        -------
        QueryResult
            Everything else as before. Nothing is written.

        Raises
        ------
        ValueError
            When it has another number of rows.
        """
        own = self.obs.drop(columns=brought.columns, errors="ignore")
        if len(brought) != len(own):
            raise ValueError(f"metadata has {len(brought)} rows for {len(own)} cells")
        told = copy.copy(self)
        told.obs = pd.concat([brought.set_axis(own.index, axis=0), own], axis=1)
        return told

    @cached_property
    def labels(self) -> pd.DataFrame:
        """Columns of ``labels.csv``, RangeIndex, text as the user brought it."""
        return pd.read_parquet(self.folder / _LABELS)

    @property
    def level(self) -> int:
        """Steps away from the finest types (`core.coarser`); 0 as written."""
        return int(self.report["options"].get("level", 0))

    @property
    def n_query(self) -> int:
        """Number of query cells."""
        return len(self.labels)

    @cached_property
    def cell_ids(self) -> npt.NDArray[np.object_]:
        """Names of the query cells."""
        return self.labels["cell_id"].to_numpy(dtype=object)

    @cached_property
    def type_ids(self) -> list[str]:
        """Cell type ids of the columns of `scores`, in the bundle's order."""
        return list(pq.read_schema(self.folder / SCORES).names[1:])

    @cached_property
    def scores(self) -> Floats:
        """Scores, float32, n_query x n_types, rows sum to 1; memory-mapped."""
        return self._array(_SCORES)

    @cached_property
    def neighbor_ids(self) -> npt.NDArray[np.int32]:
        """Rows of the bundle's cells, int32, n_query x k, nearest first; memory-mapped."""
        return self._array(_NEIGHBOR_IDS)

    @cached_property
    def distances(self) -> Floats:
        """Euclidean distances of the neighbours, float32, n_query x k, ascending; memory-mapped."""
        return self._array(_DISTANCES)

    @cached_property
    def embedding(self) -> Floats:
        """Embedding of the query, float32, n_query x n_latent; memory-mapped."""
        return self._array(_EMBEDDING)

    @cached_property
    def projection(self) -> pd.DataFrame:
        """Float32 columns pc1, pc2, raw_pc1, raw_pc2."""
        return pd.read_parquet(self.folder / _PROJECTION)

    @cached_property
    def own_places(self) -> Mapping[str, Floats]:
        """The file's own maps of its cells, float32, n_query x 2, by their names; may be none."""
        if not (self.folder / _OWN_PLACES).exists():
            return {}
        with np.load(self.folder / _OWN_PLACES, allow_pickle=False) as arrays:
            return dict(arrays)

    @cached_property
    def obs(self) -> pd.DataFrame:
        """The user's own metadata, of the file and of the table brought to the result; may have no column."""
        return pd.read_parquet(self.folder / _OBS).drop(columns=_ROW)

    @cached_property
    def heatmap(self) -> Arrays:
        """Arrays of `core.explore.heatmap.prepare`."""
        with np.load(self.folder / _HEATMAP, allow_pickle=False) as arrays:
            return dict(arrays)

    @cached_property
    def _by_gene(self) -> ByGene:
        return ByGene(self.folder / EXPRESSION, self.n_query)

    @property
    def genes(self) -> list[str]:
        """Symbols that the upload measured and the reference knows."""
        return self._by_gene.genes

    def has_gene(self, gene: str) -> bool:
        """Return whether the upload measured the gene."""
        return gene in self._by_gene

    def expression(self, gene: str) -> Floats:
        """Return a gene's log1p counts per 10,000 in all query cells; KeyError where it was not measured."""
        return self._by_gene.expression(gene)

    def expression_of(self, genes: Sequence[str], rows: npt.NDArray[np.intp]) -> Floats:
        """Return several genes in some cells, len(rows) x len(genes); 0 for a gene that was not measured."""
        return self._by_gene.expression_of(genes, rows)

    def expression_arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32], Floats]:
        """Return the expression as CSC, n_query x n_genes: starts of the genes, cells and values, the last two memory-mapped."""
        return self._by_gene.arrays()

    @property
    def expression_bytes(self) -> int:
        """Size of the expression."""
        return self._by_gene.n_bytes

    def cells_by_gene(self, rows: npt.NDArray[np.intp]) -> sparse.csr_matrix:
        """Return all of `genes` in some cells (ascending), float32, len(rows) x n_genes."""
        return self._by_gene.cells(rows)

    def _array(self, name: str) -> npt.NDArray[Any]:
        path = self.folder / name
        empty = self.n_query == 0  # an empty file cannot be mapped
        array: npt.NDArray[Any] = np.load(path, mmap_mode=None if empty else "r", allow_pickle=False)
        return array


def count_statuses(labels: pd.DataFrame) -> dict[str, int]:
    """Return the number of confident, ambiguous and unknown cells."""
    found = labels["status"].value_counts()
    return {status: int(found.get(status, 0)) for status in STATUSES}
