"""Reading a stranger's file in a process of its own, with limits on memory, time and disk.

The libraries below the readers are written in C and can be crashed, hung or made to eat memory by a file. So the file is
opened in a child process; the child hands over plain arrays and JSON, which are checked again on this side; its death
is an ordinary, clear failure. ``python -m core.expression.sandbox`` is the child's entry.

On systems without ``resource`` (Windows) the child runs with the time limit and the structural checks alone.
"""

from __future__ import annotations

import importlib
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import psutil

from core.errors import FileFormatError, InputError, LimitError
from core.expression import places
from core.expression.formats import csr, parse, to_raw
from core.expression.formats.parsed import Parsed
from core.expression.formats.sniff import HDF5
from core.expression.limits import DEFAULT_LIMITS, GIB, MIB, Limits

if TYPE_CHECKING:
    from core.expression.matrix import RawMatrix

resource: Any = importlib.import_module("resource") if sys.platform != "win32" else None

_LIMITS_MUST_HOLD = sys.platform.startswith("linux")  # macOS refuses a limit on address space
_ROOT = Path(__file__).resolve().parents[2]
_ANSWER = "answer.json"
_LOG = "reader.log"
_SCRATCH = "scratch"
_TABLE = "obs{:03d}.npy"
_MAP = "map{:d}.npy"
_ARRAYS = ("data", "indices", "indptr")
_POLL_S = 0.5
_READ_TO_START = 8 * MIB  # what Python and its libraries read themselves
_MOST_READ = 0.95  # of the stage: the arrays have to be written and taken over
_PR_SET_PDEATHSIG = 1
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",  # each thread would claim address space
    "OMP_NUM_THREADS": "1",
    "MALLOC_ARENA_MAX": "2",
    "HDF5_PLUGIN_PATH": "::",  # no compiled filters from outside
    "HDF5_USE_FILE_LOCKING": "FALSE",
}


def read_upload(
    path: Path,
    work_dir: Path,
    *,
    display_name: str,
    limits: Limits = DEFAULT_LIMITS,
    tick: Callable[[float], None] | None = None,
) -> RawMatrix:
    """Read an uploaded file in a limited child process.

    Parameters
    ----------
    path : Path
        The file as stored by the server.
    work_dir : Path
        Folder for the child's result; made when missing. Its files back the arrays that are returned (memory-mapped),
        so it must stay as long as these are in use.
    display_name : str
        What the user calls the file, for messages.
    limits : Limits
        Caps.
    tick : callable, optional
        Called twice a second while the child works, with the share of the file it has read (0..1); may raise to stop it.

    Returns
    -------
    RawMatrix
        Values as in the file.

    Raises
    ------
    FileFormatError
        When the file cannot be read, or the child died of it.
    LimitError
        When it needs more memory or time than allowed.

    Notes
    -----
    The child belongs to the caller's process group and dies with the caller (Linux). It costs about 0.3 s to start.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        raise FileFormatError(
            f"{_shown(display_name)} is neither a file nor a folder.",
            next_step="Save what a pipe gives to a file first.",
            code="no-file",
        )
    work_dir.mkdir(parents=True, exist_ok=True)
    for name in (_ANSWER, *(f"{a}.npy" for a in _ARRAYS)):
        (work_dir / name).unlink(missing_ok=True)
    n_bytes = path.stat().st_size if path.is_file() else limits.max_file_bytes
    code = _run_child(path.resolve(), work_dir.resolve(), limits, n_bytes, tick)
    name = _shown(display_name)
    answer = _answer(work_dir, code, name)
    if "error" in answer:
        raise _error(answer["error"], name, misnamed=_is_misnamed(path, name))
    try:
        return to_raw(_load(work_dir, answer))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _died(name, "its result could not be taken over") from error


def _shown(display_name: str) -> str:
    """Make a user's file name fit for a sentence."""
    return "".join(c for c in display_name if c.isprintable())[:120].strip() or "The file"


def _run_child(path: Path, work_dir: Path, limits: Limits, n_bytes: int, tick: Callable[[float], None] | None) -> int:
    """Start the child and wait; return its exit code (negative: killed by a signal)."""
    request = json.dumps({"path": str(path), "work_dir": str(work_dir), "limits": limits.to_dict()})
    with (work_dir / _LOG).open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-E", "-s", "-m", "core.expression.sandbox", request],
            cwd=_ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            told = None if tick is None else lambda: tick(_share_read(child, n_bytes))
            return _wait(child, limits.seconds(n_bytes), told)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            shutil.rmtree(work_dir / _SCRATCH, ignore_errors=True)


