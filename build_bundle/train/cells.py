"""The cells a network learns from, made ready: chosen, brought to the vocabulary, their statistics measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import NOTHING, Holdout
from build_bundle.cells.stream import in_vocabulary
from build_bundle.train.dataset import Dataset
from build_bundle.train.profiles import profile_blocks
from build_bundle.train.rows import Rows, choose_rows
from build_bundle.train.settings import TrainSettings
from build_bundle.train.statistics import Block, encoder_inputs
from build_bundle.train.teachers import teacher_blocks
from build_bundle.train.vocabulary import choose_vocabulary
from core.bundle.schema import TYPE
from core.errors import ConfigError
from core.expression.recipe import EncoderInputs, Recipe

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingCells:
    """What networks are trained on.

    Parameters
    ----------
    data : Dataset
        Labelled training cells, then simulated ones of profiles, then teachers.
    validation : Dataset or None
        Cells that watch the training, of types the networks can name.
    genes : ndarray of int64, n_vocab
        The vocabulary, as indices into ``corpus.genes``.
    rows : ndarray of int64
        Rows of ``corpus.cells`` in `data`, ascending.
    measured_by : ndarray of float32, n_vocab
        Share of the reference's studies that measured a gene, above 0 to 1.
    """

    data: Dataset
    validation: Dataset | None
    genes: Indices
    rows: Rows
    measured_by: npt.NDArray[np.float32]

    @property
    def inputs(self) -> EncoderInputs:
        """Vocabulary and statistics."""
        return self.data.inputs


def training_cells(corpus: Corpus, settings: TrainSettings, *, seed: int, holdout: Holdout = NOTHING) -> TrainingCells:
    """Choose and prepare the cells a network learns from.

    Parameters
    ----------
    corpus : Corpus
        Reference with ``split`` set.
    settings : TrainSettings
        Vocabulary, cells of a type, profiles, teachers.
    seed : int
        Seed of every random choice.
    holdout : Holdout
        What must never be seen: neither as cells, nor as profiles or teachers, nor in the statistics.

    Returns
    -------
    TrainingCells
        Sparse; made dense batch by batch.

    Raises
    ------
    ConfigError
        When fewer than two types or no shared gene is left.
    """
    rows = choose_rows(corpus, split="train", per_type=settings.cells_per_type, seed=seed, holdout=holdout)
    if not rows:
        raise ConfigError("No training cell is left.", next_step="Lower the selection's min_cells or add studies.")
    genes = choose_vocabulary(corpus, rows, n_genes=settings.n_vocabulary, min_studies=settings.min_studies)
    blocks = blocks_of(corpus, rows, genes)
    detected = settings.detected if settings.embedding == "ontology" else 0.0
    recipe = Recipe(detected=detected, one_sided=settings.one_sided)
    inputs = encoder_inputs(corpus.genes[genes], blocks, recipe)
    shares = _measured_by(blocks)
    blocks += profile_blocks(corpus, genes, per_profile=settings.profile_cells, seed=seed, holdout=holdout)
    blocks += teacher_blocks(corpus, genes, per_type=settings.teacher_cells, seed=seed, holdout=holdout)
    classes = tuple(sorted({str(name) for block in blocks for name in block.types}))
    if len(classes) < 2:
        raise ConfigError("All training cells have one type.", next_step="Add a study with other cell types.")
    held = choose_rows(corpus, split="validation", per_type=settings.cells_per_type, seed=seed, holdout=holdout)
    validation = _validation(blocks_of(corpus, held, genes), inputs, classes)
    return TrainingCells(
        Dataset(inputs, blocks, classes), validation, genes, np.sort(np.concatenate(list(rows.values()))), shares
    )


def blocks_of(corpus: Corpus, rows: Mapping[str, Rows], genes: Indices) -> list[Block]:
    """Bring chosen cells to the vocabulary, one block a part.

    Parameters
    ----------
    corpus : Corpus
        Where the cells lie.
    rows : mapping of str to ndarray of int64
        Part -> rows of ``corpus.cells``.
    genes : ndarray of int64, n_vocab
        The vocabulary.

    Returns
    -------
    list of Block
        In the order of `rows`.
    """
    types = corpus.cells[TYPE].to_numpy(dtype=object)
    blocks = []
    for part, chosen in rows.items():
        matrix = corpus.part(part)
        x, measured = in_vocabulary(matrix, chosen - matrix.first_row, genes)
        blocks.append(Block(part, matrix.study, x, measured, types[chosen]))
    return blocks


def _measured_by(blocks: Sequence[Block]) -> npt.NDArray[np.float32]:
    """Return the share of studies that measured a gene in any of their parts."""
    by_study: dict[str, npt.NDArray[np.bool_]] = {}
    for block in blocks:
        by_study[block.study] = block.measured | by_study.get(block.study, False)
    return np.asarray(np.mean(list(by_study.values()), axis=0), dtype=np.float32)


def _validation(blocks: Sequence[Block], inputs: EncoderInputs, classes: tuple[str, ...]) -> Dataset | None:
    """Keep validation cells of types the network can name."""
    known = set(classes)
    kept = []
    for block in blocks:
        rows = np.flatnonzero([name in known for name in block.types])
        if len(rows):
            kept.append(Block(block.part, block.study, block.x[rows], block.measured, block.types[rows]))
    return Dataset(inputs, kept, classes) if kept else None
