"""The tables of a finished study, read as those of a bundle; stands apart so that a build need not load a study."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from core.bundle.agreement import value_problems
from core.bundle.schema import DOUBLE, INDEX32, MODELS, MODELS_BY_TYPE, TableSpec
from core.errors import ConfigError

STUDY_TABLES = (MODELS, MODELS_BY_TYPE)
"""Tables of a bundle that a study writes, each as the CSV file `file_of` names."""
WRITES_IT = "make study (python -m build_bundle study) writes it, and keeps every finished run"


def file_of(spec: TableSpec) -> str:
    """Return the name of a table's file in the folder of a study."""
    return f"{spec.name}.csv"


def read_models(folder: Path) -> dict[TableSpec, pa.Table]:
    """Read what a study says of its models.

    Parameters
    ----------
    folder : Path
        Folder of the study.

    Returns
    -------
    dict of TableSpec to pyarrow.Table
        The `STUDY_TABLES`, rows in the order of the files; other columns of the files are left out.

    Raises
    ------
    ConfigError
        When a file is missing, lacks a column, or holds what the table may not, or when the second names models that the
        first does not.
    """
    tables = {spec: _read(folder / file_of(spec), spec) for spec in STUDY_TABLES}
    listed, asked = (set(tables[spec].column("model").to_pylist()) for spec in STUDY_TABLES)
    if asked - listed:
        unknown = ", ".join(sorted(asked - listed)[:3])
        path = folder / file_of(MODELS_BY_TYPE)
        raise ConfigError(f"{path} names models that {file_of(MODELS)} does not, such as {unknown}; {WRITES_IT}.")
    return tables


def _read(path: Path, spec: TableSpec) -> pa.Table:
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; {WRITES_IT}.")
    # A study writes whole numbers with ".0" where a column lacks some.
    types = {column.name: DOUBLE if column.type == INDEX32 else column.type for column in spec.columns}
    try:
        found = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=types))
        missing = [name for name in types if name not in found.column_names]
        if missing:
            raise ConfigError(f"{path} has no column {', '.join(missing)}; {WRITES_IT}.")
        table = found.select(list(types)).cast(spec.arrow_schema)
    except (pa.ArrowException, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as a table of models: {error}; {WRITES_IT}.") from error
    problems = value_problems(spec, table)
    if problems:
        raise ConfigError(f"{path}: {' '.join(problems)}")
    return table
