"""``python -m tests.benchmarks.labelling [--held-out]``: how right and how fast labels from text are.

The rules were chosen on the rows of the human studies. The rows of the mouse studies are the test: ``--held-out`` prints their
figures, and nothing may be tuned on them.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from build_bundle.label.decide import Labeller
from build_bundle.label.vocabulary import make_vocabulary
from build_bundle.ontology.files import read_ontology
from core.ontology.graph import Ontology
from tests.benchmarks.rows import Row, table

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
RELEASES = {
    "2017-12-11": ("cl_releases_2017-12-11_with_uberon.obo.gz",),
    "2026-03-26": ("CL-ontology-v2026-03-26.json.zst", "UBERON-ontology-v2026-04-01.json.zst"),
}
N_TEXTS = 10_000
LIMIT_S = 5.0


@dataclass(frozen=True)
class Figures:
    """Rows, predictions and right ones; near means the term itself or one edge above or below it."""

    n_rows: int
    n_truth: int
    n_predicted: int
    exact: int
    near: int
    found: int
    found_near: int

    @property
    def words(self) -> str:
        said, asked = max(self.n_predicted, 1), max(self.n_truth, 1)
        return (
            f"{self.n_rows} rows, {self.n_truth} with a term, {self.n_predicted} predicted: "
            f"precision {self.exact / said:.3f} (near {self.near / said:.3f}), "
            f"recall {self.found / asked:.3f} (near {self.found_near / asked:.3f})"
        )


def read_truth(shared: Path) -> list[dict[str, str]]:
    with (shared / "labels.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def is_human(row: Mapping[str, str]) -> bool:
    return "_human_" in row["dataset"]


def tissue_of(shared: Path, dataset: str) -> str:
    """The organ as the data set's file states it."""
    (path,) = shared.rglob(f"{dataset}.h5ad")
    with h5py.File(path) as file:
        return str(file["uns/organ"].asstr()[()])


def measure(labeller: Labeller, rows: Sequence[Mapping[str, str]], tissues: Mapping[str, str] | None) -> Figures:
    """Label each row's own word as a cell type, with the data set's tissue beside it or alone, and hold it to the row's term."""
    graph = labeller.vocabulary.graph
    counts = dict.fromkeys(("n_truth", "n_predicted", "exact", "near", "found", "found_near"), 0)
    for row in rows:
        fields = [("characteristics: cell type", row["original_label"])]
        if tissues is not None:
            fields.append(("characteristics: tissue", tissues[row["dataset"]]))
        truth = row["cell_ontology_id"]
        said = [term for term in labeller.label(fields).label_term_ids if term.startswith("CL:")]
        near = [_is_near(graph, term, truth) for term in said]
        counts["n_truth"] += bool(truth)
        counts["n_predicted"] += len(said)
        counts["exact"] += said.count(truth)
        counts["near"] += sum(near)
        counts["found"] += truth in said
        counts["found_near"] += any(near)
    return Figures(len(rows), **counts)


def _is_near(graph: Ontology, term: str, truth: str) -> bool:
    return term == truth or (truth in graph and truth in {*graph.parents(term), *graph.children(term)})


def make_labeller(shared: Path, release: str) -> Labeller:
    return Labeller(make_vocabulary(read_ontology(*(shared / "ontology" / name for name in RELEASES[release]))))


def sample_texts(labeller: Labeller, n: int, seed: int = 0) -> list[list[tuple[str, str]]]:
    """Samples as repositories hold them: eight fields, about 90 words, no two alike, with names of the vocabulary in them."""
    rng = np.random.default_rng(seed)
    names = [name.text for found in labeller.vocabulary.names.values() for name in found]
    filler = [
        "cells",
        "were",
        "sorted",
        "into",
        "plates",
        "lysed",
        "and",
        "amplified",
        "then",
        "sequenced",
        "after",
        "washing",
        "with",
        "buffer",
        "of",
        "wild",
        "type",
    ]
    said = lambda: names[rng.integers(len(names))]  # noqa: E731
    return [
        [
            ("title", f"single cell {i} from {said()}"),
            ("source_name", said()),
            ("description", " ".join([*rng.choice(filler, 60), said(), *rng.choice(filler, 10)])),
            ("organism", "Mus musculus"),
            ("characteristics: tissue", said()),
            ("characteristics: cell type", said()),
            ("characteristics: strain", "C57BL/6"),
            ("characteristics: plate", f"plate {i % 96}"),
        ]
        for i in range(n)
    ]


def labelling_rows(shared: Path) -> Iterator[Row]:
    for release in RELEASES:
        labeller = make_labeller(shared, release)
        texts = sample_texts(labeller, N_TEXTS)
        started = time.process_time()  # one thread: what others do on the machine is no part of it
        for fields in texts:
            labeller.label(fields)
        seconds = time.process_time() - started
        yield Row(f"label {N_TEXTS:,} samples from text, ontology {release}", seconds, "CPU s", "<= 5 s", LIMIT_S)


def main(arguments: Sequence[str]) -> int:
    rows = read_truth(SHARED)
    tissues = {row["dataset"]: tissue_of(SHARED, row["dataset"]) for row in rows}
    for release in RELEASES:
        labeller = make_labeller(SHARED, release)
        sets = {"human (rules chosen on them)": [row for row in rows if is_human(row)]}
        if "--held-out" in arguments:
            sets["mouse (test)"] = [row for row in rows if not is_human(row)]
        for name, chosen in sets.items():
            print(f"{release}, {name}, label alone:       {measure(labeller, chosen, None).words}")
            print(f"{release}, {name}, label and tissue:  {measure(labeller, chosen, tissues).words}")
    timed = list(labelling_rows(SHARED))
    print(table(timed))
    return 0 if all(row.passed for row in timed) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
