"""How a table of the bundle is declared: its columns, their types, and what its rows are.

Not here: the tables themselves (``schema``, ``schema_differential``).
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TYPE = "cell_type_ontology_term_id"  # the column of a cell's label, in every table that has one

TEXT = pa.string()
TEXTS = pa.list_(pa.string())
REAL = pa.float32()
DOUBLE = pa.float64()
COUNT = pa.int64()
INDEX32 = pa.int32()
FLAG = pa.bool_()
INDEX_LIST = pa.list_(pa.field("element", pa.int32(), nullable=False))
REAL_LIST = pa.list_(pa.field("element", pa.float32(), nullable=False))


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Column name; CELLxGENE's where CELLxGENE has one.
    type : pyarrow.DataType
        Arrow type, exactly as stored.
    meaning : str
        What a value says, with its unit.
    nullable : bool
        Whether a value may be missing.
    choices : tuple of str
        The only values allowed; empty where any is.
    """

    name: str
    type: pa.DataType
    meaning: str
    nullable: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One Parquet table of the bundle.

    Parameters
    ----------
    name : str
        Stem of the file name and key for readers and writers.
    meaning : str
        What one row is.
    columns : tuple of Column
        In file order.
    row_group_size : int
        Rows per Parquet row group; small where single rows are read. Another choice needs no new version.
    key : tuple of str
        Columns whose values together are unique.
    aligned_with : str
        Name of the table whose rows these are, one to one and in the same order; empty where rows stand alone.
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    row_group_size: int = 65_536
    key: tuple[str, ...] = ()
    aligned_with: str = ""

    @property
    def file(self) -> str:
        """File name inside the bundle."""
        return f"{self.name}.parquet"

    @property
    def arrow_schema(self) -> pa.Schema:
        """Arrow schema with nullability."""
        return pa.schema([pa.field(c.name, c.type, nullable=c.nullable) for c in self.columns])
