from __future__ import annotations

import csv
from pathlib import Path

import pytest

from build_bundle.label.mapping import mapping_problems, read_mapping, split_ids
from build_bundle.ontology.files import OntologySource, SourceTerm
from core.errors import ConfigError

HEADER = "study,label,term_ids,name,comment\n"


def write(folder: Path, rows: str) -> Path:
    path = folder / "m.csv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return path


def test_words_to_terms(tmp_path: Path) -> None:
    rows = 's,B,CL:0000236,B cell,\ns,"T, NK",CL:0000084; CL:0000623,T cell;natural killer cell,\ns,dirt,,,not cells\nr,B,CL:1,x,\n'
    mapping = read_mapping(write(tmp_path, rows))
    assert mapping.of_study("s") == {"B": ("CL:0000236",), "T, NK": ("CL:0000084", "CL:0000623"), "dirt": ()}
    assert mapping.names["CL:0000623"] == "natural killer cell"


def test_all_slips_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, "s,B,CL:1,b,\ns,B,CL:1,b,\ns,T,CL:1;CL:2,b,\ns,dirt,,,\ns,T\ns,T,CL:1,b,,more\n")
    with pytest.raises(ConfigError) as caught:
        read_mapping(path)
    assert "line 3: 'B' of s stands here twice." in caught.value.message
    assert "line 4: 2 ids but 1 names." in caught.value.message
    assert "line 5: no term, and no comment" in caught.value.message
    assert "line 6: not 5 fields. line 7: not 5 fields." in caught.value.message


def test_a_byte_order_mark_is_no_column(tmp_path: Path) -> None:
    path = write(tmp_path, "s,B,CL:0000236,B cell,\n")
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_mapping(path).of_study("s") == {"B": ("CL:0000236",)}


def test_a_field_without_end_is_refused(tmp_path: Path) -> None:
    before = csv.field_size_limit(1_000)
    try:
        with pytest.raises(ConfigError, match="cannot be read"):
            read_mapping(write(tmp_path, f's,"{"x" * 2_000}",CL:1,b,\n'))
    finally:
        csv.field_size_limit(before)


def test_another_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="the columns are not"):
        read_mapping(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_mapping(tmp_path / "none.csv")


def test_ids_and_names_are_held_to_the_release(tmp_path: Path) -> None:
    ontology = OntologySource({"CL:1": SourceTerm("one"), "CL:3": SourceTerm("three")}, (), {"CL:2": "CL:3"})
    mapping = read_mapping(write(tmp_path, "s,a,CL:1,wrong,\ns,b,CL:2,two,\ns,c,CL:3,three,\ns,d,CL:9,nine,\n"))
    assert mapping_problems(mapping, ontology) == [
        "m.csv: CL:1 is called 'one' in this release, not 'wrong'.",
        "m.csv: CL:2 (two) is no live term of this release; it was replaced by CL:3.",
        "m.csv: CL:9 (nine) is no live term of this release.",
    ]


def test_split_ids() -> None:
    assert split_ids(" CL:1 ;; CL:2") == ("CL:1", "CL:2")
    assert split_ids("") == ()
