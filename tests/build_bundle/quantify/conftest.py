"""The synthetic genome, prepared and quantified once; programs that are missing skip their tests and say so."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from build_bundle.cli import main
from build_bundle.quantify.programs import KNOWN
from build_bundle.quantify.reference import Reference, ReferenceRequest, prepare
from tests.synthetic_genome import SyntheticGenome, SyntheticLibrary
from tests.synthetic_libraries import N_DROPLET_CELLS, write_libraries, write_table


def require(*names: str) -> None:
    """Skip where an external program is missing, naming its package."""
    for name in names:
        if shutil.which(name) is None:
            package = KNOWN[name].package if name in KNOWN else "sra-toolkit"
            pytest.skip(f"{name} is not installed (apt-get install {package})")


@dataclass(frozen=True)
class World:
    """Where the synthetic world lies and what is in it."""

    genome: SyntheticGenome
    reads: Path
    libraries: list[SyntheticLibrary]
    reference: Path
    folder: Path

    def arguments(self, out: Path, *more: str) -> list[str]:
        return ["quantify", "--reads", str(self.reads), "--reference", str(self.reference), "--out", str(out),
                "--expected-cells", str(N_DROPLET_CELLS), "--jobs", "2", *more]  # fmt: skip


@pytest.fixture(scope="session")
def genome() -> SyntheticGenome:
    return SyntheticGenome()


@pytest.fixture(scope="session")
def sources(genome: SyntheticGenome, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """genome.fa.gz, CCDS.current.txt, genes.gtf."""
    return genome.write_reference(tmp_path_factory.mktemp("genome"))


@pytest.fixture(scope="session")
def reference(sources: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Prepared from the GTF, with STAR's index. Read-only."""
    require("hisat2", "hisat2-build", "samtools", "featureCounts", "STAR")
    request = ReferenceRequest(sources["genome.fa.gz"], sources["genes.gtf"], is_ccds=False, droplets=True)
    return prepare(request, tmp_path_factory.mktemp("reference") / "ref")


@pytest.fixture(scope="session")
def world(genome: SyntheticGenome, reference: Reference, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Reads of all libraries, good and faulty, with runs.csv. Read-only."""
    folder = tmp_path_factory.mktemp("world")
    reads = folder / "reads"
    libraries = write_libraries(genome, reads)
    write_table(reads, libraries)
    return World(genome, reads, libraries, reference.folder, folder)


@pytest.fixture(scope="session")
def quantified(world: World) -> Path:
    """What the command line makes of the whole world. Read-only."""
    out = world.folder / "quantified"
    assert main(world.arguments(out)) == 0
    return out


@pytest.fixture(scope="session")
def runs(quantified: Path) -> pd.DataFrame:
    """The table of libraries, by sample."""
    return pd.read_parquet(quantified / "runs.parquet").set_index("sample")
