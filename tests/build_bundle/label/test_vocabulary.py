from pathlib import Path

import pytest

from build_bundle.label.vocabulary import LAB_COLUMNS, LAB_WORDS, Vocabulary, make_vocabulary
from build_bundle.ontology.files import OntologySource, read_ontology
from core.errors import ConfigError


def _scopes(vocabulary: Vocabulary, *key: str) -> dict[str, str]:
    return {name.term_id: name.scope for name in vocabulary.names[key]}


def test_names_keep_their_scope(vocabulary: Vocabulary) -> None:
    assert _scopes(vocabulary, "macrophage") == {"CL:0000235": "name"}
    assert _scopes(vocabulary, "histiocyte") == {"CL:0000235": "exact"}
    assert _scopes(vocabulary, "nerve", "cell") == {"CL:0000540": "related"}
    assert {name.scope for name in vocabulary.names["beta", "cell"]} == {"broad", "related", "lab"}


def test_what_t_cells_leave_unsaid_may_be_left_out(vocabulary: Vocabulary) -> None:
    assert _scopes(vocabulary, "cd4", "t", "cell") == {"CL:0000624": "short_form"}
    assert _scopes(vocabulary, "cd4", "memory", "t", "cell") == {"CL:0000897": "short_form"}


def test_ambiguous_names_are_counted(vocabulary: Vocabulary) -> None:
    ambiguous = {key for key, names in vocabulary.names.items() if len({n.term_id for n in names}) > 1}
    assert vocabulary.n_ambiguous == len(ambiguous)
    assert ("beta", "cell") in ambiguous


def test_a_table_of_lab_words_with_a_short_line_is_refused(source: OntologySource, tmp_path: Path) -> None:
    table = tmp_path / "words.csv"
    table.write_text(",".join(LAB_COLUMNS) + "\nlungs,UBERON:0002048,lung,,\nlungs,UBERON:0002048\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"words\.csv: line 3: not 5 columns"):
        make_vocabulary(source, table)


def test_lab_words_of_absent_terms_are_left_out(source: OntologySource) -> None:
    assert all(name.term_id in source.terms for names in make_vocabulary(source).names.values() for name in names)


def test_a_wrong_table_of_lab_words_is_refused(source: OntologySource, tmp_path: Path) -> None:
    table = tmp_path / "words.csv"
    table.write_text("word,term\n")
    with pytest.raises(ConfigError, match=", ".join(LAB_COLUMNS)):
        make_vocabulary(source, table)
    with pytest.raises(ConfigError, match="cannot be read"):
        make_vocabulary(source, tmp_path / "absent.csv")


@pytest.mark.shared
@pytest.mark.parametrize(
    "files",
    [
        ("cl_releases_2017-12-11_with_uberon.obo.gz",),
        ("cl_uberon_2017-12-11.json.gz",),
        ("CL-ontology-v2026-03-26.json.zst", "UBERON-ontology-v2026-04-01.json.zst"),
    ],
)
def test_every_release_loads(shared_data: Path, files: tuple[str, ...]) -> None:
    source = read_ontology(*(shared_data / "ontology" / name for name in files))
    vocabulary = make_vocabulary(source)
    assert len(vocabulary.graph) == (5010 if "2017" in files[0] else len(source.terms))
    assert {name.term_id for name in vocabulary.names["hippocampus",] if name.scope == "lab"} == {"UBERON:0002421"}
    assert len({name.term_id for names in vocabulary.names.values() for name in names}) == len(vocabulary.graph)


@pytest.mark.shared
def test_lab_words_name_live_terms_by_their_names(shared_data: Path) -> None:
    import csv

    ontology = shared_data / "ontology"
    new = read_ontology(
        ontology / "CL-ontology-v2026-03-26.json.zst", ontology / "UBERON-ontology-v2026-04-01.json.zst"
    )
    with LAB_WORDS.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert new.terms[row["term_id"]].name == row["name"]
            assert all(need in new.terms for need in row["needs"].split(";") if need)
    with (LAB_WORDS.parent / "organs.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert new.terms[row["term_id"]].name == row["name"]
