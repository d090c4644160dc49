"""AnnData files: what anndata itself writes, and metadata columns of every kind."""

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from core.errors import FileFormatError
from core.expression.formats import read_matrix
from core.expression.limits import Limits
from tests.attacks.corpus import CELLS, COUNTS, GENES, N_CELLS, frame, h5ad, replace, sparse_group, strings


def plain(values) -> pd.Index:
    return pd.Index(values, dtype=object)


def test_columns_that_cannot_be_read_stay_out(tmp_path):
    obs = pd.DataFrame({"n": pd.array([1, None, *range(N_CELLS - 2)], dtype="Int64")}, index=plain(CELLS))
    obs["m"], obs["kept"] = obs["n"], range(N_CELLS)
    path = tmp_path / "a.h5ad"
    anndata.AnnData(COUNTS, obs=obs, var=pd.DataFrame(index=plain(GENES))).write_h5ad(path)
    with h5py.File(path, "r+") as file:
        del file["obs/n/mask"]
        file["obs/n/mask"] = np.zeros(2, dtype=bool)
        file["obs"].move("m", b"\xff\xfe")
    raw = read_matrix(path)
    assert list(raw.matrix.obs.columns) == ["kept"]
    assert raw.notes[0].startswith("2 metadata columns could not be read and stayed out (")


@pytest.mark.parametrize("convert", [sparse.csr_matrix, sparse.csc_matrix, np.asarray])
def test_files_of_anndata_itself_give_the_same_values(convert, tmp_path):
    obs = pd.DataFrame(
        {
            "type": pd.Categorical.from_codes(np.arange(N_CELLS) % 2, plain(["B", "T"])),
            "depth": COUNTS.sum(1),
            "kept": np.arange(N_CELLS) % 3 == 0,
            "n": np.arange(N_CELLS),
        },
        index=plain(CELLS),
    )
    anndata.AnnData(convert(COUNTS), obs=obs, var=pd.DataFrame(index=plain(GENES))).write_h5ad(tmp_path / "a.h5ad")
    raw = read_matrix(tmp_path / "a.h5ad")
    assert raw.format == "AnnData (.h5ad)"
    assert raw.notes == ()
    assert np.array_equal(raw.matrix.x.toarray(), COUNTS)
    assert raw.matrix.obs_names.tolist() == CELLS
    assert raw.matrix.obs["type"].tolist() == ["B", "T"] * (N_CELLS // 2)
    assert np.allclose(raw.matrix.obs["depth"], COUNTS.sum(1))
    assert raw.matrix.obs["kept"].dtype == bool
    assert raw.matrix.obs["n"].tolist() == list(range(N_CELLS))


def test_nullable_and_text_columns(tmp_path):
    with h5ad(tmp_path / "a") as f:
        obs = f["obs"]
        for name, values in {
            "age": np.arange(N_CELLS),
            "sick": np.arange(N_CELLS) % 2 == 0,
            "w": np.ones(N_CELLS),
        }.items():
            group = obs.create_group(name)
            group.create_dataset("values", data=values)
            group.create_dataset("mask", data=np.arange(N_CELLS) == 3)
        strings(obs, "donor", [f"d{i}" for i in range(N_CELLS)])
        obs.create_dataset("fixed", data=np.array([b"x\xff"] * N_CELLS))
    table = read_matrix(tmp_path / "a").matrix.obs
    assert np.isnan(table["age"].iloc[3])
    assert table["age"].iloc[4] == 4
    assert pd.isna(table["sick"].iloc[3])
    assert np.isnan(table["w"].iloc[3])
    assert table["donor"].iloc[2] == "d2"
    assert table["fixed"].iloc[0] == "x\ufffd"


def test_missing_categories_become_missing(tmp_path):
    with h5ad(tmp_path / "a") as f:
        group = f["obs"].create_group("type")
        group.create_dataset("codes", data=np.full(N_CELLS, -1, dtype=np.int8))
        strings(group, "categories", ["B"])
    assert read_matrix(tmp_path / "a").matrix.obs["type"].isna().all()


def test_names_may_be_a_categorical_or_numbers(tmp_path):
    with h5ad(tmp_path / "a") as f:
        del f["obs/_index"]
        group = f["obs"].create_group("_index")
        group.create_dataset("codes", data=np.arange(N_CELLS, dtype=np.int16))
        strings(group, "categories", CELLS)
        replace(f["var"], "_index", np.arange(len(GENES)) + 0.0)
    matrix = read_matrix(tmp_path / "a").matrix
    assert matrix.obs_names.tolist() == CELLS
    assert matrix.var_names[:2].tolist() == ["0", "1"]


def test_names_may_be_nullable_text(tmp_path):
    with h5ad(tmp_path / "a") as f:
        del f["obs/_index"]
        group = f["obs"].create_group("_index")
        strings(group, "values", CELLS)
        group.create_dataset("mask", data=np.zeros(N_CELLS, dtype=bool))
    assert read_matrix(tmp_path / "a").matrix.obs_names.tolist() == CELLS


def test_only_so_many_metadata_columns_are_kept(tmp_path):
    with h5ad(tmp_path / "a") as f:
        for i in range(10):
            f["obs"].create_dataset(f"c{i}", data=np.arange(N_CELLS))
    raw = read_matrix(tmp_path / "a", limits=Limits(max_obs_columns=4))
    assert raw.matrix.obs.shape[1] == 4
    assert "6 metadata columns" in raw.notes[0]


def test_metadata_that_is_no_column_is_left_out_with_a_note(tmp_path):
    with h5ad(tmp_path / "a") as f:
        f["obs"].create_dataset("table", data=np.zeros((N_CELLS, 2)))
        f["obs"].create_group("empty")
    raw = read_matrix(tmp_path / "a")
    assert raw.matrix.obs.shape[1] == 0
    assert "2 metadata columns could not be read" in raw.notes[0]


def test_fields_of_old_tables(tmp_path):
    with h5ad(tmp_path / "a") as f:
        del f["obs"], f["var"]
        obs = np.zeros(
            N_CELLS, dtype=[("index", "S20"), ("batch", "i1"), ("depth", "f4"), ("site", "S3"), ("pair", "f4", (2,))]
        )
        obs["index"], obs["site"] = [c.encode() for c in CELLS], b"lab"
        f.create_dataset("obs", data=obs)
        f.create_dataset("uns/batch_categories", data=np.array([b"one"]))
        f.create_dataset("var", data=np.array([(g.encode(),) for g in GENES], dtype=[("gene", "S20")]))
    raw = read_matrix(tmp_path / "a")
    assert raw.matrix.var_names.tolist() == GENES
    assert raw.matrix.obs.columns.tolist() == ["batch", "depth", "site"]
    assert set(raw.matrix.obs["batch"]) == {"one"}
    assert set(raw.matrix.obs["site"]) == {"lab"}


def test_all_scaled_matrices_leave_the_choice_to_the_doctor(tmp_path):
    with h5ad(tmp_path / "a", x=COUNTS - 1) as f:
        sparse_group(f, "layers/counts", COUNTS - 2)
    raw = read_matrix(tmp_path / "a")
    assert raw.layer == "X"
    assert raw.matrix.x.min() == -1


def test_raw_alone_is_enough(tmp_path):
    with h5ad(tmp_path / "a") as f:
        del f["X"]
        sparse_group(f, "raw/X", COUNTS)
        frame(f, "raw/var", GENES)
    assert read_matrix(tmp_path / "a").layer == "raw/X"


def test_long_matrices_are_read_in_slices(tmp_path, monkeypatch):
    monkeypatch.setattr("core.expression.formats.hdf5_values._SLICE", 100)
    with h5ad(tmp_path / "a") as f:
        f.create_dataset("layers/dense", data=COUNTS, chunks=(7, 50))
    assert np.array_equal(read_matrix(tmp_path / "a").matrix.x.toarray(), COUNTS)
    with h5py.File(tmp_path / "a", "a") as f:
        replace(f, "X", COUNTS, chunks=(7, 50))
    assert np.array_equal(read_matrix(tmp_path / "a").matrix.x.toarray(), COUNTS)


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (lambda f: f.__delitem__("obs"), "obs is missing"),
        (lambda f: (f.__delitem__("X"), f.create_group("layers/other")), "X is missing"),
        (lambda f: replace(f["var"], "_index", np.zeros((3, 3))), "var/_index is not a row of names"),
        (lambda f: (f.__delitem__("var/_index"), f["var"].create_group("_index")), "var/_index is missing"),
        (
            lambda f: (f.__delitem__("var"), f.create_dataset("var", data=np.zeros(400))),
            "var is neither a group nor a table",
        ),
        (
            lambda f: (f.__delitem__("obs"), f.create_dataset("obs", data=np.zeros((40, 2)))),
            "obs is neither a group nor a table",
        ),
        (lambda f: replace(f["obs"], "_index", np.zeros(40, dtype="c8")), "obs/_index holds no names"),
    ],
)
def test_what_is_wrong_is_named(damage, place, tmp_path):
    with h5ad(tmp_path / "a") as f:
        damage(f)
    with pytest.raises(FileFormatError) as caught:
        read_matrix(tmp_path / "a")
    assert caught.value.message.startswith(place)


