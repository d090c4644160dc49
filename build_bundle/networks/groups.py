"""Gene groups: which genes feed which unit of a sparse layer.

A group file has one group a line: its name, then gene symbols (or names of the groups of the layer below), separated by
tabs or spaces. Lines that begin with ``#`` are remarks.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.errors import ConfigError

Groups = Mapping[str, Sequence[str]]
Mask = npt.NDArray[np.float32]


def read_groups(path: Path) -> dict[str, tuple[str, ...]]:
    """Read a group file.

    Parameters
    ----------
    path : Path
        Text, or text in gzip (``.gz``).

    Returns
    -------
    dict of str to tuple of str
        Members by group, in the order of the file.

    Raises
    ------
    ConfigError
        When the file is missing, has no group, or names a group twice.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"The group file {path.name} cannot be read: {error.strerror}.") from error
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    groups: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[0] in groups:
            raise ConfigError(f"{path.name}, line {number}: the group {words[0]} stands there a second time.")
        groups[words[0]] = tuple(words[1:])
    if not groups:
        raise ConfigError(f"The group file {path.name} has no group.")
    return groups


def write_groups(path: Path, groups: Groups) -> None:
    """Write a group file: one group a line, tab-separated."""
    path.write_text("".join("\t".join([name, *members]) + "\n" for name, members in groups.items()), encoding="utf-8")


def group_mask(below: Iterable[str], groups: Groups, *, parallel: int = 0) -> Mask:
    """Return which unit below feeds which unit of a layer.

    Parameters
    ----------
    below : iterable of str
        Gene symbols, or names of the units of the layer below; compared without regard to case.
    groups : mapping of str to sequence of str
        Members by group.
    parallel : int
        Dense units beside the groups: fed by everything below.

    Returns
    -------
    ndarray of float32, n_below x (n_groups + parallel)
        1 where there is a connection; the column of a group without a known member is 0.
    """
    place = {name.casefold(): row for row, name in enumerate(below)}
    mask = np.zeros((len(place), len(groups) + parallel), dtype=np.float32)
    for column, members in enumerate(groups.values()):
        mask[[place[m.casefold()] for m in members if m.casefold() in place], column] = 1
    mask[:, len(groups) :] = 1
    return mask


def layer_masks(genes: Sequence[str], levels: Sequence[Groups], *, parallel: int) -> tuple[Mask, ...]:
    """Return the masks of chained group layers.

    Parameters
    ----------
    genes : sequence of str
        The vocabulary.
    levels : sequence of mapping
        Groups of each layer, the first of genes, the next of the groups before.
    parallel : int
        Dense units in every layer, fed by everything below: a way around the groups.

    Returns
    -------
    tuple of ndarray of float32
        One mask a layer.
    """
    masks, below = [], list(genes)
    for groups in levels:
        masks.append(group_mask(below, groups, parallel=parallel))
        below = [*groups, *(f"parallel unit {i}" for i in range(parallel))]
    return tuple(masks)
