"""The only door to dash-bio, whose import takes two seconds and 240 MB: it is opened when a gene panel first needs it.

Only its figure functions are used, never its components or its file readers. So

- ``parmed``, which its readers import at the top and which needs a C++ compiler, is replaced by an empty module where it is
  not installed;
- its components are taken out of Dash's registry again: Dash refuses a callback during which a component library was
  registered, and the browser need not load 3 MB of scripts that nothing uses.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import types
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dash.development.base_component import ComponentRegistry

_LOCK = threading.Lock()


def clustergram_traces(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - dash-bio has no types
    """Let dash-bio's Clustergram compute order and trees.

    Parameters
    ----------
    **options
        Of ``dash_bio.Clustergram``.

    Returns
    -------
    dict
        ``row_ids`` from bottom to top, ``column_ids`` from left to right, ``dendro_traces`` with ``row`` and ``col``.
    """
    module = dash_bio()
    with _without_warnings():
        traces: dict[str, Any] = module.Clustergram(return_computed_traces=True, **options)[1]
    return traces


def dash_bio() -> Any:  # noqa: ANN401 - dash-bio has no types
    """Import dash-bio, the first time only.

    Returns
    -------
    module
        ``dash_bio``, for `Clustergram` and `VolcanoPlot`.
    """
    with _LOCK:
        if "dash_bio" in sys.modules:
            return sys.modules["dash_bio"]
        if importlib.util.find_spec("parmed") is None:
            sys.modules.setdefault("parmed", types.ModuleType("parmed"))
        before = set(ComponentRegistry.registry)
        with _without_warnings():
            module = importlib.import_module("dash_bio")
        for library in set(ComponentRegistry.registry) - before:
            ComponentRegistry.registry.discard(library)  # type: ignore[no-untyped-call]
        return module


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep quiet about dash-bio's age: its deprecation warnings are not ours to act on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
