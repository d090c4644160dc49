"""MTX folders and archives: which files belong together, and names of any width."""

import pytest

from core.errors import FileFormatError, LimitError
from core.expression.formats import read_matrix
from core.expression.limits import Limits
from tests.attacks.corpus import CELLS, COUNTS, ENSEMBL, GENES, N_GENES, mtx_files
from tests.attacks.corpus_archives import gz, tarred


@pytest.fixture
def folder(tmp_path):
    for name, data in mtx_files().items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def test_a_folder_gives_symbols_and_ids(folder):
    raw = read_matrix(folder)
    assert raw.matrix.x.toarray().tolist() == COUNTS.tolist()
    assert raw.matrix.var_names.tolist() == GENES
    assert raw.other_var_names["features.tsv/column 1"].tolist() == ENSEMBL[:N_GENES]
    assert raw.layer == "matrix.mtx"


def test_names_of_cells_are_cleaned(folder):
    lines = (folder / "barcodes.tsv").read_text().splitlines()
    (folder / "barcodes.tsv").write_text("\n".join(["  A\x1b[31mA\x00 ", *lines[1:]]))
    assert read_matrix(folder).matrix.obs_names.tolist() == ["A[31mA", *lines[1:]]


def test_lists_of_one_column(folder):
    (folder / "features.tsv").write_text("\n".join(GENES))
    raw = read_matrix(folder)
    assert raw.matrix.var_names.tolist() == GENES
    assert dict(raw.other_var_names) == {}


def test_a_third_column_that_is_no_feature_type(folder):
    lines = [f"{e}\t{g}\tchr1" for e, g in zip(ENSEMBL, GENES, strict=False)]
    (folder / "features.tsv").write_text("\n".join(lines))
    assert read_matrix(folder).n_vars == N_GENES


def test_the_list_with_the_same_beginning_is_taken(tmp_path):
    files = mtx_files(prefix="s1_") | {k: v for k, v in mtx_files(prefix="s2_").items() if "matrix" not in k}
    files["s2_barcodes.tsv"] = b"wrong\n" * len(CELLS)
    for name, data in gz(files).items():
        (tmp_path / name).write_bytes(data)
    assert read_matrix(tmp_path).matrix.obs_names.tolist() == CELLS


def test_comments_and_blank_lines_before_the_size(folder):
    text = (folder / "matrix.mtx").read_text().replace("%\n", "%a\n\n% b\n", 1)
    (folder / "matrix.mtx").write_text(text)
    assert read_matrix(folder).n_obs == len(CELLS)


def test_clutter_in_a_tar(tmp_path):
    tarred(tmp_path / "a", mtx_files() | {"._matrix.mtx": b"x"})
    assert read_matrix(tmp_path / "a").n_obs == len(CELLS)


def test_limits_on_entries_and_names(folder):
    with pytest.raises(LimitError, match="entries"):
        read_matrix(folder, limits=Limits(max_dataset_bytes=100))
    (folder / "barcodes.tsv").write_text("x" * 2000)
    with pytest.raises(FileFormatError, match="line of 2,000 characters"):
        read_matrix(folder)
    (folder / "barcodes.tsv").write_text("x\n" * 3000)
    with pytest.raises(LimitError, match="more than"):
        read_matrix(folder, limits=Limits(max_cells=50, max_genes=500))
