"""Names, counts and relatives of cell types as all views use them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from core.bundle.reader import Bundle


def type_names(bundle: Bundle) -> Mapping[str, str]:
    """Map every term of the bundle's ontology subgraph to its name.

    Parameters
    ----------
    bundle : Bundle
        The reference.

    Returns
    -------
    mapping of str to str
        Term id to preferred name.
    """
    return dict(zip(bundle.terms["term_id"].astype(str), bundle.terms["name"].astype(str), strict=True))


def narrower(bundle: Bundle, term_id: str) -> set[str]:
    """List a term and everything below it.

    Parameters
    ----------
    bundle : Bundle
        The reference.
    term_id : str
        CL or UBERON id.

    Returns
    -------
    set of str
        The term itself and its descendants.
    """
    children: dict[str, list[str]] = {}
    for child, parent in zip(bundle.edges["child_id"], bundle.edges["parent_id"], strict=True):
        children.setdefault(str(parent), []).append(str(child))
    found, todo = {term_id}, deque([term_id])
    while todo:
        for child in children.get(todo.popleft(), ()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def positions(values: pd.Series[str], keys: Sequence[str]) -> npt.NDArray[np.int64]:
    """Find each value among the keys.

    Parameters
    ----------
    values : pandas.Series of str
        For example a column of a bundle's cells: a few milliseconds for 150,000, since no Python text is made of them.
    keys : sequence of str
        Different from each other.

    Returns
    -------
    numpy.ndarray of int64
        Place among `keys`, -1 for a value that is none of them.
    """
    found = pc.index_in(pa.array(values).cast(pa.large_string()), value_set=pa.array(list(keys), pa.large_string()))
    return np.asarray(found.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int64)
