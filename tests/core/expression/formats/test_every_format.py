"""All files of the attack corpus read in this process: the same answers as through the sandbox, and what readers say."""

import pytest

from core.errors import InputError, LimitError
from core.expression.doctor import examine
from core.expression.formats import read_matrix
from core.expression.limits import Limits
from tests.attacks import corpus_anndata, corpus_archives, corpus_hdf5, corpus_tenx, corpus_text  # noqa: F401 - they fill CASES
from tests.attacks.corpus import CASES, ENCODER, NAMES, csv, h5ad


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.name.replace(" ", "-"))
def test_the_answer_does_not_depend_on_the_sandbox(case, tmp_path):
    path = tmp_path / "data"
    case.write(path)
    if case.answer != "ok":
        with pytest.raises(InputError) as caught:
            examined(path)
        assert caught.value.code == case.answer
        assert case.says in str(caught.value)
    else:
        assert case.finding in {f.code for f in examined(path).findings}


def examined(path):
    return examine(read_matrix(path), NAMES, organism="human", encoder_genes=ENCODER)


def test_a_file_above_the_size_limit_is_not_opened(tmp_path):
    path = tmp_path / "data"
    h5ad(path).close()
    with pytest.raises(LimitError, match="this server takes") as caught:
        read_matrix(path, limits=Limits(max_file_bytes=1000))
    assert caught.value.code == "too-large"


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(max_cells=10, max_genes=50), "too-large"),
        (Limits(max_name_chars=3), "damaged"),
        (Limits(max_elements=100, max_dataset_bytes=400), "too-large"),
        (Limits(max_chunk_bytes=100), "too-large"),
        (Limits(max_objects=3), "too-many-objects"),
        (Limits(max_depth=1), "too-deep"),
    ],
)
def test_every_limit_holds_for_hdf5(limits, code, tmp_path):
    path = tmp_path / "data"
    h5ad(path).close()
    with pytest.raises(InputError) as caught:
        read_matrix(path, limits=limits)
    assert caught.value.code in {code, "too-many-cells"}


def test_a_table_above_the_limits_is_refused_while_it_is_read(tmp_path):
    path = tmp_path / "data"
    path.write_text("g,a,b,c\n" + "".join(f"G{i},1,2,3\n" for i in range(2500)))
    with pytest.raises(LimitError, match="x 3"):
        read_matrix(path, limits=Limits(max_cells=5, max_genes=1000))


def test_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "data"
    path.write_text(csv())
    with pytest.raises(InputError, match="characters"):
        read_matrix(path, limits=Limits(max_cells=2, max_genes=10))
