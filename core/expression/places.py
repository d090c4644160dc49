"""A file's own two-dimensional maps of its cells: what their names may be, and a second look at what was read.

Not here: reading them (``core.expression.formats.anndata_places``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.float32]

# Letters that are safe in a page's address and in a file, and a method that makes maps.
_NAME = re.compile(r"(?=[\w.-]{1,60}\Z)[\w.-]*(?P<method>umap|t-?sne|draw_graph)[\w.-]*", re.IGNORECASE | re.ASCII)
_SPOKEN = {"umap": "UMAP", "tsne": "t-SNE", "t-sne": "t-SNE", "draw_graph": "graph"}


def is_own_map(name: str) -> bool:
    """Say whether a name may be that of a map.

    Parameters
    ----------
    name : str
        Any text.

    Returns
    -------
    bool
        Only plain letters, digits, dot, hyphen and underscore, with a known method among them.

    Examples
    --------
    >>> is_own_map("X_umap_harmony"), is_own_map("X_pca"), is_own_map("X_umap/../x")
    (True, False, False)
    """
    return _NAME.fullmatch(name) is not None


def spoken(name: str) -> str:
    """Write the method of a map as people do.

    Parameters
    ----------
    name : str
        As in the file.

    Returns
    -------
    str
        With what else the name says; the name itself where it is none of a map.

    Examples
    --------
    >>> spoken("X_umap"), spoken("X_tsne_harmony"), spoken("X_draw_graph_fa")
    ('UMAP', 't-SNE harmony', 'graph fa')
    """
    found = _NAME.fullmatch(name)
    if found is None:
        return name
    method = _SPOKEN[found["method"].lower()]
    before, after = name[: found.start("method")].removeprefix("X_"), name[found.end("method") :]
    return " ".join([method, *f"{before} {after}".replace("_", " ").split()])


def checked(places: Mapping[str, Places], n_cells: int) -> dict[str, Places]:
    """Look once more at what came from the reading process.

    Parameters
    ----------
    places : mapping of str to ndarray
        As read.
    n_cells : int
        Rows of the matrix.

    Returns
    -------
    dict of str to ndarray
        The same.

    Raises
    ------
    ValueError
        Where a map is not float32, n_cells x 2, finite, under a name of a map.
    """
    for name, xy in places.items():
        if not is_own_map(name) or xy.dtype != np.float32 or xy.shape != (n_cells, 2) or not np.isfinite(xy).all():
            raise ValueError("the reader's maps are wrong")
    return dict(places)
