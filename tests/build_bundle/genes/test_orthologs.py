import gzip

import numpy as np
import pytest
from scipy import sparse

from build_bundle.genes.orthologs import read_orthologs
from core.errors import ConfigError
from core.expression.genes import GeneNames
from core.expression.matrix import ExpressionMatrix

HEADER = "Gene stable ID\tGene name\tHuman gene name\tHuman gene stable ID\tHuman homology type\n"
ROWS = [
    "ENSMUSG00000000001\tGcg\tGCG\tENSG00000000001\tone",
    "ENSMUSG00000000002\tOldname\tINS\t\tone",  # the bundle knows this gene by another symbol
    "ENSMUSG00000000003\tIns1\tTWICE\tENSG00000000003\tmany",
    "ENSMUSG00000000004\tIns2\tTWICE\tENSG00000000003\tmany",
    "ENSMUSG00000000005\tAlpha\tA1\tENSG00000000005\tmany",
    "ENSMUSG00000000005\tAlpha\tA2\tENSG00000000006\tmany",
    "ENSMUSG00000000007\tUnknown\tLOST\tENSG00000000007\tone",
    "ENSMUSG00000000008\t\tNONE\tENSG00000000008\tone",
]


@pytest.fixture
def mouse() -> GeneNames:
    symbols = ["Gcg", "Newname", "Ins1", "Ins2", "Alpha"]
    none = [()] * len(symbols)
    return GeneNames.from_lists(symbols, none, none, [(), ("Oldname",), (), (), ()])


def write(path, rows=ROWS):
    path.write_bytes(gzip.compress((HEADER + "\n".join(rows) + "\n").encode()))
    return path


def test_only_pairs_without_a_rival_are_kept_under_todays_symbols(tmp_path, mouse):
    found = read_orthologs(write(tmp_path / "orthologs.tsv.gz"), "human", mouse)
    assert dict(found.counterpart) == {"GCG": "Gcg", "INS": "Newname"}
    assert list(found.names.resolve(["GCG", "ENSG00000000001.3", "INS", "TWICE", "A1"]).symbols) == [
        "GCG", "GCG", "INS", None, None,
    ]  # fmt: skip


def test_a_matrix_gets_the_symbols_of_the_bundle(tmp_path, mouse):
    found = read_orthologs(write(tmp_path / "orthologs.tsv.gz"), "human", mouse)
    x = sparse.csr_matrix(np.array([[1, 2], [0, 3]], dtype=np.float32))
    renamed = found.renamed(ExpressionMatrix(x, ["a", "b"], ["INS", "GCG"]))
    assert list(renamed.var_names) == ["Newname", "Gcg"]
    assert np.array_equal(renamed.x.toarray(), x.toarray())


@pytest.mark.parametrize(
    "content", [b"", b"a\tb\n1\t2\n", b"\x1f\x8b broken", b"Gene name\tHuman gene name\nGcg\tGCG\n"]
)
def test_another_file_is_refused_by_name(tmp_path, mouse, content):
    path = tmp_path / "other.tsv.gz"
    path.write_bytes(content if content[:2] == b"\x1f\x8b" else gzip.compress(content))
    with pytest.raises(ConfigError, match=r"other\.tsv\.gz is no table of orthologs") as error:
        read_orthologs(path, "human", mouse)
    assert "orthologs" in error.value.next_step
