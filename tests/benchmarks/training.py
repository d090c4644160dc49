"""Training the default encoder on a whole reference of 20,000 cells x 20,000 genes, and encoding 2,000 cells with it.

``python -m tests.benchmarks.training CORPUS`` does it in a process of its own and prints the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.stream import chunks
from build_bundle.train.encoder import train_encoder
from build_bundle.train.settings import TrainSettings
from tests.benchmarks.big_bundle import Plan
from tests.benchmarks.differential import prepared_corpus
from tests.benchmarks.processes import run_watched
from tests.benchmarks.rows import Row

ROOT = Path(__file__).parents[2]
N_ENCODED = 2_000
EVERY_CELL = TrainSettings(cells_per_type=1_000_000)


def training_rows(plan: Plan, folder: Path) -> list[Row]:
    """Train on every cell; the default takes a hundred of a type and study, which is quicker still."""
    corpus = prepared_corpus(plan, folder)
    printed, peak = run_watched([sys.executable, "-m", "tests.benchmarks.training", str(corpus.folder)], ROOT)
    told = json.loads(printed)
    what = f"{corpus.n_ref:,} cells x {len(corpus.genes):,} genes, {told['n_nets']} networks and the linear map"
    return [
        Row(f"train on {what}", told["train_s"] / 60, "min", "<= 10 min", 10),
        Row("its peak memory", peak / 1e9, "GB", "<= 4 GB", 4),
        Row(f"encode {N_ENCODED:,} of these cells", told["encode_s"], "s", "<= 1 s", 1),
    ]


def _train_and_encode(corpus: Corpus) -> dict[str, float]:
    started = time.perf_counter()
    trained = train_encoder(corpus, EVERY_CELL, seed=0)
    train_s = time.perf_counter() - started
    encoder = trained.encoder
    some = np.arange(len(corpus.cells)) < N_ENCODED
    cells = list(chunks(corpus, some, encoder.inputs))
    started = time.perf_counter()
    for part in cells:
        encoder.forward(encoder.inputs.transform(part.x, part.measured))
    return {"train_s": train_s, "encode_s": time.perf_counter() - started, "n_nets": len(trained.nets)}


if __name__ == "__main__":
    print(json.dumps(_train_and_encode(Corpus.open(Path(sys.argv[1])))))
