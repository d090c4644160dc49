"""Methods of others on the same cells, each in an environment of its own: they are not part of scQuery.

Their packages stand in ``build_bundle/study/rivals.txt``; an environment that has them is named on the command line. Cells
go there and answers come back as plain arrays.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from build_bundle.cells.corpus import Corpus
from build_bundle.evaluate.nearest import NearestStream
from build_bundle.evaluate.representations import on_sphere
from build_bundle.evaluate.trial import Trial, score_labels, score_neighbours
from core.bundle.schema import TYPE
from core.errors import ScQueryError

SCRIPT = Path(__file__).with_name("rival_process.py")
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]


class RivalFailedError(ScQueryError):
    """A rival could not answer; the rest of the study goes on."""

    default_code = "rival-failed"


@dataclass
class Rival:
    """One rival.

    Parameters
    ----------
    name : str
        "celltypist", "celltypist_voting" (the same with labels agreed on by clusters of the query) or "singler".
    python : Path
        Interpreter of an environment that has its packages.
    facts : dict
        What it said about itself when it last answered: its version.
    """

    name: str
    python: Path
    facts: dict[str, Any] = field(default_factory=dict)

    def answer(self, corpus: Corpus, training: npt.NDArray[np.int64], trial: Trial, *, k: int) -> pd.DataFrame:
        """Train the rival and let it answer.

        Parameters
        ----------
        corpus : Corpus
            All cells.
        training : ndarray of int64
            Rows it may learn from: the cells the networks of this hold-out learn from.
        trial : Trial
            Reference and queries.
        k : int
            Most neighbours retrieved.

        Returns
        -------
        pandas.DataFrame
            Its labels as model ``NAME_labels``; CellTypist's decision scores also as a representation, like the logits of
            the logistic regression.

        Raises
        ------
        RivalFailedError
            When the environment lacks the packages, or the rival fails.

        Notes
        -----
        It gets log1p of counts per 10,000 over all genes of the corpus, as it asks for, and not the encoder's vocabulary.
        Each part is asked by itself with the genes it measured.
        """
        asked = _flags(corpus, np.concatenate(list(trial.queries.values())))
        wanted = asked | trial.reference if self.name == "celltypist" else asked
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            _write(folder / "train", corpus, _flags(corpus, training))
            rows = _write(folder / "query", corpus, wanted)
            self._run(folder)
            named = np.load(folder / "labels.npy").astype(object)
            frames = [score_labels(corpus, trial, f"{self.name}_labels", named[asked[rows]])]
            if (folder / "scores.npy").is_file():
                vectors = on_sphere(np.load(folder / "scores.npy"))
                known = trial.reference[rows]
                stream = NearestStream(vectors[asked[rows]], k)
                stream.add(rows[known], vectors[known])
                frames.append(score_neighbours(corpus, trial, self.name, *stream.result(), k=k))
        return pd.concat(frames, ignore_index=True)

    def _run(self, folder: Path) -> None:
        command = [str(self.python), str(SCRIPT), self.name, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = done.stderr.strip().splitlines()
            raise RivalFailedError(
                f"{self.name} failed: {said[-1] if said else 'no message'}",
                next_step="Install build_bundle/study/rivals.txt in an environment and name its Python with --rivals.",
            )
        self.facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))


def _flags(corpus: Corpus, rows: npt.NDArray[np.int64]) -> Flags:
    flags = np.zeros(len(corpus.cells), dtype=bool)
    flags[rows] = True
    return flags


def _write(folder: Path, corpus: Corpus, wanted: Flags) -> npt.NDArray[np.int64]:
    """Write cells part by part; return their rows in the order written, which is ascending."""
    folder.mkdir()
    types = corpus.cells[TYPE].to_numpy(dtype=str)
    found = []
    for number, matrix in enumerate(corpus.matrices("reference")):
        rows = np.flatnonzero(wanted[matrix.rows])
        if len(rows):
            sparse.save_npz(folder / f"{number:04d}.npz", sparse.csr_matrix(matrix.x[rows]))
            genes = corpus.genes[matrix.genes].astype(str)
            np.savez(folder / f"{number:04d}.names.npz", genes=genes, types=types[rows + matrix.first_row])
            found.append(rows + matrix.first_row)
    return np.concatenate(found).astype(np.int64)
