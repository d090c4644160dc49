import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest

from build_bundle.ontology.files import read_ontology
from core.errors import ConfigError

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "ontology"
GUIDE = {
    "CL:1": {"label": "cell", "ancestors": {}, "description": "A cell.", "deprecated": False},
    "CL:2": {"label": "B cell", "ancestors": {"CL:1": 1}, "synonyms": ["B lymphocyte"]},
    "CL:3": {"label": "plasma cell", "ancestors": {"CL:2": 1, "CL:1": 2, "GO:9": 1}},
    "CL:4": {"label": "obsolete x", "ancestors": {}, "deprecated": True, "replaced_by": "CL:2"},
    "CL:5": {"label": "obsolete y", "ancestors": {}, "deprecated": True},
    "GO:9": {"label": "elsewhere", "ancestors": {}},
}
RELATIONS = {
    "terms": {
        "UBERON:1": {"name": "organ", "def": None, "synonyms": []},
        "UBERON:2": {"name": "part", "synonyms": [["piece", "EXACT"], ["bit", "BROAD"]], "part_of": ["UBERON:1"]},
        "CL:7": {"name": "cell of part", "is_a": ["UBERON:1", "UBERON:99"], "part_of": ["UBERON:2"]},
        "PR:1": {"name": "protein"},
    }
}
OBO = """format-version: 1.2

[Term]
id: CL:1
name: cell
def: "A \\"cell\\"." [X:1]

[Term]
id: CL:2
name: B cell
synonym: "B lymphocyte" EXACT []
synonym: "lymph thing" BROAD []
is_a: CL:1 ! cell
relationship: part_of UBERON:1 ! organ
relationship: has_part PR:1 ! protein

[Term]
id: CL:3
name: obsolete
is_obsolete: true
replaced_by: CL:2

[Term]
id: UBERON:1
name: organ
broken line without a tag

[Typedef]
id: part_of
name: part of

[Term]
id: PR:1
name: protein
"""


def write(path: Path, content: object) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text, encoding="utf-8")
    return path


def test_reads_the_guides_json(tmp_path):
    source = read_ontology(write(tmp_path / "a.json", GUIDE))
    assert set(source.terms) == {"CL:1", "CL:2", "CL:3"}
    assert source.terms["CL:1"].definition == "A cell."
    assert source.terms["CL:2"].synonyms == ("B lymphocyte",)
    assert source.edges == (("CL:2", "CL:1", "ancestor"), ("CL:3", "CL:2", "ancestor"))
    assert source.deprecated == {"CL:4": "CL:2", "CL:5": ""}


def test_reads_json_with_relations_and_keeps_only_edges_between_live_terms(tmp_path):
    path = tmp_path / "b.json.gz"
    path.write_bytes(gzip.compress(json.dumps(RELATIONS).encode()))
    source = read_ontology(path)
    assert set(source.terms) == {"UBERON:1", "UBERON:2", "CL:7"}
    assert source.terms["UBERON:2"].synonyms == ("piece",)
    assert source.edges == (
        ("CL:7", "UBERON:1", "is_a"),
        ("CL:7", "UBERON:2", "part_of"),
        ("UBERON:2", "UBERON:1", "part_of"),
    )


def test_reads_obo(tmp_path):
    source = read_ontology(write(tmp_path / "c.obo", OBO))
    assert set(source.terms) == {"CL:1", "CL:2", "UBERON:1"}
    assert source.terms["CL:1"].definition == 'A "cell".'
    assert source.terms["CL:2"].synonyms == ("B lymphocyte",)
    assert source.edges == (("CL:2", "CL:1", "is_a"), ("CL:2", "UBERON:1", "part_of"))
    assert source.deprecated == {"CL:3": "CL:2"}


def test_several_files_are_one_ontology_and_zstd_is_read(tmp_path):
    path = tmp_path / "d.json.zst"
    with pa.output_stream(str(path), compression="zstd") as stream:
        stream.write(json.dumps(GUIDE).encode())
    obo = write(tmp_path / "c.obo", OBO.replace("id: CL:2\n", "id: CL:4\n"))
    source = read_ontology(path, obo)
    assert source.terms["CL:4"].name == "B cell"  # retired in one file, live in the other
    assert set(source.deprecated) == {"CL:3", "CL:5"} - set(source.terms)
    assert "CL:4" not in source.deprecated


@pytest.mark.parametrize("content", ["{not json", '{"GO:1": {"label": "x", "ancestors": {}}}', "no ontology at all"])
def test_refuses_what_is_no_ontology(tmp_path, content):
    with pytest.raises(ConfigError, match=r"bad\.json"):
        read_ontology(write(tmp_path / "bad.json", content))


@pytest.mark.parametrize("content", [
    '{"terms": []}', '{"terms": {"CL:1": null}}', '{"CL:1": "x"}', '{"CL:1": {"ancestors": {}}}', "{" * 5 + "[" * 100_000,
    '{"terms": {"CL:1": {"name": "x", "synonyms": ["x"]}}}', "[Term]\nid: CL:1\nis_a: \n", "[Term]\nid: CL:1\nrelationship: part_of\n",
    '{"terms": {"CL:1": {"name": "x", "is_a": ["CL:1"]}}}',
    '{"terms": {"CL:1": {"name": "x", "is_a": ["CL:2"]}, "CL:2": {"name": "y", "is_a": ["CL:1"]}}}',
])  # fmt: skip
def test_refuses_odd_entries_naming_file_and_term(tmp_path, content):
    with pytest.raises(ConfigError, match=r"bad\.json") as caught:
        read_ontology(write(tmp_path / "bad.json", content))
    assert "CL:1" in caught.value.message or "JSON" in caught.value.message or "table" in caught.value.message


def test_a_byte_order_mark_is_no_content(tmp_path):
    assert "CL:2" in read_ontology(write(tmp_path / "a.json", "\ufeff" + json.dumps(GUIDE))).terms


def test_refuses_a_missing_file_and_broken_text(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ontology(tmp_path / "absent.json")
    (tmp_path / "bad.obo").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_ontology(tmp_path / "bad.obo")


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared collection is not beside the checkout")
def test_the_2017_release_has_the_papers_number_of_terms_in_both_forms():
    obo = read_ontology(SHARED / "cl_releases_2017-12-11_with_uberon.obo.gz")
    derived = read_ontology(SHARED / "cl_uberon_2017-12-11.json.gz")
    assert len(obo.terms) == len(derived.terms) == 5010
    assert obo.edges == derived.edges
    assert len(obo.edges) == 7585 + 3289
