"""From public repositories to a bundle: harvest, label, quantify, run, on a world whose truth is known.

The commands are those of ``build_bundle/README.md``, in its order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from build_bundle.cli import main
from core.bundle.reader import Bundle
from core.engine import Engine
from core.query import QueryOptions
from tests.build_bundle.quantify.conftest import require
from tests.chain_world import DROPLETS, FAULTY, TYPED, TYPES, ChainWorld, make_world, write_base, write_ontology
from tests.synthetic_libraries import N_DROPLET_CELLS, write_typed_study
from tests.synthetic_repository import SyntheticRepository
from tests.worlds import B

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Chain:
    """The world, the folder everything lies in, and what the repository was asked."""

    world: ChainWorld
    folder: Path
    first: list[str]
    second: list[str]

    @property
    def states(self) -> pd.DataFrame:
        return pd.read_parquet(self.folder / "counts" / "runs.parquet").set_index("sample")


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    """Everything run once, the harvest twice. Read-only."""
    require("hisat2", "hisat2-build", "samtools", "featureCounts", "STAR")
    folder = tmp_path_factory.mktemp("chain")
    world = make_world(folder / "deposited")
    genome = world.genome.write_reference(folder / "genome")
    ontology = write_ontology(folder / "ontology.json")
    with SyntheticRepository(world.studies, world.faults) as server:
        (folder / "harvest.toml").write_text(server.config_text(), encoding="utf-8")
        harvest = ["harvest", "--organism", "mouse", "--since", "2013-01-01", "--until", "2018-01-01", "--out", str(folder / "harvest"),
                   "--config", str(folder / "harvest.toml"), "--download", "fastq,bam,matrix", "--quiet"]  # fmt: skip
        assert main(harvest) == 0
        first = list(server.requests)
        assert main(harvest) == 0
        second = server.requests[len(first) :]
    label = [
        "label",
        "--catalogue",
        str(folder / "harvest"),
        "--ontology",
        str(ontology),
        "--out",
        str(folder / "labels"),
    ]
    assert main(label) == 0
    reference = [
        "quantify-reference",
        "--genome",
        str(genome["genome.fa.gz"]),
        "--gtf",
        str(genome["genes.gtf"]),
        "--droplets",
        "--quiet",
    ]
    assert main([*reference, "--out", str(folder / "reference")]) == 0
    quantify = ["quantify", "--reads", str(folder / "harvest"), "--reference", str(folder / "reference"), "--labels", str(folder / "labels"),
                "--out", str(folder / "counts"), "--expected-cells", str(N_DROPLET_CELLS), "--jobs", "2", "--quiet"]  # fmt: skip
    assert main(quantify) == 0
    base = write_base(folder, world)
    collect = ["collect", "--catalogue", str(folder / "harvest"), "--labels", str(folder / "labels"), "--quantified", str(folder / "counts"),
               "--base", str(base), "--out", str(folder / "build.toml")]  # fmt: skip
    assert main(collect) == 0
    assert main(["run", "--config", str(folder / "build.toml"), "--out", str(folder / "bundle"), "--quiet"]) == 0
    return Chain(world, folder, first, second)


def test_a_second_harvest_asks_nothing_again(chain: Chain) -> None:
    assert len(chain.first) > len(chain.world.libraries)
    assert chain.second == []


def test_every_library_ends_in_its_state_with_a_reason(chain: Chain) -> None:
    found = {sample: (row["state"], row["reason_code"]) for sample, row in chain.states.iterrows()}
    assert found == chain.world.expected
    assert all(bool(row["reason"]) == (row["state"] != "ok") for _, row in chain.states.iterrows())


def test_two_bad_cells_are_dropped_by_the_rule(chain: Chain) -> None:
    low = chain.states[chain.states["state"] == "low_alignment"]
    assert {chain.world.libraries[sample].sample for sample in low.index} == {"bad10", "bad11"}
    assert low["rate_overall"].between(0.2, 0.3).all()


def truth_of(chain: Chain, cells: anndata.AnnData, samples: list[str]) -> np.ndarray:
    order = [[gene.symbol for gene in chain.world.genome.genes].index(name) for name in cells.var_names]
    return np.array([chain.world.libraries[sample].truth for sample in samples], dtype=float)[:, order]


@pytest.mark.parametrize("study", [*TYPED, FAULTY])
def test_counts_and_rpkm_of_plates_are_the_truth(chain: Chain, study: str) -> None:
    cells = anndata.read_h5ad(chain.folder / "counts" / f"{study}.h5ad")
    truth = truth_of(chain, cells, list(cells.obs["sample"]))
    expected = truth * 1e9 / (truth.sum(axis=1, keepdims=True) * cells.var["length"].to_numpy(dtype=float))
    found = cells.layers["rpkm"].toarray()
    for i in range(cells.n_obs):
        assert np.corrcoef(found[i], expected[i])[0, 1] >= 0.999
        if (
            truth[i].sum() > 10_000
        ):  # of 1,500 fragments, one read lost at a gene that has one is a step in the logarithm
            assert np.corrcoef(np.log1p(found[i]), np.log1p(expected[i]))[0, 1] >= 0.999


def test_counts_of_droplets_are_the_truth_and_the_cells_exact(chain: Chain) -> None:
    cells = anndata.read_h5ad(chain.folder / "counts" / f"{DROPLETS}.h5ad")
    sample = chain.world.accession("drops")
    library = chain.world.libraries[sample]
    assert sorted(cells.obs_names) == sorted(f"{sample}_{barcode}" for barcode in library.barcodes)
    rows = [library.barcodes.index(name.rpartition("_")[2]) for name in cells.obs_names]
    order = [[gene.symbol for gene in chain.world.genome.genes].index(name) for name in cells.var_names]
    truth = np.asarray(library.cell_truth, dtype=float)[rows][:, order]
    assert np.corrcoef(cells.X.toarray().ravel(), truth.ravel())[0, 1] >= 0.999


def test_labels_are_the_types_that_were_written(chain: Chain) -> None:
    labels = pd.read_parquet(chain.folder / "labels" / "labels.parquet").set_index("sample_accession")
    for sample, library in chain.world.libraries.items():
        if library.term:
            assert list(labels.loc[sample, "label_term_ids"]) == [library.term], TYPES[library.term]


def test_the_bundle_holds_the_cells_that_were_counted_and_labelled(chain: Chain) -> None:
    assert main(["verify", str(chain.folder / "bundle"), "--deep"]) == 0
    bundle = Bundle.open(chain.folder / "bundle")
    states = chain.states[chain.states["state"] == "ok"]
    assert set(bundle.studies["accession"]) == {*TYPED, FAULTY, DROPLETS}
    assert bundle.manifest.counts.n_cells == states["n_cells"].sum()
    expected = Counter(
        chain.world.libraries[sample].term or B for sample in states.index for _ in range(states.loc[sample, "n_cells"])
    )
    assert Counter(bundle.cells["cell_type_ontology_term_id"]) == expected


def test_the_bundle_answers_for_cells_it_has_not_seen(chain: Chain, tmp_path: Path) -> None:
    fresh = write_typed_study(chain.world.genome, tmp_path / "reads", "fresh", list(TYPES), n_cells=3, seed=9)
    quantify = [
        "quantify",
        "--reads",
        str(tmp_path / "reads"),
        "--reference",
        str(chain.folder / "reference"),
        "--out",
        str(tmp_path / "counts"),
        "--quiet",
    ]
    assert main(quantify) == 0
    (counts,) = (tmp_path / "counts").glob("*.h5ad")
    engine = Engine.open([chain.folder / "bundle"])
    result = engine.annotate(
        counts, bundle=engine.default, out=tmp_path / "result", options=QueryOptions(k=10), display_name="fresh.h5ad"
    )
    truth = {library.sample: library.term for library in fresh}
    answers = result.labels.set_index("cell_id")["cell_type_ontology_term_id"].to_dict()
    assert answers == truth
