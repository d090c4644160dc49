from __future__ import annotations

import mmap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from build_bundle.cells.corpus import Corpus, PartFiles, read_csr, write_corpus, write_csr, write_csr_blocks
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import MONO, B


@pytest.fixture
def matrix() -> sparse.csr_matrix:
    return sparse.random(50, 30, density=0.2, format="csr", dtype=np.float32, random_state=0)


def is_mapped(array: object) -> bool:
    while array is not None and not isinstance(array, mmap.mmap):
        array = getattr(array, "base", None)
    return array is not None


def test_a_matrix_comes_back_memory_mapped(tmp_path: Path, matrix: sparse.csr_matrix) -> None:
    write_csr(tmp_path, matrix)
    found = read_csr(tmp_path, 30)
    assert (found != matrix).nnz == 0
    for array in (found.data, found.indices, found.indptr):
        assert is_mapped(array)


def test_blocks_give_the_same_as_the_whole(tmp_path: Path, matrix: sparse.csr_matrix) -> None:
    write_csr_blocks(tmp_path, [matrix[:7], matrix[7:7], matrix[7:]], nnz=matrix.nnz, n_vars=30)
    assert (read_csr(tmp_path, 30) != matrix).nnz == 0


def test_an_empty_matrix(tmp_path: Path) -> None:
    write_csr(tmp_path, sparse.csr_matrix((3, 4), dtype=np.float32))
    assert read_csr(tmp_path, 4).shape == (3, 4)


def test_a_held_out_part_has_no_gene_that_the_reference_lacks(tmp_path: Path) -> None:
    parts = []
    for name, role, symbols in (("ref", "reference", ["A", "C"]), ("held", "held_out", ["A", "B", "C"])):
        (tmp_path / name).mkdir()
        write_csr(tmp_path / name, sparse.csr_matrix(np.arange(1, len(symbols) + 1, dtype=np.float32)[None]))
        parts.append(PartFiles(name, name, role, "counts", tmp_path / name, np.array(symbols, dtype=object), 1))
    out = tmp_path / "corpus"
    out.mkdir()
    corpus = write_corpus(
        out,
        parts,
        genes=pd.DataFrame({"gene_symbol": ["A", "C"], "gene_id": [None, None]}),
        cells=pd.DataFrame({"cell_id": ["1", "2"], "role": ["reference", "held_out"]}),
        teaching=pd.DataFrame({"study": [], "cell_type_ontology_term_id": []}),
        type_similarity=pd.DataFrame({"a": [], "b": [], "similarity": []}),
        names={},
    )
    held = corpus.part("held")
    assert held.x.toarray().tolist() == [[1, 3]]
    assert held.genes.tolist() == [0, 1]
    assert held.rows == slice(1, 2)
    assert corpus.n_ref == 1
    assert corpus.held_out == ("held",)
    assert (out / "parts" / "ref" / "data.npy").stat().st_nlink == 2


def test_parts_of_a_study_keep_their_own_panels(tmp_path: Path) -> None:
    corpus = planted_corpus(tmp_path, two_parts=("tanaka2022",), profiles=(B, MONO))
    assert corpus.parts == ("ferreira2021", "lindholm2019", "okafor2020", "tanaka2022_a", "tanaka2022_b")
    assert corpus.reference == ("ferreira2021", "lindholm2019", "okafor2020", "tanaka2022")
    assert corpus.teaching_studies == ("sorted2018",)
    first, second = corpus.part("tanaka2022_a"), corpus.part("tanaka2022_b")
    assert second.first_row == first.rows.stop
    assert len(second.genes) < len(first.genes)
    place = corpus.parts.index("tanaka2022_b")
    assert corpus.measured[place].sum() == len(second.genes)
    assert [m.part for m in corpus.matrices("profile")] == ["sorted2018"]
    assert len(corpus.teaching) == 2
    assert Corpus.open(corpus.folder).cells.equals(corpus.cells)
