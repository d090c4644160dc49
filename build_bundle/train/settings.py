"""Settings of the training step, with the recipe that measured best as defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.errors import ConfigError

EMBEDDINGS = ("ontology", "hidden")


@dataclass(frozen=True)
class TrainSettings:
    """How the encoder is trained.

    Parameters
    ----------
    embedding : str
        ``"ontology"``: the place among the cell types that a linear map gives (`build_bundle.train.coordinates`), beside the
        networks' last hidden layers, projected; ``"hidden"``: the hidden layers alone, projected.
    n_nets : int
        Networks trained from different seeds; their hidden layers stand side by side.
    hidden : tuple of int
        Units of the dense tanh layers; the last one is the network's share of the embedding.
    n_latent : int
        Most numbers in the embedding, which ontology coordinates (of these too no more are used, nor more than there are
        types) and networks side by side are projected to (`build_bundle.train.joining`).
    ridge : float
        Penalty of the linear map on a gene that all studies measured; over the share of the studies for the others.
    hidden_weight : float
        Weight of the networks' hidden layers, of length 1, beside the place among the types; 0 leaves them out.
    detected : float
        Weight of the second half of the linear map's input, which genes were found at all; 0 leaves it out.
    one_sided : float
        What a query cell counts in the company of one that is not in its own (`core.search.surroundings`), 0..1; 1: all alike.
    n_vocabulary : int
        Largest number of genes the encoder sees.
    min_studies : int
        Studies that should have measured a gene of the vocabulary (fewer where the reference has fewer). Genes of fewer studies
        fill what these leave of it.
    cells_per_type : int
        Training cells taken at most from one type of one part.
    profile_cells : int
        Training cells simulated from each bulk profile; 0 leaves profiles out.
    teacher_cells : int
        Training cells taken at most from one type of one part that only teaches; 0 leaves teachers out.
    soft_targets : float
        Share of the target spread over related types in proportion to their ontology similarity, 0..1.
    soft_from_types : int
        Types the networks must tell apart for the targets to be spread. Measured by leaving studies out inside the
        training studies: with 35 types spreading costs .02 of the retrieval score (38 left-out studies); with 140 it
        gained .06, but over four left-out studies only and by one of them.
    panel_augmentation : float
        Chance that a quarter of a batch is cut to a random gene panel, 0..1.
    epochs : int
        Passes over the training cells.
    batch_size : int
        Cells in a batch.
    peak_rate : float
        Largest learning rate of the one-cycle schedule.
    weight_decay : float
        Decoupled weight decay of AdamW.
    patience : int
        Epochs without a better validation loss after which a network stops; 0 never stops early.

    Raises
    ------
    ConfigError
        When a value is out of range.
    """

    embedding: str = "ontology"
    n_nets: int = 3
    hidden: tuple[int, ...] = (100,)
    n_latent: int = 100
    ridge: float = 3.0
    hidden_weight: float = 0.9
    detected: float = 0.0
    one_sided: float = 1.0
    n_vocabulary: int = 3000
    min_studies: int = 2
    cells_per_type: int = 100
    profile_cells: int = 15
    teacher_cells: int = 100
    soft_targets: float = 0.3
    soft_from_types: int = 60
    panel_augmentation: float = 0.7
    epochs: int = 18
    batch_size: int = 128
    peak_rate: float = 1e-3
    weight_decay: float = 0.01
    patience: int = 0

    def __post_init__(self) -> None:
        counts = ("n_nets", "n_latent", "n_vocabulary", "min_studies", "cells_per_type", "epochs", "batch_size")
        for name in counts:
            _check(name, getattr(self, name), good=getattr(self, name) >= 1, wanted="at least 1")
        _check("embedding", self.embedding, good=self.embedding in EMBEDDINGS, wanted=f"one of {', '.join(EMBEDDINGS)}")
        for name in (
            "profile_cells",
            "teacher_cells",
            "patience",
            "weight_decay",
            "soft_from_types",
            "detected",
            "hidden_weight",
        ):
            _check(name, getattr(self, name), good=0 <= getattr(self, name) < math.inf, wanted="not negative")
        for name in ("soft_targets", "panel_augmentation", "one_sided"):
            _check(name, getattr(self, name), good=0 <= getattr(self, name) <= 1, wanted="between 0 and 1")
        for name in ("peak_rate", "ridge"):
            _check(name, getattr(self, name), good=0 < getattr(self, name) < math.inf, wanted="above 0")
        good = len(self.hidden) > 0 and all(units >= 1 for units in self.hidden)
        _check("hidden", self.hidden, good=good, wanted="a list of at least one layer size")


def _check(name: str, value: object, *, good: bool, wanted: str) -> None:
    if not good:
        raise ConfigError(f"[train] {name} is {value}; it must be {wanted}.", next_step="Correct the configuration.")
