import pytest

from core.bundle import schema
from core.bundle.reader import Bundle
from core.bundle.relabelled import RelabelledBundle
from tests.worlds import CD4, CD8, TYPES, B, T


def test_cells_and_types_carry_the_wider_labels(tiny_bundle):
    bundle = Bundle.open(tiny_bundle)
    wider = {**{t: t for t in TYPES}, CD4: T, CD8: T}
    seen = RelabelledBundle(bundle, wider)
    key = "cell_type_ontology_term_id"
    assert set(seen.cells[key]) == set(wider.values())
    types = seen.cell_types.set_index(key)
    before = bundle.cell_types.set_index(key)
    assert types.loc[T, "n_cells"] == before.loc[[T, CD4, CD8], "n_cells"].sum()
    assert types.loc[T, "n_studies"] == seen.cells.loc[seen.cells[key] == T, "study"].nunique() == 4
    assert types.loc[T, "cell_type"] == "T cell"
    assert list(seen.cell_types.columns) == [c.name for c in schema.CELL_TYPES.columns]
    assert seen.cell_types.dtypes.equals(bundle.cell_types.dtypes)


def test_genes_by_type_are_means_over_the_cells_of_the_group(tiny_bundle):
    bundle = Bundle.open(tiny_bundle)
    seen = RelabelledBundle(bundle, {**{t: t for t in TYPES}, CD4: T, CD8: T})
    key = "cell_type_ontology_term_id"
    fine, wide = bundle.gene_by_type("CD3D").set_index(key), seen.gene_by_type("CD3D").set_index(key)
    parts = fine.loc[[T, CD4, CD8]]
    assert wide.loc[T, "n_cells"] == parts["n_cells"].sum()
    assert wide.loc[T, "mean"] == pytest.approx(
        (parts["mean"] * parts["n_cells"]).sum() / parts["n_cells"].sum(), rel=1e-5
    )
    assert wide.loc[B, "pct"] == pytest.approx(fine.loc[B, "pct"])
    assert wide.index.tolist() == seen.cell_types[key].tolist()
    row = bundle.gene_rows["CD3D"]
    assert seen.type_expression.mean[row].tolist() == pytest.approx(wide["mean"].tolist())


def test_the_bundle_itself_stays_as_it_is(tiny_bundle):
    bundle = Bundle.open(tiny_bundle)
    seen = RelabelledBundle(bundle, dict.fromkeys(TYPES, T))
    changed = seen.cells
    changed["study"] = "changed"
    assert len(bundle.cell_types) == len(TYPES)
    assert set(seen.cells["study"]) != {"changed"}
    assert seen.embedding.shape == bundle.embedding.shape
    assert seen.frame("studies").equals(bundle.frame("studies"))
