"""``models.csv`` of a finished study, read as the ``models`` table of a bundle; stands apart so that a build need not load a study."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from core.bundle.agreement import value_problems
from core.bundle.schema import DOUBLE, INDEX32, MODELS
from core.errors import ConfigError

MODELS_FILE = "models.csv"
WRITES_IT = "make study (python -m build_bundle study) writes it, and keeps every finished run"
# A study writes whole numbers with ".0" where a column lacks some.
_TYPES = {column.name: DOUBLE if column.type == INDEX32 else column.type for column in MODELS.columns}


def read_models(folder: Path) -> pa.Table:
    """Read what a study says of its models.

    Parameters
    ----------
    folder : Path
        Folder of the study.

    Returns
    -------
    pyarrow.Table
        The ``models`` table, in the file's order; other columns of the file are left out.

    Raises
    ------
    ConfigError
        When the file is missing, lacks a column, or holds what the table may not.
    """
    path = folder / MODELS_FILE
    if not path.is_file():
        raise ConfigError(f"{path} does not exist; {WRITES_IT}.")
    try:
        found = csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=_TYPES))
        missing = [name for name in _TYPES if name not in found.column_names]
        if missing:
            raise ConfigError(f"{path} has no column {', '.join(missing)}; {WRITES_IT}.")
        table = found.select(list(_TYPES)).cast(MODELS.arrow_schema)
    except (pa.ArrowException, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as a table of models: {error}; {WRITES_IT}.") from error
    problems = value_problems(MODELS, table)
    if problems:
        raise ConfigError(f"{path}: {' '.join(problems)}")
    return table
