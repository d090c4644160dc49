"""The contract in words says what the contract in code says."""

from __future__ import annotations

import runpy
import sys
import typing
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from core.bundle.manifest import FileEntry, Manifest, SourceFacts
from core.bundle.schema import BINARIES, REQUIRED_FILES, TABLES
from core.bundle.words import BEGIN, END, main, renewed, tables_in_words

README = Path(__file__).parents[3] / "data_bundle" / "README.md"


def _manifest_fields() -> set[str]:
    found = {"digest"}
    for kind in (Manifest, FileEntry, SourceFacts, *typing.get_type_hints(Manifest).values()):
        if is_dataclass(kind):
            found |= {f.name for f in fields(kind)}
    return found


def test_the_tables_in_the_readme_are_those_of_the_schema() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run: python -m core.bundle.words data_bundle/README.md"


def test_every_file_and_column_is_named() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in REQUIRED_FILES if f"`{name}`" not in text] == []
    assert [name for name in BINARIES if f"| `{name}` |" not in text] == []
    for spec in TABLES:
        section = text.split(f"#### `{spec.file}`")[1].split("####")[0]
        assert [c.name for c in spec.columns if f"| `{c.name}` |" not in section] == []


def test_every_manifest_field_is_named() -> None:
    section = README.read_text(encoding="utf-8").split("## `manifest.json`")[1].split("## Versions")[0]
    assert sorted(name for name in _manifest_fields() if f"`{name}`" not in section) == []


def test_missing_values_are_told() -> None:
    words = tables_in_words()
    assert "| `gene_id` | `string`, may be missing | Ensembl gene id without version |" in words
    assert "| `gene_indices` | `list<int32>` | ascending rows of genes |" in words
    assert "Rows in the order of `cells`." in words


def test_renewing_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "README.md"
    path.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    monkeypatch.setattr(sys, "argv", ["words", str(path)])
    monkeypatch.delitem(sys.modules, "core.bundle.words")
    runpy.run_module("core.bundle.words", run_name="__main__")
    assert path.read_text() == f"before\n{BEGIN}\n\n{tables_in_words()}\n\n{END}\nafter\n"
    main(path)
    with pytest.raises(ValueError, match="unpack"):
        renewed("no marks")