def test_an_index_of_old_tables_must_be_names(tmp_path):
    with h5ad(tmp_path / "a") as f:
        del f["var"]
        f.create_dataset("var", data=np.zeros(len(GENES), dtype=[("index", "f4", (2,))]))
    with pytest.raises(FileFormatError, match="is not a row of names"):
        read_matrix(tmp_path / "a")


def test_names_with_decimals_are_written_out(tmp_path):
    with h5ad(tmp_path / "a") as f:
        replace(f["var"], "_index", np.arange(len(GENES)) + 0.5)
    assert read_matrix(tmp_path / "a").matrix.var_names[:2].tolist() == ["0.5", "1.5"]


def test_gene_columns_that_cannot_be_read_are_passed_over(tmp_path):
    with h5ad(tmp_path / "a") as f:
        f["var"].create_dataset("gene_ids", data=np.zeros((2, 2)))
        f["var"].create_dataset("ensembl", data=np.zeros(3))
    assert dict(read_matrix(tmp_path / "a").other_var_names) == {}


def test_stored_zeros_are_dropped(tmp_path):
    with h5ad(tmp_path / "a") as f:
        values = f["X/data"][()]
        values[:5] = 0
        replace(f["X"], "data", values)
    assert (read_matrix(tmp_path / "a").matrix.x.data != 0).all()


def test_named_types_and_scalars_in_the_file_do_no_harm(tmp_path):
    with h5ad(tmp_path / "a") as f:
        f["obs/kind"] = np.dtype("f8")
        f["obs/one"] = 3
    assert "metadata column" in read_matrix(tmp_path / "a").notes[0]


def test_flags_as_categories(tmp_path):
    with h5ad(tmp_path / "a") as f:
        group = f["obs"].create_group("sick")
        group.create_dataset("codes", data=np.arange(N_CELLS, dtype=np.int8) % 2)
        group.create_dataset("categories", data=np.array([False, True]))
    assert read_matrix(tmp_path / "a").matrix.obs["sick"].tolist() == ["False", "True"] * (N_CELLS // 2)