def _environment() -> Mapping[str, str]:
    """Return the child's whole environment: nothing of the server's, where the system allows it."""
    if sys.platform == "win32":  # pragma: no cover - sockets and temporary folders need SYSTEMROOT there
        return {**_ENVIRONMENT, "SYSTEMROOT": r"C:\Windows"}
    return _ENVIRONMENT


def _wait(child: subprocess.Popen[bytes], seconds: float, tick: Callable[[], None] | None) -> int:
    deadline = time.monotonic() + seconds
    while True:
        try:
            return child.wait(timeout=max(0.01, min(_POLL_S, deadline - time.monotonic())))
        except subprocess.TimeoutExpired as error:
            if time.monotonic() >= deadline:
                raise LimitError(
                    f"Reading the file took longer than {seconds:.0f} s and was stopped.",
                    next_step="It may be damaged. Save it again as .h5ad, or upload a part of the cells.",
                    code="too-slow",
                ) from error
            if tick is not None:
                tick()


def _share_read(child: subprocess.Popen[bytes], n_bytes: int) -> float:
    """Return how much of the file the child has read; 0 where the system does not say."""
    try:
        done = psutil.Process(child.pid).io_counters().read_chars - _READ_TO_START
    except (psutil.Error, AttributeError):  # macOS has no counters
        return 0.0
    return min(_MOST_READ, max(0.0, done / max(1, n_bytes)))


def _answer(work_dir: Path, code: int, name: str) -> dict[str, Any]:
    """Read what the child said, or say how it died."""
    try:
        answer = json.loads((work_dir / _ANSWER).read_text("utf-8"))
    except (OSError, ValueError):
        answer = None
    if isinstance(answer, dict) and code == 0:
        return answer
    raise _death(name, -code if code < 0 else 0)


def _death(name: str, number: int) -> InputError:
    """Return the error for a child that died without a word."""
    if number == getattr(signal, "SIGXCPU", -1):
        return LimitError(
            f"{name} was not read: it took more processor time than allowed.",
            next_step="It may be damaged. Save it again as .h5ad, or upload a part of the cells.",
            code="too-slow",
        )
    if number == getattr(signal, "SIGKILL", -1):
        return LimitError(
            f"{name} was not read: the reader was stopped, probably for want of memory.",
            next_step="Upload a part of the cells, or a sparse format such as .h5ad.",
            code="out-of-memory",
        )
    return _died(name, f"the reader stopped ({_signal_name(number)})")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "no answer"


def _died(name: str, why: str) -> FileFormatError:
    return FileFormatError(
        f"{name} was not read: {why}. The file is probably damaged.",
        next_step="Save or export the file again, then upload it once more.",
        code="reader-died",
    )


def _is_misnamed(path: Path, name: str) -> bool:
    """Tell whether a file is called HDF5 and is none, for example because a download was cut short or gave a page instead."""
    if not (name.lower().endswith((".h5ad", ".h5", ".loom")) and path.is_file()):
        return False
    with path.open("rb") as file:
        return file.read(len(HDF5)) != HDF5


def _error(said: Mapping[str, Any], name: str, *, misnamed: bool) -> InputError:
    """Turn the child's error into an exception that names the file."""
    if misnamed:
        return FileFormatError(
            f"{name} is not an HDF5 file, as its name says. Read as what it is: {said['message']}",
            next_step="Save or download it again.",
            code=said["code"],
        )
    message = f"{name}: {said['message']}"
    if said.get("kind") == "LimitError":
        return LimitError(message, next_step=said["next_step"], code=said["code"], fits=said["fits"])
    return FileFormatError(message, next_step=said["next_step"], code=said["code"])


def _load(work_dir: Path, answer: Mapping[str, Any]) -> Parsed:
    """Take over the child's arrays, memory-mapped and checked once more."""
    maps = {a: np.load(work_dir / f"{a}.npy", mmap_mode="r", allow_pickle=False) for a in _ARRAYS}
    data, indices, indptr = (maps[a] for a in _ARRAYS)
    rows, columns = answer["row_names"], answer["column_names"]
    if (data.dtype, indices.dtype, indptr.dtype) != (np.float32, np.int32, np.int64) or data.shape != indices.shape:
        raise ValueError("the reader's arrays have the wrong types")
    csr.check_indptr(indptr, len(rows), len(data), "matrix")
    csr.check_indices(indices, len(columns), "matrix")
    maps_of_cells = {
        name: np.load(work_dir / _MAP.format(i), allow_pickle=False) for i, name in enumerate(answer["places"])
    }
    return Parsed(
        data,
        indices,
        indptr,
        row_names=rows,
        column_names=columns,
        format=answer["format"],
        row_table={n: _load_column(work_dir, i, levels) for i, (n, levels) in enumerate(answer["row_table"])},
        other_names=answer["other_names"],
        places=places.checked(maps_of_cells, len(rows)),
        orientation_known=answer["orientation_known"],
        notes=tuple(answer["notes"]),
        layer=answer["layer"],
    )


