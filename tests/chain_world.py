"""The synthetic world of the whole chain: studies of the synthetic genome, served by the loopback repository.

Two studies of typed cells end in a bundle; two more hold every fault that a harvest or a quantification must name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.synthetic_genome import SyntheticGenome, SyntheticLibrary
from tests.synthetic_libraries import write_libraries, write_typed_study
from tests.synthetic_records import Run, Sample, Study
from tests.synthetic_repository import Fault
from tests.worlds import ALPHA, MONO, TERMS, B

TYPES: Mapping[str, str] = {B: "B lymphocytes", MONO: "Monocytes", ALPHA: "pancreatic alpha cell"}
TYPED = ("GSE91001", "GSE91002")
FAULTY, DROPLETS = "GSE91003", "GSE91004"
N_CELLS = 12
PLATE_TEXT = "Single cells were sorted into plates. Libraries were made with Smart-seq2."
DROPLET_TEXT = "Cells were loaded on a 10x Genomics Chromium, Single Cell 3' v3 chemistry."
BASE = """\
name = "collected"
title = "A collected reference"
organism = "mouse"
seed = 3

[ontology]
name = "Planted ontology"
release = "1"
source = "made for tests"
files = [{ path = "ontology.json" }]

[genes]
table = { path = "genes.csv" }

[selection]
min_cells = 10

[train]
n_nets = 2
hidden = [16]
n_vocabulary = 120
epochs = 8
batch_size = 32

[evaluate]
max_folds = 2
pair = false
models = ["encoder", "pca_100"]
bootstrap = 50

[index]
m = 8
ef_construction = 50
ef_search = 50
threads = 1
"""
_STUDY_OF = {"PLATES": FAULTY, "DROPS": DROPLETS}
_NOT_SERVED = {"half"}  # an unpacked FASTQ file; archives give packed ones


@dataclass
class ChainWorld:
    """Studies, the faults of their server, and what must become of each sample.

    Parameters
    ----------
    genome : SyntheticGenome
        Genes and reads.
    libraries : dict of str to SyntheticLibrary
        By the accession of the sample.
    studies : list of Study
        What the repository holds.
    faults : list of Fault
        What goes wrong at its server.
    expected : dict of str to (state, reason code)
        Of the samples that are quantified.
    """

    genome: SyntheticGenome
    libraries: dict[str, SyntheticLibrary] = field(default_factory=dict)
    studies: list[Study] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    expected: dict[str, tuple[str, str]] = field(default_factory=dict)

    def accession(self, sample: str) -> str:
        return next(name for name, library in self.libraries.items() if library.sample == sample)


def make_world(folder: Path) -> ChainWorld:
    """Write the reads and return the world."""
    world = ChainWorld(SyntheticGenome())
    numbers = iter(range(9_100_001, 9_200_000))
    for seed, study in enumerate(TYPED, start=1):
        libraries = write_typed_study(world.genome, folder, study, list(TYPES), n_cells=N_CELLS, seed=seed)
        _add_study(world, study, f"Single cells of the mouse, part {seed}", libraries, numbers)
    libraries = [library for library in write_libraries(world.genome, folder) if library.sample not in _NOT_SERVED]
    for name, title in (
        ("PLATES", "Single B cells with everything that can go wrong"),
        ("DROPS", "Single B cells in droplets"),
    ):
        _add_study(world, _STUDY_OF[name], title, [one for one in libraries if one.study == name], numbers, _left_out())
    _add_faults(world)
    return world


def _add_study(
    world: ChainWorld,
    study: str,
    title: str,
    libraries: Sequence[SyntheticLibrary],
    numbers: Iterator[int],
    more: Sequence[Sample] = (),
) -> None:
    samples = []
    for library in libraries:
        number = next(numbers)
        world.libraries[f"GSM{number}"] = library
        world.expected[f"GSM{number}"] = (library.expected_state, library.expected_reason)
        samples.append(_sample(library, number))
    world.studies.append(
        Study(study, title, (*samples, *(more if study == FAULTY else ())), f"2017-0{study[-1]}-01", (study[3:],))
    )


def _sample(library: SyntheticLibrary, number: int) -> Sample:
    is_droplet = library.protocol_family == "droplet"
    reads = tuple(path if path.exists() else b"listed, but not there" for path in library.fastq)
    run = Run(f"SRR{number}", library.layout, reads, declared=library.layout)
    return Sample(
        f"GSM{number}",
        f"cell {number}" if not is_droplet else f"library {number}",
        "cells in suspension",
        {"strain": "C57BL/6", "cell type": TYPES[library.term or B]}
        if library.sample != "good3"
        else {"strain": "C57BL/6"},
        protocol=DROPLET_TEXT if is_droplet else PLATE_TEXT,
        runs=(run,) if library.fastq else (),
    )


def _left_out() -> list[Sample]:
    return [
        Sample("GSM9199991", "ATAC of B cells", strategy="ATAC-seq", source="genomic", molecule="genomic DNA"),
        Sample("GSM9199992", "B cells, bulk", source="transcriptomic", protocol="Total RNA was extracted with TRIzol."),
    ]


def _add_faults(world: ChainWorld) -> None:
    """Let the server fail for ever at some files, and in passing at what else is asked."""
    changed, gone, cut = (world.accession(sample).replace("GSM", "SRR") for sample in ("changed", "gone", "good2"))
    world.faults += [
        Fault(f"{changed}.fastq.gz", "wrong_checksum"),
        Fault(f"{gone}.fastq.gz", "404"),
        Fault(f"{cut}.fastq.gz", "truncated_file"),
        Fault("esearch", "429", times=1),
        Fault("esummary", "500", times=1),
        Fault("GSE91001_family", "truncated_reply", times=1),
        Fault("accession=SRP91002", "500", times=1),
        Fault("GSE91004_family", "truncated_file", times=1),
    ]
    world.expected[world.accession("gone")] = ("failed", "http_404")
    world.expected[world.accession("good2")] = ("failed", "truncated")
    world.expected[world.accession("good3")] = ("unmapped_label", "unmapped_label")


def write_base(folder: Path, world: ChainWorld) -> Path:
    """Write a configuration without studies, and the gene table it names; the ontology must lie beside it."""
    rows = [f"{gene.symbol},,," for gene in world.genome.genes]
    (folder / "genes.csv").write_text("\n".join(["symbol,ensembl,entrez,aliases", *rows]) + "\n", encoding="utf-8")
    path = folder / "base.toml"
    path.write_text(BASE, encoding="utf-8")
    return path


def write_ontology(path: Path) -> Path:
    """Write the terms of the planted world as an ontology file."""
    terms = {
        term: {"name": name, "def": "", "is_a": list(parents), "synonyms": [[s, "EXACT"] for s in synonyms]}
        for term, (name, parents, synonyms) in TERMS.items()
    }
    path.write_text(json.dumps({"terms": terms}), encoding="utf-8")
    return path
