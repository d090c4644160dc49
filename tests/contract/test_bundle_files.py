"""Every file the bundle contract names is written by the builder and read by the app; nothing else is in a bundle."""

from pathlib import Path

import numpy as np
import pytest

from core.bundle.reader import Bundle
from core.bundle.schema import EXAMPLES, MANIFEST, REPORT, REQUIRED_FILES, TYPE_SIMILARITY
from core.bundle.verify import verify_bundle
from core.engine import Engine
from core.ontology.similarity import Similarity


@pytest.mark.network
def test_the_builder_writes_every_file_and_no_other(demo_bundle):
    folder = Bundle.open(demo_bundle).folder
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    examples = {name for name in found if name.startswith(f"{EXAMPLES}/")}
    assert found - examples == {MANIFEST, *REQUIRED_FILES}
    assert len(examples) >= 2
    assert verify_bundle(folder, deep=True) == []


def use_everything(engine: Engine, query: Path, out: Path) -> None:
    """Do what the page does with a result, and ask the reader for what later panels need."""
    result = engine.annotate(query, out=out)
    bundle = engine.bundle_of(result)
    everyone = np.ones(result.n_query, dtype=bool)
    term = result.labels["cell_type_ontology_term_id"].mode()[0]
    engine.heatmap(result)
    engine.projection(result)
    engine.studies(result, everyone)
    engine.ontology_view(result, everyone)
    engine.type_card(result, term, everyone)
    engine.gene_heatmap(result, term, everyone)
    engine.volcano(result, term)
    engine.summary(result, everyone)
    engine.reference_view(bundle.name)
    engine.canary()
    bundle.differential(term, by_study=True)
    bundle.backgrounds(term)
    bundle.differential_of_gene(bundle.genes["gene_symbol"][0])
    bundle.gene_by_type(bundle.genes["gene_symbol"][0])
    bundle.gene_expression(bundle.genes["gene_symbol"][0])
    bundle.cell_expression([0])
    assert len(bundle.examples) > 0
    Similarity.from_table(bundle.frame(TYPE_SIMILARITY))  # what the figures of `evaluation` rest on


def test_the_app_reads_every_file_after_checking_it(tiny_bundle, tiny_query, tmp_path, monkeypatch):
    touched: set[str] = set()
    handed_out = Bundle.path

    def path(bundle: Bundle, name: str) -> Path:
        touched.add(name)
        return handed_out(bundle, name)

    monkeypatch.setattr(Bundle, "path", path)
    use_everything(Engine.open([tiny_bundle], threads=1), tiny_query, tmp_path / "result")
    # The report is handed to the browser by callbacks.routes; its own test asks for it.
    assert set(REQUIRED_FILES) - touched == {REPORT}
