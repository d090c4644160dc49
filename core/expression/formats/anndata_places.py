"""The user's own two-dimensional maps in an AnnData file: UMAP, t-SNE and drawn graphs in obsm.

A map is an extra: one that cannot be read is left out with a note and never refuses the file.
"""

from __future__ import annotations

import h5py
import numpy as np

from core.errors import InputError
from core.expression.formats.hdf5_guard import check_values
from core.expression.formats.parsed import damaged
from core.expression.limits import Limits
from core.expression.places import Places, is_own_map

MAX_MAPS = 3
MAX_COLUMNS = 10
"""A map has two or three; a wide table under such a name is something else."""
LARGEST = 1e30
_USUAL = ("X_umap", "X_tsne")
_DAMAGE = (InputError, OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)


def read_places(file: h5py.File, n_cells: int, limits: Limits) -> tuple[dict[str, Places], tuple[str, ...]]:
    """Read the maps.

    Parameters
    ----------
    file : h5py.File
        Checked by the guard, which does not look into obsm.
    n_cells : int
        Rows of obs.
    limits : Limits
        Caps.

    Returns
    -------
    places : dict of str to ndarray of float32, n_cells x 2
        At most three maps by their name in obsm, the usual names first; all values finite.
    notes : tuple of str
        What was left out.
    """
    obsm = file.get("obsm")
    if not isinstance(obsm, h5py.Group):
        return {}, ()
    names = [name for name in obsm if isinstance(name, str) and is_own_map(name)]
    names.sort(key=lambda name: (_USUAL.index(name) if name in _USUAL else len(_USUAL), name))
    places: dict[str, Places] = {}
    unread: list[str] = []
    for name in names:
        if len(places) == MAX_MAPS:
            break
        try:
            places[name] = _read(obsm, name, n_cells, limits)
        except _DAMAGE:
            unread.append(name)
    left = len(names) - len(places) - len(unread)
    return places, _notes(unread, left)


def _read(obsm: h5py.Group, name: str, n_cells: int, limits: Limits) -> Places:
    node, place = obsm[name], f"obsm/{name}"
    if not isinstance(node, h5py.Dataset) or node.ndim != 2 or node.dtype.kind not in "iuf":
        raise damaged(place, "is not a table of numbers")
    check_values(node.id, place, limits)
    if node.shape[0] != n_cells or not 2 <= node.shape[1] <= MAX_COLUMNS:
        raise damaged(place, f"is {node.shape[0]:,} x {node.shape[1]:,}")
    xy = np.asarray(node[:, :2], dtype=np.float64)
    if not (np.abs(xy) < LARGEST).all():  # NaN neither
        raise damaged(place, "holds places that are no numbers")
    return xy.astype(np.float32)


def _notes(unread: list[str], n_more: int) -> tuple[str, ...]:
    shown = ", ".join(name[:40] for name in unread[:3]) + ", ..." * (len(unread) > 3)
    notes = []
    if unread:
        notes.append(
            f"{len(unread):,} map{'s' * (len(unread) > 1)} of obsm could not be read and stayed out ({shown})."
        )
    if n_more:
        notes.append(f"obsm holds {MAX_MAPS + n_more:,} maps; the first {MAX_MAPS} were read.")
    return tuple(notes)
