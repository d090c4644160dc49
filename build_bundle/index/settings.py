"""Settings of the embedding and index steps."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import ConfigError


@dataclass(frozen=True)
class EmbedSettings:
    """How the reference is embedded.

    Parameters
    ----------
    cells_per_batch : int
        Cells that are dense at a time; changes memory, never the result.
    """

    cells_per_batch: int = 2048

    def __post_init__(self) -> None:
        _in_range("embed", "cells_per_batch", self.cells_per_batch, 1, 1_000_000)


@dataclass(frozen=True)
class IndexSettings:
    """How the HNSW graph is built.

    Parameters
    ----------
    m : int
        Links of a cell.
    ef_construction : int
        Breadth of the search while building.
    ef_search : int
        Breadth of the app's searches. Of the true neighbours over 150,000 cells of width 100 (reference of ``make bench``) 150 finds
        99.7 % in a thirty-seventh of the time of exact search, 300 finds 99.96 % in a twenty-sixth.
    threads : int
        Threads to build with.
    n_canaries : int
        Cells whose embedding and neighbours are recorded, to be tried before the bundle answers anybody.
    """

    m: int = 16
    ef_construction: int = 500
    ef_search: int = 300
    threads: int = 2
    n_canaries: int = 8

    def __post_init__(self) -> None:
        for name, most in (
            ("ef_construction", 100_000),
            ("ef_search", 100_000),
            ("threads", 1024),
            ("n_canaries", 1000),
        ):
            _in_range("index", name, getattr(self, name), 1, most)
        _in_range("index", "m", self.m, 2, 1000)


def _in_range(table: str, name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise ConfigError(
            f"[{table}] {name} is {value}; it must be from {least} to {most:,}.", next_step="Correct the configuration."
        )
