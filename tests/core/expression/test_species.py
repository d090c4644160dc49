"""Species: by id patterns and by spelling."""

import pytest

from core.expression import species
from core.expression.genes import GeneNames
from tests.attacks.corpus import ENSEMBL, ENTREZ, HUMAN, MOUSE, NAMES

MOUSE_NAMES = GeneNames.from_lists(MOUSE, [[]] * 1200, [[]] * 1200, [[]] * 1200)


def judge(names, organism="human"):
    known = NAMES if organism == "human" else MOUSE_NAMES
    return species.judge(names, known.resolve(names), organism)


def test_spelling_decides_for_symbols():
    assert judge(HUMAN[:200]).name == "human"
    assert judge(MOUSE[:200]).name == "mouse"
    assert judge(MOUSE[:200], "mouse").name == "mouse"
    assert judge(HUMAN[:200], "mouse").name == "human"
    assert judge([n.lower() for n in HUMAN[:200]]).name == "zebrafish"


def test_mouse_in_capitals_is_mouse_when_mouse_only_genes_are_there():
    names = [*HUMAN[:200], "0610007P14RIK", "GM10001", "GM20002", "H2-K1"]
    found = judge(names, "mouse")
    assert (found.name, found.level) == ("mouse", "info")
    assert judge([*HUMAN[:200], "HLA-A", "LINC00115", "C1ORF112", "GM10001"], "mouse").name == "human"


@pytest.mark.parametrize(
    ("prefix", "name"),
    [
        ("ENSG", "human"),
        ("ENSMUSG", "mouse"),
        ("ENSRNOG", "rat"),
        ("ENSDARG", "zebrafish"),
        ("ENSXETG", "another species"),
    ],
)
def test_ids_name_their_species(prefix, name):
    assert judge([e.replace("ENSG", prefix) for e in ENSEMBL[:100]]).name == name


def test_other_model_organisms():
    assert judge([f"FBgn{i:07d}" for i in range(100)]).name == "fruit fly"
    assert judge([f"WBGene{i:08d}" for i in range(100)]).name == "roundworm"
    assert judge([f"AT1G{i:05d}" for i in range(100)]).name == "thale cress"
    assert judge([f"YAL{i:03d}W" for i in range(100)]).name == "yeast"


def test_ids_with_symbols_attached():
    assert judge([f"{s}_{e}" for s, e in zip(HUMAN[:90], ENSEMBL, strict=False)]).name == "human"


def test_mixtures():
    assert judge(HUMAN[:100] + MOUSE[100:200]).name == "mixed"
    assert judge(ENSEMBL[:100] + [e.replace("ENSG", "ENSMUSG") for e in ENSEMBL[:100]]).name == "mixed"
    assert judge([f"GRCh38_{n}" for n in HUMAN[:100]] + [f"mm10___{n}" for n in MOUSE[:100]]).name == "mixed"


def test_ncbi_ids_speak_for_the_reference():
    assert judge(ENTREZ[:100]).name == "human"


def test_few_genes_decide_nothing():
    assert judge(HUMAN[:30]).name == ""


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (["1007_s_at", "1053_at"], "microarray"),
        (["ENST00000456328.2"], "transcript"),
        (["NM_000014"], "transcript"),
        (["P12345", "Q9Y6K9"], "protein"),
        (["chr1:10-20"], "peaks"),
        (["1-Mar", "2-Sep"], "spreadsheet"),
        (["row 1", "12"], "plain numbers"),
        (["foo"], "The first are foo"),
    ],
)
def test_unknown_names_get_a_hint(names, what):
    assert what in species.hint(names)


def test_no_names_get_no_hint():
    assert species.hint([]) == ""
