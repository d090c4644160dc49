"""Reading: what the writer wrote comes back, lazily, shared by threads, and never from unverified bytes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from core.bundle import schema
from core.bundle.reader import Bundle
from core.errors import BundleDamagedError, BundleError
from tests.core.bundle.conftest import Reseal
from tests.world_bundle import Reference
from tests.worlds import ALPHA, CD4, B, World


@pytest.fixture(scope="module")
def bundle(tiny_bundle: Path) -> Bundle:
    return Bundle.open(tiny_bundle)


@pytest.fixture(scope="module")
def reference(tiny_world: World) -> Reference:
    return Reference(tiny_world)


def test_opens_through_current_and_keeps_the_folder(tiny_builds: Path, tiny_bundle: Path) -> None:
    opened = Bundle.open(tiny_builds)
    assert opened.folder == tiny_bundle
    assert opened.name == "planted"
    assert repr(opened) == f"Bundle('planted', '{tiny_bundle.name}')"


def test_verify_all_accepts_a_good_bundle(tiny_bundle: Path) -> None:
    assert Bundle.open(tiny_bundle, verify="all").manifest.bundle_id == tiny_bundle.name


@pytest.mark.parametrize("spec", schema.TABLES, ids=lambda spec: spec.name)
def test_tables_have_the_columns_of_the_contract(bundle: Bundle, spec: schema.TableSpec) -> None:
    table = bundle.table(spec)
    assert table.schema.equals(spec.arrow_schema)
    assert table.num_rows == bundle.manifest.files[spec.file].rows
    assert list(bundle.table(spec.name, [spec.columns[0].name]).column_names) == [spec.columns[0].name]


def test_frames_are_cheap_copies(bundle: Bundle) -> None:
    frame = bundle.cells
    frame["study"] = "changed"
    assert (bundle.cells["study"] != "changed").all()
    for found, spec in (
        (bundle.genes, schema.GENES),
        (bundle.studies, schema.STUDIES),
        (bundle.cell_types, schema.CELL_TYPES),
        (bundle.terms, schema.TERMS),
        (bundle.edges, schema.EDGES),
        (bundle.examples, schema.EXAMPLE_QUERIES),
    ):
        assert list(found.columns) == [c.name for c in spec.columns]
        assert list(found.index) == list(range(len(found)))


def test_embedding_and_tensors_are_read_only(bundle: Bundle, reference: Reference) -> None:
    np.testing.assert_array_equal(bundle.embedding, reference.embedding)
    assert bundle.embedding.dtype == np.float32
    kernel = bundle.tensors(schema.ENCODER_WEIGHTS)["net0.layer0.kernel"]
    np.testing.assert_array_equal(kernel, reference.weights["net0.layer0.kernel"])
    for array in (bundle.embedding, kernel):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_expression_of_every_gene(bundle: Bundle, reference: Reference) -> None:
    dense = reference.lognorm.toarray()
    for j, gene in enumerate(reference.world.genes):
        indices, values = bundle.gene_expression(gene)
        found = np.zeros(len(dense), dtype=np.float32)
        found[indices] = values
        np.testing.assert_array_equal(found, dense[:, j])


@pytest.mark.parametrize("rows", [[5], [599, 0, 17, 17, 16], range(600), []])
def test_expression_of_cells_in_the_order_asked_for(bundle: Bundle, reference: Reference, rows: list[int]) -> None:
    found = bundle.cell_expression(rows)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found.toarray(), reference.lognorm.toarray()[list(rows)])


def test_expression_written_in_other_row_groups(own: Path, reseal: Reseal, reference: Reference) -> None:
    for spec in (schema.EXPRESSION_BY_CELL, schema.EXPRESSION_BY_GENE):
        pq.write_table(pq.read_table(own / spec.file), own / spec.file, row_group_size=13)
    reseal()
    opened, dense = Bundle.open(own), reference.lognorm.toarray()
    np.testing.assert_array_equal(opened.cell_expression([3, 599, 40]).toarray(), dense[[3, 599, 40]])
    for gene in (0, 17, 299):
        indices, values = opened.gene_expression(reference.world.genes[gene])
        np.testing.assert_array_equal(values, dense[indices, gene])


@pytest.mark.parametrize("rows", [[-1], [600], [3, 10**9]])
def test_rows_that_do_not_exist(bundle: Bundle, rows: list[int]) -> None:
    with pytest.raises(IndexError, match="0 to 599"):
        bundle.cell_expression(rows)


def test_names_that_do_not_exist(bundle: Bundle) -> None:
    for ask in (lambda: bundle.gene_expression("nope"), lambda: bundle.path("nope"), lambda: bundle.table("nope")):
        with pytest.raises(KeyError):
            ask()


def test_differential_of_one_contrast(bundle: Bundle) -> None:
    whole = bundle.frame("differential")
    for row in bundle.contrasts.itertuples():
        type_id, background = row.cell_type_ontology_term_id, row.background
        mine = (whole["cell_type_ontology_term_id"] == type_id) & (whole["background"] == background)
        found = bundle.differential(type_id, background=background)
        pd.testing.assert_frame_equal(found, whole[mine].reset_index(drop=True), check_dtype=False)
    assert {"MS4A1", "CD79A"} <= set(bundle.differential(B)["gene_symbol"])
    assert bundle.differential("CL:9999999").empty
    assert bundle.differential(CD4, background="parent").empty
    by_study = bundle.differential(ALPHA, by_study=True)
    assert set(by_study["study"]) == {"ferreira2021", "tanaka2022"}


def test_backgrounds_of_a_type(bundle: Bundle) -> None:
    assert bundle.backgrounds(CD4) == ("others", "siblings")
    assert bundle.backgrounds(B) == ("others", "siblings", "parent")
    assert bundle.backgrounds("CL:0000542") == ("others", "siblings")
    assert bundle.backgrounds("CL:9999999") == ()


def test_one_gene_in_the_studies_of_a_contrast(bundle: Bundle) -> None:
    rows = bundle.gene_by_study(B, "MS4A1")
    whole = bundle.differential(B, by_study=True)
    expected = whole[whole["gene_symbol"] == "MS4A1"].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, expected)
    assert rows["study"].tolist() == ["lindholm2019", "okafor2020", "tanaka2022"]
    assert (rows["log2_fold_change_se"] > 0).all()
    assert bundle.gene_by_study(B, "nope").empty


def test_what_a_gene_marks(bundle: Bundle) -> None:
    rows = bundle.differential_of_gene("GCG")
    assert {"others", "siblings"} <= set(rows["background"])
    best = rows[(rows["background"] == "others") & (rows["rank"] <= 12) & (rows["log2_fold_change"] > 0)]
    assert best["cell_type_ontology_term_id"].tolist() == [ALPHA]
    table = bundle.frame("differential")
    significant = table[(table["gene_symbol"] == "GCG") & (table["p_value_adj"] < 0.05)]
    assert len(rows) == len(significant)
    assert bundle.differential_of_gene("nope").empty


def test_a_gene_in_all_types_is_the_mean_over_its_cells(bundle: Bundle) -> None:
    cells = bundle.cells["cell_type_ontology_term_id"]
    everything = bundle.type_expression
    assert everything.mean.shape == (len(bundle.genes), len(bundle.cell_types))
    assert bundle.type_expression is everything
    for gene in ("MS4A1", "GCG", bundle.genes["gene_symbol"].iloc[-1]):
        rows, values = bundle.gene_expression(gene)
        dense = pd.Series(np.bincount(rows, weights=values, minlength=len(cells)))
        found = bundle.gene_by_type(gene)
        assert found["cell_type_ontology_term_id"].tolist() == bundle.cell_types["cell_type_ontology_term_id"].tolist()
        for t, row in enumerate(found.itertuples()):
            assert row.mean * row.n_cells == pytest.approx(
                dense[cells == row.cell_type_ontology_term_id].sum(), rel=1e-4
            )
            assert row.pct == everything.pct[bundle.gene_rows[gene], t]
    with pytest.raises(KeyError):
        bundle.gene_by_type("nope")


def test_examples_are_files_of_the_bundle(bundle: Bundle) -> None:
    assert bundle.path(bundle.examples["file"][0]).is_file()


def test_threads_share_a_bundle(tiny_bundle: Path, reference: Reference) -> None:
    shared = Bundle.open(tiny_bundle)
    genes = list(reference.world.genes[:60])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda g: shared.gene_expression(g)[1].sum(), genes))
        cells = list(pool.map(lambda i: shared.cell_expression([i]).sum(), range(60)))
    dense = reference.lognorm.toarray().astype(float)
    np.testing.assert_allclose(found, dense[:, :60].sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(cells, dense[:60].sum(axis=1), rtol=1e-5)


def test_lazy_opening_finds_damage_at_first_touch(own: Path) -> None:
    path = own / schema.EXPRESSION_BY_GENE.file
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    opened = Bundle.open(own)
    assert len(opened.cells) == 600
    with pytest.raises(BundleDamagedError, match=r"expression_by_gene\.parquet has other contents") as caught:
        opened.gene_expression("MS4A1")
    assert caught.value.problems == (
        "expression_by_gene.parquet has other contents than the manifest says (SHA-256 differs).",
    )
    with pytest.raises(BundleDamagedError):
        Bundle.open(own, verify="all")


def test_a_file_is_hashed_once(own: Path) -> None:
    opened = Bundle.open(own)
    first = opened.path(schema.INDEX)
    (own / schema.INDEX).write_bytes(b"changed after the check")
    assert opened.path(schema.INDEX) == first


def test_opening_finds_missing_and_extra_files_at_once(own: Path) -> None:
    (own / schema.INDEX).unlink()
    (own / "notes.txt").write_text("mine")
    with pytest.raises(BundleDamagedError) as caught:
        Bundle.open(own)
    assert caught.value.problems == ("'notes.txt' is not in the manifest.", "index.hnsw is missing.")
    assert "(and 1 more)" in caught.value.message


def test_no_bundle_there(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="There is no data bundle at"):
        Bundle.open(tmp_path / "nothing")
    with pytest.raises(BundleDamagedError, match=r"manifest\.json is missing"):
        Bundle.open(tmp_path)
