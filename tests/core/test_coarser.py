"""Wider types: the same neighbours, counted under other labels."""

import numpy as np
import pytest

from core.engine import Engine
from tests.worlds import CD4, CD8, B, T


@pytest.fixture(scope="module")
def engine(tiny_bundle) -> Engine:
    return Engine.open([tiny_bundle], threads=1)


@pytest.fixture(scope="module")
def folder(engine, tiny_query, tmp_path_factory):
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("coarser") / "result").folder


def test_scores_are_sums_and_labels_the_most_common_wider_type(engine, folder):
    fine, wide = engine.result(folder), engine.result(folder, level=2)
    assert wide.level == 2
    assert engine.types_by_level(fine) == (6, 5, 4, 3, 2)
    sums = sum(fine.scores[:, fine.type_ids.index(t)] for t in (T, CD4, CD8))
    np.testing.assert_allclose(wide.scores[:, wide.type_ids.index(T)], sums, atol=1e-6)
    np.testing.assert_allclose(wide.scores.sum(axis=1), 1, atol=1e-5)
    kinds = {T: T, CD4: T, CD8: T}
    joined = fine.labels["cell_type_ontology_term_id"].map(lambda t: kinds.get(t, t))
    assert (joined == wide.labels["cell_type_ontology_term_id"]).all()  # types are well apart in this world
    assert (wide.labels["confidence"] >= fine.labels["confidence"] - 1e-6).all()
    assert wide.labels["cell_id"].tolist() == fine.labels["cell_id"].tolist()
    assert list(wide.labels.columns) == list(fine.labels.columns)


def test_every_view_follows(engine, folder):
    wide = engine.result(folder, level=2)
    everything = np.ones(wide.n_query, dtype=bool)
    table = engine.composition(wide, everything).table
    assert T in set(table["type_id"])
    assert not {CD4, CD8} & set(table["type_id"])
    assert set(engine.heatmap(wide).type_ids) <= set(wide.type_ids)
    assert {CD4, CD8}.isdisjoint(engine.projection(wide).type_ids)
    assert engine.ontology_view(wide, everything).n_query[T] == int(table.set_index("type_id").loc[T, "n"])
    assert engine.selection_mask(wide, engine.parse_selection(f"type:{T}")).sum() == 45
    assert engine.type_card(wide, B, everything).name == "B cell"


def test_levels_past_the_last_and_another_threshold(engine, folder):
    last = len(engine.types_by_level(engine.result(folder))) - 1
    assert engine.result(folder, level=50).scores.shape == engine.result(folder, level=last).scores.shape
    strict = engine.result(folder, level=2, threshold=1.0)
    assert strict.level == 2
    assert strict.report["options"]["threshold"] == 1.0
    assert set(strict.labels["status"][strict.labels["confidence"] < 1 - 1e-4]) <= {"ambiguous", "unknown"}
    assert engine.result(folder).report["options"].get("level") is None


def test_the_level_that_joins_two_types(engine, folder):
    result = engine.result(folder)
    number, name = engine.level_joining(result, CD4, CD8)
    assert name == "αβ T cell"
    wide, finer = (engine.result(folder, level=level) for level in (number, number - 1))
    assert not {CD4, CD8} & set(wide.type_ids)
    assert {CD4, CD8} & set(finer.type_ids)
    assert engine.level_joining(result, CD4, "CL:9999999") is None
