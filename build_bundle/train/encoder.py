"""From a corpus to a trained encoder: choose cells and genes, measure statistics, train the networks.

The same function trains the encoder of a bundle and those of the retrieval test, which leave studies out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import NOTHING, Holdout
from build_bundle.steps.task import ReportProgress, no_progress
from build_bundle.train.cells import training_cells
from build_bundle.train.coordinates import fit_linear, type_coordinates
from build_bundle.train.dataset import Dataset
from build_bundle.train.joining import fit_join
from build_bundle.train.network import TrainedNet, train_net
from build_bundle.train.rows import Rows
from build_bundle.train.settings import TrainSettings
from build_bundle.train.targets import class_targets
from core.embedding.encoder import Encoder
from core.embedding.nets import joined_width
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
        What the encoder must never see: neither as cells, nor as profiles or teachers, nor in its statistics.
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
    cells = training_cells(corpus, settings, seed=seed, holdout=holdout)
    nets = _train_nets(corpus, cells.data, cells.validation, settings, seed, progress)
    weights = [net.net for net in nets]
    place, counts = None, None
    if settings.embedding == "ontology":
        similarity = Similarity.from_table(corpus.type_similarity)
        coordinates = type_coordinates(cells.data.classes, similarity, settings.n_latent)
        place = fit_linear(cells.data, coordinates, settings.ridge / cells.measured_by)
        counts = np.repeat([1, settings.hidden_weight], [place.shape[1], joined_width(weights)]).astype(np.float32)
    join = fit_join(Encoder(weights, cells.inputs, place=place), cells.data, settings.n_latent, counts)
    return TrainedEncoder(Encoder(weights, cells.inputs, join, place), nets, cells.data.classes, cells.rows)


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
