"""External programs: found by name, run by argument list without a shell, with time limits and bounded logs."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import IO

from core.errors import ConfigError, ScQueryError

_LOG_LINES = 200
_LINE_CHARACTERS = 500
_VERSION = re.compile(r"\bv?(\d+\.\d+(?:\.\d+)*[a-z]?)\b")


_RUNNING: set[subprocess.Popen[str]] = set()  # children of this process, for `stop_all`


@dataclass(frozen=True)
class Program:
    """A program that may have to be installed.

    Parameters
    ----------
    name : str
        File name on the path.
    title : str
        What people call it.
    package : str
        Debian package; conda's name where `conda` is empty.
    conda : str
        Package in the bioconda channel, where it has another name.
    version_option : str
        Makes it print its version.
    """

    name: str
    title: str
    package: str
    conda: str = ""
    version_option: str = "--version"

    @property
    def how_to_install(self) -> str:
        """One sentence with both package managers."""
        conda = self.conda or self.package
        return f"Install it: apt-get install {self.package} (Debian, Ubuntu), or conda install -c bioconda {conda}."


KNOWN: Mapping[str, Program] = MappingProxyType(
    {
        program.name: program
        for program in (
            Program("hisat2", "HISAT2", "hisat2"),
            Program("hisat2-build", "HISAT2's index builder", "hisat2"),
            Program("samtools", "samtools", "samtools"),
            Program("featureCounts", "featureCounts", "subread", version_option="-v"),
            Program("STAR", "STAR", "rna-star", conda="star"),
            Program("fasterq-dump", "fasterq-dump", "sra-toolkit", conda="sra-tools"),
        )
    }
)


class ProgramError(ScQueryError):
    """An external program failed or took too long; the message ends with what it said last."""

    default_code = "program_failed"


@dataclass(frozen=True)
class Said:
    """What a finished program printed on its standard error: the last lines, bounded."""

    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """All kept lines."""
        return "\n".join(self.lines)

    @property
    def last(self) -> str:
        """The last line that says something."""
        return next((line.strip() for line in reversed(self.lines) if line.strip()), "it said nothing")


def find(name: str) -> str:
    """Return the path of a program.

    Parameters
    ----------
    name : str
        Key of `KNOWN`.

    Returns
    -------
    str
        Absolute path.

    Raises
    ------
    ConfigError
        Where it is not installed, naming the package to install.
    """
    path = shutil.which(name)
    if path is None:
        program = KNOWN[name]
        raise ConfigError(
            f"{program.title} (program {name}) is not installed.",
            next_step=program.how_to_install,
            code="program-missing",
        )
    return path


def versions(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of programs, sorted by name.

    Raises
    ------
    ConfigError
        Listing every program that is missing, so that one installation is enough.
    """
    wanted = sorted(set(names))
    missing = [KNOWN[name] for name in wanted if shutil.which(name) is None]
    if missing:
        debian = " ".join(sorted({program.package for program in missing}))
        conda = " ".join(sorted({program.conda or program.package for program in missing}))
        raise ConfigError(
            f"Not installed: {', '.join(f'{program.title} (program {program.name})' for program in missing)}.",
            next_step=f"Install: apt-get install {debian} (Debian, Ubuntu), or conda install -c bioconda {conda}.",
            code="program-missing",
        )
    return {name: _version(name) for name in wanted}


@cache
def _version(name: str) -> str:
    command = [find(name), KNOWN[name].version_option]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=60)
    found = _VERSION.search(f"{done.stdout}\n{done.stderr}".replace(command[0], ""))
    return found[1] if found else "unknown"


def run(command: Sequence[str], *, timeout_s: float, cwd: Path | None = None) -> Said:
    """Run one program to its end.

    Parameters
    ----------
    command : sequence of str
        Name of a known program, then its arguments.
    timeout_s : float
        Seconds after which it is killed.
    cwd : Path, optional
        Folder to run in.

    Returns
    -------
    Said
        Its last lines on standard error.

    Raises
    ------
    ProgramError
        For another return code than 0, and past the time limit.
    ConfigError
        Where it is not installed.
    """
    return run_pipe([command], timeout_s=timeout_s, cwd=cwd)[0]


def run_pipe(commands: Sequence[Sequence[str]], *, timeout_s: float, cwd: Path | None = None) -> tuple[Said, ...]:
    """Run programs, each reading what the one before prints; see `run`.

    Returns
    -------
    tuple of Said
        One a program. The standard output of the last is dropped.
    """
    running: list[_Running] = []
    try:
        for i, command in enumerate(commands):
            source = running[-1].process.stdout if running else None
            running.append(_start(command, source, cwd, is_last=i == len(commands) - 1))
            if source is not None:
                source.close()  # the next program holds it: this side must not keep the pipe open
        for program in reversed(running):
            program.process.wait(timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise ProgramError(
            f"{commands[0][0]} took longer than {timeout_s:,.0f} s and was stopped.",
            next_step="Raise --timeout, or look at the size of the reads.",
            code="timeout",
        ) from error
    finally:
        _stop(running)
    said = tuple(program.said() for program in running)
    for program, words in zip(running, said, strict=True):
        if program.process.returncode != 0:
            raise ProgramError(f"{program.name} ended with code {program.process.returncode}: {words.last}")
    return said


@dataclass
class _Running:
    name: str
    process: subprocess.Popen[str]
    kept: deque[str] = field(default_factory=lambda: deque(maxlen=_LOG_LINES))
    reader: threading.Thread | None = None

    def listen(self) -> None:
        """Keep the last lines of its standard error; a program that talks for ever costs no memory."""
        stream = self.process.stderr
        if stream is not None:
            with stream:
                while line := stream.readline(_LINE_CHARACTERS):
                    self.kept.append(line.rstrip("\n"))

    def said(self) -> Said:
        """Return what was kept, once the program has ended."""
        if self.reader is not None:
            self.reader.join()
        return Said(tuple(self.kept))


def _start(command: Sequence[str], source: IO[str] | None, cwd: Path | None, *, is_last: bool) -> _Running:
    name, *arguments = command
    process = subprocess.Popen(
        [*_dies_with_us(), find(name), *arguments],
        stdin=subprocess.DEVNULL if source is None else source,
        stdout=subprocess.DEVNULL if is_last else subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        cwd=cwd,
        start_new_session=True,
    )
    _RUNNING.add(process)
    running = _Running(name, process)
    running.reader = threading.Thread(target=running.listen, daemon=True)
    running.reader.start()
    return running


def stop_all() -> None:
    """Kill every program that runs for this process; the threads that wait for them get a `ProgramError`."""
    for process in list(_RUNNING):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


@cache
def _dies_with_us() -> tuple[str, ...]:
    """Return the prefix that lets a program end when this process is killed, where the system has one."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()


def _stop(running: Sequence[_Running]) -> None:
    """Kill what still runs, children of wrappers included, and close the pipes."""
    for program in running:
        if program.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(program.process.pid, signal.SIGKILL)
            program.process.wait()
        _RUNNING.discard(program.process)
        if program.process.stdout is not None:
            program.process.stdout.close()