def _load_column(work_dir: Path, number: int, levels: list[str] | None) -> npt.NDArray[Any]:
    """Read one metadata column."""
    values = np.load(work_dir / _TABLE.format(number), allow_pickle=False)
    if levels is None:
        return np.asarray(values)
    lookup = np.array([*levels, None], dtype=object)
    return np.asarray(lookup[values.astype(np.int64)])


def _save_column(work_dir: Path, number: int, column: npt.NDArray[Any]) -> list[str] | None:
    """Write one metadata column; return its different texts where it holds text."""
    levels: dict[str, int] | None = None
    if column.dtype.kind == "O":
        levels = {}
        codes = [-1 if v is None else levels.setdefault(str(v), len(levels)) for v in column.tolist()]
        column = np.array(codes, dtype=np.int32)
    np.save(work_dir / _TABLE.format(number), column, allow_pickle=False)
    return None if levels is None else list(levels)


def limit_process(limits: Limits) -> None:
    """Put the limits on this process; they hold until it ends.

    Parameters
    ----------
    limits : Limits
        Memory, processor time and the size of written files.
    """
    if resource is None:  # pragma: no cover - Windows
        return
    caps = {
        "RLIMIT_CORE": 0,
        "RLIMIT_AS": limits.address_space_bytes,
        "RLIMIT_CPU": limits.cpu_s,
        "RLIMIT_FSIZE": max(2 * GIB, 2 * limits.max_inflated_bytes),
        "RLIMIT_NOFILE": 64,
    }
    for name, value in caps.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            hard = resource.getrlimit(kind)[1]
            bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with nullcontext() if _LIMITS_MUST_HOLD else suppress(OSError, ValueError):
                resource.setrlimit(kind, (bound, bound))


def die_with_parent() -> None:
    """Ask the kernel to end this process when its parent ends (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only the child needs it

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def answer_request(path: Path, work_dir: Path, limits: Limits) -> None:
    """Read the file and leave the result in `work_dir`: the child's work.

    Parameters
    ----------
    path : Path
        The upload.
    work_dir : Path
        Gets three .npy files and ``answer.json``, which is written last.
    limits : Limits
        Caps.
    """
    scratch = work_dir / _SCRATCH
    scratch.mkdir(exist_ok=True)
    try:
        parsed = parse(path, limits, scratch)
        for name in _ARRAYS:
            np.save(work_dir / f"{name}.npy", getattr(parsed, name), allow_pickle=False)
        for i, xy in enumerate(parsed.places.values()):
            np.save(work_dir / _MAP.format(i), xy, allow_pickle=False)
        answer: dict[str, Any] = {
            "row_names": parsed.row_names,
            "column_names": parsed.column_names,
            "row_table": [(n, _save_column(work_dir, i, c)) for i, (n, c) in enumerate(parsed.row_table.items())],
            "other_names": dict(parsed.other_names),
            "places": list(parsed.places),
            "format": parsed.format,
            "orientation_known": parsed.orientation_known,
            "notes": parsed.notes,
            "layer": parsed.layer,
        }
    except InputError as error:
        answer = _said(type(error).__name__, error.message, error.next_step, error.code, getattr(error, "fits", 0))
    except MemoryError:
        answer = _said(
            "LimitError",
            f"Reading it needs more than the {limits.address_space_bytes / GIB:.3g} GB of memory one file may use.",
            "Upload a part of the cells, or a sparse format such as .h5ad.",
            "out-of-memory",
        )
    (work_dir / _ANSWER).write_text(json.dumps(answer), "utf-8")


def _said(kind: str, message: str, next_step: str, code: str, fits: int = 0) -> dict[str, Any]:
    return {"error": {"kind": kind, "message": message, "next_step": next_step, "code": code, "fits": fits}}


def main(request: str) -> None:
    """Run as the child.

    Parameters
    ----------
    request : str
        JSON with ``path``, ``work_dir`` and ``limits``.
    """
    asked = json.loads(request)
    limits = Limits(**asked["limits"])
    die_with_parent()
    limit_process(limits)
    answer_request(Path(asked["path"]), Path(asked["work_dir"]), limits)


if __name__ == "__main__":
    main(sys.argv[1])
