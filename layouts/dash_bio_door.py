"""The only door to dash-bio: its Clustergram alone, loaded when a gene panel first needs it, in a quarter of a second.

``import dash_bio`` takes two seconds and 80 MB: it brings scikit-learn, file readers for molecules and its own components.
Only the computing half of one figure function is used here. So the one file that holds it is loaded by itself, without the
package around it, and scikit-learn's imputer, which that file names at its top but needs for incomplete data only, is
replaced by a class that says so.
"""

from __future__ import annotations

import importlib.util
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

with suppress(ImportError):
    # Clustergram brings it along. Half loaded by one thread, it would fail every figure that plotly writes in another one.
    import PIL.Image  # noqa: F401

_FILE = Path("component_factory") / "_clustergram.py"
_IMPUTER = "sklearn.impute"
_LOCK = threading.Lock()
_loaded: list[types.ModuleType] = []


def clustergram_traces(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - dash-bio has no types
    """Let dash-bio's Clustergram compute order and trees.

    Parameters
    ----------
    **options
        Of ``dash_bio.Clustergram``; the data must be complete.

    Returns
    -------
    dict
        ``row_ids`` from bottom to top, ``column_ids`` from left to right, ``dendro_traces`` with ``row`` and ``col``.
    """
    module = _clustergram()
    with _without_warnings():
        traces: dict[str, Any] = module.Clustergram(return_computed_traces=True, **options)[1]
    return traces


def _clustergram() -> Any:  # noqa: ANN401 - dash-bio has no types
    """Load the module, the first time only."""
    with _LOCK:
        if not _loaded:
            _loaded.append(_load())
        return _loaded[0]


def _load() -> types.ModuleType:
    package = importlib.util.find_spec("dash_bio")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("dash_bio", name="dash_bio")
    spec = importlib.util.spec_from_file_location("dash_bio_clustergram", Path(package.origin).parent / _FILE)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(str(_FILE), name="dash_bio")
    module = importlib.util.module_from_spec(spec)
    with _without_warnings(), _imputer_replaced():
        spec.loader.exec_module(module)
    return module


class _NoImputer:
    """Stands in for ``sklearn.impute.SimpleImputer``."""

    def __init__(self, **_options: object) -> None:
        raise NotImplementedError("the data of a clustergram must be complete here")


@contextmanager
def _imputer_replaced() -> Iterator[None]:
    """Offer the stand-in under the imputer's name, unless scikit-learn is loaded anyway."""
    if _IMPUTER in sys.modules:
        yield
        return
    stand_in = types.ModuleType(_IMPUTER)
    stand_in.SimpleImputer = _NoImputer  # type: ignore[attr-defined]
    sys.modules[_IMPUTER] = stand_in
    try:
        yield
    finally:
        del sys.modules[_IMPUTER]


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep quiet about dash-bio's age: its deprecation warnings are not ours to act on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
