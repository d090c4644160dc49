"""From a corpus to a trained encoder: choose cells and genes, measure statistics, train the networks.

The same function trains the encoder of a bundle and those of the retrieval test, which leave studies out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from build_bundle.corpus import Corpus
from build_bundle.holdout import NOTHING, Holdout
from build_bundle.step import ReportProgress, no_progress
from build_bundle.stream import in_vocabulary
from build_bundle.train.dataset import Dataset
from build_bundle.train.joining import fit_join
from build_bundle.train.network import TrainedNet, train_net
from build_bundle.train.profiles import profile_blocks
from build_bundle.train.rows import Rows, choose_rows
from build_bundle.train.settings import TrainSettings
from build_bundle.train.statistics import Block, encoder_inputs
from build_bundle.train.targets import class_targets
from build_bundle.train.vocabulary import choose_vocabulary
from core.embedding.encoder import Encoder
from core.errors import ConfigError
from core.expression.recipe import EncoderInputs, Recipe
from core.ontology.similarity import Similarity


@dataclass(frozen=True, eq=False)
class TrainedEncoder:
    """What a training leaves behind.

    Parameters
    ----------
    encoder : Encoder
        The networks with their inputs, as the app runs them.
    nets : tuple of TrainedNet
        The same networks with softmax heads and curves.
    classes : tuple of str
        Types of the softmax head.
    rows : ndarray of int64
        Rows of ``corpus.cells`` the networks learned from, ascending.
    """

    encoder: Encoder
    nets: tuple[TrainedNet, ...]
    classes: tuple[str, ...]
    rows: Rows


def train_encoder(
    corpus: Corpus,
    settings: TrainSettings,
    *,
    seed: int,
    holdout: Holdout = NOTHING,
    progress: ReportProgress = no_progress,
) -> TrainedEncoder:
    """Train an encoder on the reference, without what is held out.

    Parameters
    ----------
    corpus : Corpus
        Reference with ``split`` set.
    settings : TrainSettings
        Recipe.
    seed : int
        Seed of every random choice.
    holdout : Holdout
        What the encoder must never see: neither as cells, nor as profiles, nor in its statistics.
    progress : callable
        Told the fraction done and the epoch.

    Returns
    -------
    TrainedEncoder
        `settings.n_nets` networks over one vocabulary.

    Raises
    ------
    ConfigError
        When fewer than two types or no shared gene is left.
    """
    rows = choose_rows(corpus, split="train", per_type=settings.cells_per_type, seed=seed, holdout=holdout)
    if not rows:
        raise ConfigError("No training cell is left.", next_step="Lower the selection's min_cells or add studies.")
    genes = choose_vocabulary(corpus, rows, n_genes=settings.n_vocabulary, min_studies=settings.min_studies)
    blocks = _blocks(corpus, rows, genes)
    inputs = encoder_inputs(corpus.genes[genes], blocks, Recipe())
    blocks += profile_blocks(corpus, genes, per_profile=settings.profile_cells, seed=seed, holdout=holdout)
    classes = tuple(sorted({str(name) for block in blocks for name in block.types}))
    if len(classes) < 2:
        raise ConfigError("All training cells have one type.", next_step="Add a study with other cell types.")
    held = choose_rows(corpus, split="validation", per_type=settings.cells_per_type, seed=seed, holdout=holdout)
    validation = _validation(_blocks(corpus, held, genes), inputs, classes)
    data = Dataset(inputs, blocks, classes)
    nets = _train_nets(corpus, data, validation, settings, seed, progress)
    weights = [net.net for net in nets]
    encoder = Encoder(weights, inputs, fit_join(weights, data, settings.n_latent))
    return TrainedEncoder(encoder, nets, classes, np.sort(np.concatenate(list(rows.values()))))


def _train_nets(
    corpus: Corpus,
    data: Dataset,
    validation: Dataset | None,
    settings: TrainSettings,
    seed: int,
    progress: ReportProgress,
) -> tuple[TrainedNet, ...]:
    soft = settings.soft_targets if len(data.classes) >= settings.soft_from_types else 0.0
    targets = class_targets(data.classes, Similarity.from_table(corpus.type_similarity), soft)
    n_epochs = settings.n_nets * settings.epochs

    def train_one(number: int) -> TrainedNet:
        def report(epoch: int) -> None:
            detail = f"network {number + 1} of {settings.n_nets}, epoch {epoch} of {settings.epochs}"
            progress((number * settings.epochs + epoch) / n_epochs, detail)

        return train_net(data, validation, targets, settings, seed=seed * 100 + number, progress=report)

    return tuple(train_one(number) for number in range(settings.n_nets))


def _blocks(corpus: Corpus, rows: Mapping[str, Rows], genes: npt.NDArray[np.int64]) -> list[Block]:
    types = corpus.cells["cell_type_ontology_term_id"].to_numpy(dtype=object)
    blocks = []
    for part, chosen in rows.items():
        matrix = corpus.part(part)
        x, measured = in_vocabulary(matrix, chosen - matrix.first_row, genes)
        blocks.append(Block(part, matrix.study, x, measured, types[chosen]))
    return blocks


def _validation(blocks: Sequence[Block], inputs: EncoderInputs, classes: tuple[str, ...]) -> Dataset | None:
    """Keep validation cells of types the network can name."""
    known = set(classes)
    kept = []
    for block in blocks:
        rows = np.flatnonzero([name in known for name in block.types])
        if len(rows):
            kept.append(Block(block.part, block.study, block.x[rows], block.measured, block.types[rows]))
    return Dataset(inputs, kept, classes) if kept else None
