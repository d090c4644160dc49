import numpy as np
import pytest

from core.explore.studies import COLUMNS, studies
from tests.worlds import ALPHA, COMPOSITION


def test_every_study_in_use_is_listed_with_its_hits(answered, everything):
    table = studies(answered.bundle, answered.result, everything)
    assert tuple(table.columns) == COLUMNS
    assert set(table["study"]) == set(COMPOSITION)
    ids = answered.result.neighbor_ids
    assert table["n_hits"].sum() == ids.size
    np.testing.assert_allclose(table["share"].sum(), 1)
    assert table["summed_similarity"].is_monotonic_decreasing
    study = answered.bundle.cells["study"].to_numpy()[ids]
    s = 1 / (1 + answered.result.distances.astype(float))
    for row in table.itertuples():
        np.testing.assert_allclose(row.summed_similarity, s[study == row.study].sum(), rtol=1e-6)
        np.testing.assert_allclose(row.similarity, s[study == row.study].mean(), rtol=1e-6)


def test_a_type_of_two_studies_is_found_there(answered):
    chosen = (answered.result.labels["cell_type_ontology_term_id"] == ALPHA).to_numpy()
    table = studies(answered.bundle, answered.result, chosen)
    assert set(table["study"].head(2)) == {"ferreira2021", "tanaka2022"}
    first = table.iloc[0]
    assert first["types"].startswith("pancreatic A cell")
    assert first["n_types"] >= 1
    assert first["year"] is None or 2000 < first["year"] < 2030


def test_missing_accessions_are_none(answered, everything):
    table = studies(answered.bundle, answered.result, everything)
    truth = answered.bundle.studies.set_index("study")["accession"]
    for row in table.itertuples():
        assert row.accession == truth[row.study] if isinstance(truth[row.study], str) else row.accession is None


def test_no_cells_have_no_hits(answered):
    table = studies(answered.bundle, answered.result, np.zeros(answered.result.n_query, dtype=bool))
    assert table["n_hits"].sum() == 0
    assert table["similarity"].isna().all()
    assert (table["types"] == "").all()


def test_many_types_are_cut_short(answered):
    class Near:
        neighbor_ids = np.arange(600, dtype=np.int32)[None, :]
        distances = np.zeros((1, 600), dtype=np.float32)

    table = studies(answered.bundle, Near(), np.ones(1, dtype=bool)).set_index("study")
    assert table.loc["tanaka2022", "n_types"] == len(COMPOSITION["tanaka2022"])
    assert table.loc["tanaka2022", "types"].count(";") == len(COMPOSITION["tanaka2022"]) - 1
    assert table["similarity"].tolist() == pytest.approx([1] * len(table))


def test_missing_neighbours_are_no_hits(answered):
    class Near:
        neighbor_ids = np.int32([[0, -1]])
        distances = np.float32([[1.0, np.inf]])

    table = studies(answered.bundle, Near(), np.ones(1, dtype=bool))
    assert table["n_hits"].sum() == 1
    assert table["similarity"].dropna().tolist() == [0.5]
