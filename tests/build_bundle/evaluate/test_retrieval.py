from dataclasses import replace

import numpy as np
import pytest

from build_bundle.cells.stream import chunks
from build_bundle.evaluate.representations import Representation, as_searched, encoded
from build_bundle.evaluate.retrieval import retrieve
from build_bundle.index.anchoring import anchored
from core.embedding.encoder import Encoder
from core.search.exact import exact_search
from core.search.surroundings import expression_axes, steadied

K = 20


@pytest.fixture(scope="module")
def masks(planted):
    """Return the reference, and every second cell of two studies as queries."""
    studies = planted.cells["study"].to_numpy(dtype=object)
    asked = np.isin(studies, ["tanaka2022", "okafor2020"])
    return ~asked, asked & (np.arange(len(asked)) % 2 == 0)


def of(planted, encoder, wanted):
    """Return places, z-scores and studies of some cells."""
    parts = list(chunks(planted, wanted, encoder.inputs))
    places = [encoded(encoder)(c.x, c.measured) for c in parts]
    z = [encoder.inputs.z_scores(c.x, c.measured) for c in parts]
    return np.concatenate(places), np.concatenate(z), planted.cells["study"].to_numpy(dtype=object)[wanted]


def steadied_by_study(places, z, studies, one_sided=1.0):
    """Steady the cells of every study among themselves."""
    out = np.empty_like(places)
    for study in set(studies):
        mine = studies == study
        out[mine] = steadied(places[mine], expression_axes(z[mine])(z[mine]), one_sided)
    return out


def test_without_context_every_cell_stands_for_itself(planted, trained, masks):
    encoder = trained.encoder
    reference, _, _ = of(planted, encoder, masks[0])
    queries, _, _ = of(planted, encoder, masks[1])
    _, distances = retrieve(planted, *masks, Representation(encoded(encoder)), encoder.inputs, k=K)
    np.testing.assert_allclose(distances, exact_search(reference, queries, K).distances, atol=2e-3)


@pytest.mark.parametrize("one_sided", [1.0, 0.2])
def test_in_context_reference_cells_lean_on_their_type_and_queries_on_their_study(planted, trained, masks, one_sided):
    known = trained.encoder
    inputs = replace(known.inputs, recipe=replace(known.inputs.recipe, one_sided=one_sided))
    encoder = Encoder(known.nets, inputs, known.join, known.place)
    reference, _, _ = of(planted, encoder, masks[0])
    queries, z, studies = of(planted, encoder, masks[1])
    expected = steadied_by_study(queries, z, studies, one_sided)
    ids, distances = retrieve(planted, *masks, as_searched(encoder), encoder.inputs, k=K)
    found = exact_search(anchored(reference, planted.cells[masks[0]]), expected, K)
    np.testing.assert_allclose(distances, found.distances, atol=2e-3)
    assert masks[0][ids].all()


def test_context_makes_labels_no_worse_here(planted, trained, masks):
    types = planted.cells["cell_type_ontology_term_id"].to_numpy(dtype=object)
    near = {}
    for representation in (Representation(encoded(trained.encoder)), as_searched(trained.encoder)):
        ids, _ = retrieve(planted, *masks, representation, trained.encoder.inputs, k=K)
        near[representation.in_context] = np.mean(types[ids] == types[masks[1]][:, np.newaxis])
    assert near[True] >= near[False]


def test_each_of_three_studies_is_steadied_by_itself_and_the_whole_reference_is_asked(planted, trained):
    encoder, studies = trained.encoder, planted.cells["study"].to_numpy(dtype=object)
    asked = np.isin(studies, ["tanaka2022", "okafor2020", "ferreira2021"])
    queries, z, names = of(planted, encoder, asked)
    expected = steadied_by_study(queries, z, names)
    n_reference = np.count_nonzero(~asked)
    ids, distances = retrieve(planted, ~asked, asked, as_searched(encoder), encoder.inputs, k=n_reference)
    reference = anchored(of(planted, encoder, ~asked)[0], planted.cells[~asked])
    np.testing.assert_allclose(distances, exact_search(reference, expected, n_reference).distances, atol=2e-3)
    np.testing.assert_array_equal(np.sort(ids, axis=1)[0], np.flatnonzero(~asked))
