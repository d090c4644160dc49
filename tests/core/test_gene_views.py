"""What can be asked about genes: the reference's names, and which genes a list could have held."""

import numpy as np
import pytest

from core.engine import Engine
from core.errors import InputError
from core.explore.gene_sets import GeneSets
from core.gene_views import QueryGenes, ReferenceGenes
from tests.worlds import QUERY, B, write_h5ad

UNMEASURED = 40  # genes at the end of the list that the upload lacks


@pytest.fixture(scope="module")
def engine(tiny_bundle) -> Engine:
    return Engine.open([tiny_bundle], threads=1)


@pytest.fixture(scope="module")
def asked(engine, tiny_world, tmp_path_factory) -> QueryGenes:
    """Genes of planted cells whose platform lacks some of the reference's."""
    folder = tmp_path_factory.mktemp("genes")
    cells = tiny_world.draw("query", QUERY, seed=99)
    kept = slice(0, len(tiny_world.genes) - UNMEASURED)
    write_h5ad(folder / "query.h5ad", cells.counts[:, kept], cells.names, tiny_world.genes[kept], {})
    return engine.genes(engine.annotate(folder / "query.h5ad", out=folder / "result"))


@pytest.mark.parametrize("name", ["MS4A1", "ms4a1", "CD20", "ENSG00000156738"])
def test_any_name_of_a_gene_gives_the_references_symbol(asked, name):
    assert asked.symbol(name) == "MS4A1"


@pytest.mark.parametrize("name", ["NOSUCHGENE", "", "x" * 10_000])
def test_a_name_of_no_gene_is_refused_and_told_shortly(asked, name):
    with pytest.raises(InputError, match="has no gene named") as caught:
        asked.symbol(name)
    assert caught.value.code == "unknown-gene"
    assert len(caught.value.message) < 100


def test_a_list_could_have_held_the_genes_that_both_measured(engine, asked, tiny_world):
    of_reference = ReferenceGenes(engine.reference(engine.default).gene_finder, asked.bundle).background()
    assert set(of_reference) == set(tiny_world.genes)
    assert set(asked.background()) == set(tiny_world.genes[:-UNMEASURED])


def test_sets_are_held_against_the_genes_that_both_measured(asked, tiny_world):
    everywhere, lacking = tiny_world.genes[:10], tiny_world.genes[-10:]
    sets = GeneSets({"both": frozenset([*everywhere, *lacking])}, n_read=1, n_names=20, n_known=20)
    found = asked.enrichment(sets, everywhere.tolist())
    assert found.n_background == len(tiny_world.genes) - UNMEASURED
    assert found.table["n_set"].tolist() == [10]


def test_the_most_frequent_label_is_explained_where_none_is_named(asked):
    types = asked.result.labels["cell_type_ontology_term_id"].to_numpy()
    view = asked.evidence(types == B)
    assert view is not None
    assert view.label == (B, "B cell")


def test_no_cell_and_no_name_have_no_evidence(asked):
    assert asked.evidence(np.zeros(asked.result.n_query, dtype=bool)) is None
