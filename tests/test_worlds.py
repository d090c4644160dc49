"""The planted world keeps its promises, so that other tests may lean on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from core.bundle.reader import Bundle
from core.bundle.verify import verify_bundle
from core.expression.formats import read_matrix
from core.search.exact import exact_search
from tests.world_bundle import N_VOCABULARY, Reference
from tests.worlds import CD4, CD8, COMPOSITION, MARKERS, N_GENES, QUERY, TERMS, TYPES, T, World


@pytest.fixture(scope="module")
def reference(tiny_world: World) -> Reference:
    return Reference(tiny_world)


def test_the_bundle_is_good_to_the_last_value(tiny_bundle: Path) -> None:
    assert verify_bundle(tiny_bundle, deep=True) == []


def test_the_same_seed_gives_the_same_cells(tiny_world: World) -> None:
    again = World().study("tanaka2022")
    assert (again.counts != tiny_world.study("tanaka2022").counts).nnz == 0
    assert (World(seed=1).study("tanaka2022").counts != again.counts).nnz > 0


def test_planted_types_are_found_and_the_alien_one_is_far(
    tiny_world: World, tiny_bundle: Path, reference: Reference
) -> None:
    cells = tiny_world.draw("query", dict.fromkeys(TYPES, 30), seed=5, n_alien=30)
    x = sparse.csr_matrix(cells.counts[:, :N_VOCABULARY])
    found = exact_search(
        reference.embedding, reference.encode(reference.inputs.transform(x, np.ones(N_VOCABULARY, bool))), 100
    )
    unknown = found.distances[:, :10].mean(axis=1) > Bundle.open(tiny_bundle).manifest.confidence.unknown_distance
    types, codes = np.unique(reference.types[found.ids].astype(str), return_inverse=True)
    majority = types[[np.bincount(row).argmax() for row in codes.reshape(found.ids.shape)]]
    known = cells.types != ""
    assert (majority[known] == cells.types[known]).mean() > 0.95
    assert unknown[known].mean() < 0.05
    assert unknown[~known].mean() > 0.9


def test_markers_are_in_the_differential_tables(tiny_bundle: Path) -> None:
    bundle = Bundle.open(tiny_bundle)
    for type_id in set(TYPES) - {T, CD4, CD8}:
        up = bundle.differential(type_id).query("log2_fold_change > 1")["gene_symbol"]
        assert set(MARKERS[type_id]) <= set(up)


def test_the_query_file_reads_as_it_was_drawn(tiny_query: Path, tiny_world: World) -> None:
    matrix = read_matrix(tiny_query).matrix
    cells = tiny_world.draw("query", QUERY, seed=99)
    assert matrix.x.shape == (sum(QUERY.values()), N_GENES)
    assert (matrix.x != cells.counts).nnz == 0
    assert matrix.var_names.tolist() == tiny_world.genes.tolist()
    assert matrix.obs["planted_type"].tolist() == [TERMS[t][0] for t in cells.types]


def test_studies_and_counts_agree(tiny_bundle: Path) -> None:
    bundle = Bundle.open(tiny_bundle)
    used = bundle.studies.query("status == 'used'").set_index("study")["n_cells"]
    assert used.to_dict() == {study: sum(types.values()) for study, types in COMPOSITION.items()}
