"""Run the retrieval test alone on the corpus of a build: ``python -m build_bundle.evaluate --help``.

Made for comparing settings and for tables of many studies: it goes on where it was killed and publishes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from build_bundle.cells.corpus import Corpus
from build_bundle.configuration.reader import read_config
from build_bundle.evaluate.calibration import calibration_table
from build_bundle.evaluate.evaluation_step import evaluate, trust_of
from build_bundle.evaluate.summary import evaluation_table, markdown
from core.bundle.schema import CALIBRATION, EVALUATION
from core.bundle.writer import write_table
from core.errors import ScQueryError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Stands in for the command line.

    Returns
    -------
    int
        0 when the table was written, 2 after a mistake in the configuration.
    """
    options = _parser().parse_args(arguments)
    try:
        config = read_config(options.config, data=options.data)
        corpus, settings, train = Corpus.open(options.corpus), config.steps["evaluate"], config.steps["train"]
        store = options.out / "trials"
        cells = evaluate(
            corpus,
            settings,
            train,
            seed=config.seed,
            store=store,
            progress=lambda share, text: print(f"\r{share:4.0%} {text:<100.100}", end="", file=sys.stderr, flush=True),
        )
    except ScQueryError as error:
        print(error, file=sys.stderr)
        return 2
    print(file=sys.stderr)
    table = evaluation_table(cells, n_bootstrap=settings.bootstrap, seed=config.seed)
    write_table(options.out, EVALUATION, table)
    trust = trust_of(corpus, settings, train, seed=config.seed, store=store)
    known = trust[trust["known"] & trust["is_label"]] if len(trust) else trust
    far = float(np.quantile(known["mean_distance"], settings.quantile)) if len(known) else 0.0
    write_table(options.out, CALIBRATION, calibration_table(trust, far))
    text = markdown(table)
    (options.out / "evaluation.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m build_bundle.evaluate", description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True, help="folder of a build: OUT/.build/steps/corpus/KEY")
    parser.add_argument("--config", type=Path, required=True, help="configuration with [train], [evaluate] and seed")
    parser.add_argument("--data", type=Path, help="folder that $DATA in the configuration stands for")
    parser.add_argument("--out", type=Path, required=True, help="folder for the table and the finished hold-outs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
