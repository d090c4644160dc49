"""Open one source file for a build, in the limited child process that also opens uploads."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import numpy as np

from build_bundle.configuration.study_config import Scale
from core.errors import InputError, SourceError
from core.expression.limits import GIB, Limits
from core.expression.matrix import RawMatrix
from core.expression.sandbox import read_upload

BUILD_LIMITS = Limits(
    max_cells=5_000_000,
    max_file_bytes=1024 * GIB,
    max_elements=2**40,
    max_dataset_bytes=1024 * GIB,
    max_inflated_bytes=1024 * GIB,
    address_space_bytes=64 * GIB,
    cpu_s=7200,
    wall_s=7200.0,
    wall_floor_s=120.0,
)
"""A builder trusts the size of its sources, but a file that kills its reader must not kill the build."""


def read_raw(path: Path, scratch: Path, scale: Scale = "auto") -> RawMatrix:
    """Read a source file.

    Parameters
    ----------
    path : Path
        The file.
    scratch : Path
        Folder for the child's output; made here and removed again. The values stay mapped as long as they are used.
    scale : str
        A logarithm that the configuration declares and that is undone here.

    Returns
    -------
    RawMatrix
        As the doctor wants it.

    Raises
    ------
    SourceError
        Where the file is missing or cannot be read.
    """
    if not path.exists():
        raise SourceError(f"The file {path.name} does not exist.", next_step="Check the path and --data.")
    scratch.mkdir()
    try:
        raw = read_upload(path, scratch, display_name=path.name, limits=BUILD_LIMITS)
    except InputError as error:
        raise SourceError(error.message, next_step=error.next_step) from error
    finally:
        shutil.rmtree(scratch)
    return _linear(raw, scale)


def _linear(raw: RawMatrix, scale: Scale) -> RawMatrix:
    base = {"ln": np.e, "log2": 2.0, "log10": 10.0}.get(scale)
    if base is None:
        return raw
    x = raw.matrix.x.copy()
    x.data = np.maximum(np.power(base, x.data.astype(np.float64)) - 1, 0).astype(np.float32)
    return dataclasses.replace(raw, matrix=dataclasses.replace(raw.matrix, x=x))
