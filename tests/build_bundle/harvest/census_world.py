"""The interface of the Census library over two made-up data sets, one of which repeats the other's cells."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import pytest

VERSION = "2025-01-30"
_DATASETS = pd.DataFrame({"dataset_id": ["d1", "d2"], "dataset_version_id": ["v1", "v2"], "dataset_title": ["Lung", "Lung again"],
                          "collection_name": ["Lungs", "Lungs"], "citation": ["c", "c"]})  # fmt: skip
_OBS = pd.DataFrame(
    {
        "dataset_id": ["d1", "d1", "d2"],
        "assay": ["10x 3' v2", "Smart-seq2", "10x 3' v2"],
        "is_primary_data": [True, True, False],
    }
)


class _Frame:
    """What a reader of the library gives: a table in parts."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def read(self, value_filter: str = "", column_names: object = None) -> _Frame:
        primary = self._frame["is_primary_data"] if value_filter == "is_primary_data == True" else slice(None)
        return _Frame(self._frame[primary])

    def concat(self) -> _Frame:
        return self

    def __iter__(self) -> Iterator[_Frame]:
        return (_Frame(self._frame.iloc[i : i + 1]) for i in range(len(self._frame)))

    def to_pandas(self) -> pd.DataFrame:
        return self._frame


def install_census(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ``import cellxgene_census`` find it, for either organism."""
    experiment = types.SimpleNamespace(obs=_Frame(_OBS))

    @contextmanager
    def open_soma(census_version: str) -> Iterator[dict[str, dict[str, object]]]:
        assert census_version == VERSION
        data = {"mus_musculus": experiment, "homo_sapiens": experiment}
        yield {"census_info": {"datasets": _Frame(_DATASETS)}, "census_data": data}

    library = types.ModuleType("cellxgene_census")
    library.open_soma = open_soma  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "cellxgene_census", library)
