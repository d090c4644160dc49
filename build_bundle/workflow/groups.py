"""Groups of tasks: one cluster job each, large enough that starting it costs little."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

GROUP_SIZE = 100
_MB_PER_CORE_MINUTE = 30.0  # packed reads that one core aligns, on the slow side
_LEAST_MINUTES = 30


@dataclass(frozen=True)
class Load:
    """A task as a scheduler sees it: its name, the megabytes it reads, and whether it wants a job of its own."""

    name: str
    megabytes: float
    is_large: bool = False


@dataclass(frozen=True)
class Group:
    """Tasks of one cluster job and what it asks for.

    Parameters
    ----------
    name : str
        Unique; digits and letters.
    tasks : tuple of str
        Names of its tasks.
    threads, memory_mb, minutes : int
        For the scheduler.
    """

    name: str
    tasks: tuple[str, ...]
    threads: int
    memory_mb: int
    minutes: int


def make_groups(loads: Sequence[Load], *, size: int, threads: int, memory_mb: int) -> list[Group]:
    """Put tasks into groups.

    Parameters
    ----------
    loads : sequence of Load
        In a fixed order, so that the same tasks give the same groups.
    size : int
        Tasks a group; the last one may hold up to twice as many less one, so that no group is small.
    threads, memory_mb : int
        Of one job.

    Returns
    -------
    list of Group
        Each task is in exactly one; large ones stand alone.
    """
    small = [load for load in loads if not load.is_large]
    parts = [*_chunks(small, size), *([load] for load in loads if load.is_large)]
    return [
        Group(f"group-{number:05d}", tuple(load.name for load in part), threads, memory_mb, _minutes(part, threads))
        for number, part in enumerate(parts, start=1)
    ]


def _chunks(loads: Sequence[Load], size: int) -> Iterator[Sequence[Load]]:
    n_groups = max(1, len(loads) // size)
    for number in range(n_groups if loads else 0):
        last = number == n_groups - 1
        yield loads[number * size : None if last else (number + 1) * size]


def _minutes(loads: Sequence[Load], threads: int) -> int:
    megabytes = sum(load.megabytes for load in loads)
    return _LEAST_MINUTES + math.ceil(megabytes / _MB_PER_CORE_MINUTE / threads + 0.2 * len(loads) / threads)
