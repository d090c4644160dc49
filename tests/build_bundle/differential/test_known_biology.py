"""Textbook markers come first on real studies: ``pytest -s`` prints where each stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from build_bundle.cells.step_context import StepContext
from build_bundle.differential import run
from build_bundle.differential.groups import Planner
from build_bundle.differential.settings import DifferentialSettings
from core.bundle.schema import MARKERS_BY_GENE
from tests.build_bundle.differential.real_corpora import real_corpus
from tests.build_bundle.differential.textbook_markers import NOT_FIRST, TEXTBOOK

pytestmark = [pytest.mark.shared, pytest.mark.network, pytest.mark.slow]
SETTINGS = DifferentialSettings(backgrounds=("others",))
FIRST = 50
TYPES_THERE = {"human": 9, "mouse": 9}  # of the twelve, at least; the others are not in the collection


def measured_genes(corpus, seed):
    """Genes that at least one of the tested studies measured, by term."""
    found = {}
    for plan in Planner(corpus, SETTINGS, seed=seed).plans():
        rows = [corpus.parts.index(part) for part in plan.parts]
        found[plan.term] = set(corpus.genes[corpus.measured[rows].any(axis=0)]) if rows else set()
    return found


def places(organism, table, measured):
    """One row a marker: its rank in its type, NaN where it is measured but not sure, no row where it is not measured."""
    rows = []
    for book in TEXTBOOK:
        own = table[table["cell_type_ontology_term_id"] == book.term].set_index("gene_symbol")
        for gene in book.genes[organism]:
            if gene in measured.get(book.term, ()):
                rank = own["rank"].get(gene, np.nan)
                rows.append((book.name, gene, rank if own["log2_fold_change"].get(gene, 0) > 0 else np.nan))
    return pd.DataFrame(rows, columns=["type", "gene", "rank"])


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("organism", ["human", "mouse"])
def test_textbook_markers_are_among_the_first(organism, shared_data, tmp_path):
    corpus = real_corpus(organism, shared_data, tmp_path / "steps")
    out = tmp_path / "out"
    out.mkdir()
    run(StepContext(corpus, {}, {}, SETTINGS, out, seed=1))
    found = places(organism, pd.read_parquet(out / MARKERS_BY_GENE.file), measured_genes(corpus, 1))
    there = set(found["type"])
    print(f"\n{organism}: {found.to_string(index=False)}")
    print("not in the collection, or without a measured marker:", sorted({b.name for b in TEXTBOOK} - there))
    assert len(there) >= TYPES_THERE[organism]
    late = found[~(found["rank"] <= FIRST)]
    assert {(organism, *row) for row in late[["type", "gene"]].itertuples(index=False)} <= set(NOT_FIRST)
