"""A study of the other organism teaches a planted reference: read, renamed, learned from, told in the report, found nowhere."""

from pathlib import Path

import numpy as np
import pytest

from build_bundle.builds.runner import build, build_corpus
from build_bundle.builds.workshop import Workshop
from build_bundle.cells.corpus import Corpus
from build_bundle.configuration.reader import read_config
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.progress import Watcher
from core.bundle.reader import Bundle
from core.bundle.verify import verify_bundle
from tests.build_bundle.builder_world import write_sources
from tests.worlds import MONO, B, World, write_h5ad

TEACHER = """
[[study]]
study = "mice2020"
title = "Mice"
technology = "10x"
tissue = "spleen"
licence = "CC0"
role = "teacher"
organism = "mouse"
source = { path = "mice2020.h5ad" }
labels = { column = "term" }
"""


def with_a_teacher(folder: Path) -> Path:
    config = write_sources(folder, more=TEACHER)
    text = config.read_text(encoding="utf-8")
    table = 'table = { path = "genes.csv" }'
    config.write_text(text.replace(table, table + '\northologs = { path = "orthologs.csv" }'), encoding="utf-8")
    world = World()
    cells = world.draw("mice2020", {MONO: 30, B: 30}, seed=9)
    mouse = [str(gene).capitalize() for gene in world.genes]
    rows = [f"{gene},{other},ENSMUSG{i:011d}" for i, (gene, other) in enumerate(zip(world.genes, mouse, strict=True))]
    header = "Gene name,Mouse gene name,Mouse gene stable ID"
    (folder / "orthologs.csv").write_text("\n".join([header, *rows[1:]]) + "\n", encoding="utf-8")
    names = [f"cell{i}" for i in range(len(cells.types))]
    write_h5ad(folder / "mice2020.h5ad", cells.counts, names, mouse, {"term": list(cells.types)})
    return config


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    config = with_a_teacher(tmp_path_factory.mktemp("sources"))
    return Workshop(read_config(config), Fetcher({}, config.parent / "cache"))


def test_its_cells_are_read_under_the_names_of_the_bundles_genes(workshop: Workshop, tmp_path: Path) -> None:
    corpus = Corpus.open(build_corpus(workshop, tmp_path, Watcher(quiet=True)))
    (matrix,) = corpus.matrices("teacher")
    counts = World().draw("mice2020", {MONO: 30, B: 30}, seed=9).counts.toarray()
    place = {gene: column for column, gene in enumerate(World().genes)}
    columns = [place[gene] for gene in corpus.genes[matrix.genes]]
    np.testing.assert_array_equal(matrix.x.toarray(), counts[:, columns])
    assert World().genes[0] not in corpus.genes[matrix.genes]  # the table has no counterpart of it
    assert "mice2020" not in set(corpus.cells["study"])


def test_the_bundle_tells_of_it_and_holds_none_of_its_cells(workshop: Workshop, tmp_path: Path) -> None:
    found = build(workshop, tmp_path, Watcher(quiet=True), resume=True)
    assert verify_bundle(found.bundle, deep=True) == []
    bundle = Bundle.open(found.bundle)
    assert "mice2020" not in set(bundle.cells["study"])
    assert "mice2020.h5ad" in [source.source for source in bundle.manifest.sources]
    report = (found.bundle / "report.html").read_text(encoding="utf-8")
    assert "60 rows for training" in report
    assert "60 for training" in report
