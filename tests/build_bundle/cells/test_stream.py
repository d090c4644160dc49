import numpy as np

from build_bundle.cells.stream import chunks, in_vocabulary
from tests.build_bundle.planted_corpus import planted_corpus


def test_rows_come_in_vocabulary_order(planted):
    matrix = planted.part("okafor2020")
    genes = np.array([3, 50, 250, len(planted.genes) - 1])
    x, measured = in_vocabulary(matrix, np.array([2, 0]), genes)
    whole = np.zeros((matrix.x.shape[0], len(planted.genes)), dtype=np.float32)
    whole[:, matrix.genes] = matrix.x.toarray()
    np.testing.assert_array_equal(x.toarray(), whole[[2, 0]][:, genes])
    assert measured.tolist() == np.isin(genes, matrix.genes).tolist()
    assert not planted.measured[planted.parts.index("okafor2020")].all()


def test_a_part_without_any_of_the_genes(planted):
    matrix = planted.part("okafor2020")
    missing = np.setdiff1d(np.arange(len(planted.genes)), matrix.genes)
    x, measured = in_vocabulary(matrix, np.array([0, 1]), missing)
    assert x.nnz == 0
    assert not measured.any()


def test_chunks_stream_the_wanted_cells_of_reference_and_held_out_studies(tmp_path, trained):
    corpus = planted_corpus(tmp_path, held_out=["tanaka2022"], two_parts=["lindholm2019"])
    wanted = np.arange(len(corpus.cells)) % 3 == 0
    parts = list(chunks(corpus, wanted, trained.encoder.inputs, size=20))
    np.testing.assert_array_equal(np.concatenate([c.rows for c in parts]), np.flatnonzero(wanted))
    assert max(len(c.rows) for c in parts) == 20
    assert {corpus.cells["study"][c.rows[0]] for c in parts} == set(corpus.cells["study"])
    genes = np.searchsorted(corpus.genes.astype(str), trained.encoder.inputs.genes.astype(str))
    for chunk in parts:
        matrix = corpus.part(str(corpus.cells["part"][chunk.rows[0]]))
        assert set(corpus.cells["part"][chunk.rows]) == {matrix.part}
        np.testing.assert_array_equal(chunk.measured, np.isin(genes, matrix.genes))
        assert chunk.x.shape == (len(chunk.rows), trained.encoder.inputs.n_vocab)
