"""What one model of the study is: its body, its objective and how it is trained."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from core.errors import ConfigError

Body = Literal["dense", "ppitf", "flat_go", "tree_go"]
Objective = Literal["classify", "siamese", "flexible", "triplet"]
Activation = Literal["tanh", "sigmoid", "relu"]
PARALLEL_UNITS: Mapping[str, int] = {"dense": 0, "ppitf": 100, "flat_go": 100, "tree_go": 31}
"""Dense units beside the groups of a body (science 4)."""

_SHORT = {"classify": "", "siamese": "siamese", "flexible": "siamese flexible", "triplet": "triplet"}
_PLACES = {"dense": "dense", "ppitf": "PPITF", "flat_go": "flat GO", "tree_go": "tree GO"}


@dataclass(frozen=True)
class ModelSpec:
    """One model.

    Parameters
    ----------
    body : str
        "dense", or layers wired along gene groups: "ppitf" (transcription factor targets and protein interactions),
        "flat_go" (one layer of Gene Ontology terms), "tree_go" (one layer a level of the Gene Ontology).
    hidden : tuple of int
        Dense layers; behind the group layers where the body has any. A dense body needs at least one.
    objective : str
        "classify" (softmax head), "siamese" (contrastive), "flexible" (contrastive, graded by ontology similarity),
        "triplet" (batch-hard).
    pretrain : bool
        Whether layers are first trained one by one as denoising autoencoders with tied weights, on all cells.
    activation : str
        Of the hidden layers.
    linear_last : bool
        Whether the last hidden layer has no activation (siamese and triplet).
    batch_norm : bool
        Whether values are normalised over the batch before each activation; folded into the weights afterwards.
    optimizer : str
        "sgd" (momentum) or "adamw" (decoupled weight decay).
    rate : float
        Largest learning rate.
    schedule : str
        "cycle" (up and down once), "decay" (rate / (1 + 1e-6 step), as in the original) or "constant".
    momentum : float
        Of SGD.
    weight_decay : float
        Of AdamW.
    epochs, batch_size : int
        Passes and cells (pairs) a step. Triplet batches hold `n_types` x `n_cells_of_type` cells instead.
    patience : int
        Epochs without a better one after which training stops; 0 never stops early.
    panel_augmentation : float
        Chance that a quarter of a batch is cut to a random gene panel.
    soft_targets : float
        Share of a class target spread over related types.
    margin : float
        Of the contrastive loss, or of the triplet loss; 0 is the soft triplet loss.
    even_pairs : bool
        Whether pairs of different types are spread evenly over ontology similarities.
    pairs_per_type : int
        Most pairs of one type an epoch.
    n_types, n_cells_of_type : int
        P and K of the triplet batches.
    label : str
        Name in tables; made of the settings where empty.
    """

    body: Body = "dense"
    hidden: tuple[int, ...] = (100,)
    objective: Objective = "classify"
    pretrain: bool = False
    activation: Activation = "tanh"
    linear_last: bool = False
    batch_norm: bool = False
    optimizer: Literal["sgd", "adamw"] = "adamw"
    rate: float = 1e-3
    schedule: Literal["cycle", "decay", "constant"] = "cycle"
    momentum: float = 0.9
    weight_decay: float = 0.01
    epochs: int = 18
    batch_size: int = 128
    patience: int = 0
    panel_augmentation: float = 0.7
    soft_targets: float = 0.0
    margin: float = 1.0
    even_pairs: bool = False
    pairs_per_type: int = 750
    n_types: int = 18
    n_cells_of_type: int = 4
    label: str = ""

    def __post_init__(self) -> None:
        for sentence, wrong in (
            ("hidden needs at least one layer of at least one unit", not self._has_layers),
            ("epochs, batch_size, pairs_per_type and n_types are at least 1", self._smallest < 1),
            ("n_cells_of_type is at least 2", self.n_cells_of_type < 2),
            ("rate is above 0", self.rate <= 0),
            ("momentum is from 0 to below 1", not 0 <= self.momentum < 1),
            ("panel_augmentation and soft_targets are between 0 and 1", not self._shares_fit),
            ("patience, margin and weight_decay are not negative", min(self.patience, self.margin, self.weight_decay) < 0),
            ("margin is above 0 for siamese networks", self.objective in {"siamese", "flexible"} and self.margin == 0),
            ("linear_last is for siamese and triplet networks", self.linear_last and self.objective == "classify"),
        ):  # fmt: skip
            if wrong:
                raise ConfigError(f"The model {self.name}: {sentence}.", next_step="Correct the list of models.")

    @property
    def _has_layers(self) -> bool:
        return all(units >= 1 for units in self.hidden) and (bool(self.hidden) or self.body != "dense")

    @property
    def _smallest(self) -> int:
        return min(self.epochs, self.batch_size, self.pairs_per_type, self.n_types)

    @property
    def _shares_fit(self) -> bool:
        return all(0 <= share <= 1 for share in (self.panel_augmentation, self.soft_targets))

    @property
    def name(self) -> str:
        """Name in tables: what differs from the defaults, in a fixed order."""
        if self.label:
            return self.label
        sizes = "-".join(str(units) for units in self.hidden)
        words = ["PT" if self.pretrain else "", _SHORT[self.objective], _PLACES[self.body], sizes, *self._details()]
        return " ".join(word for word in words if word)

    def _details(self) -> Iterator[str]:
        plain = {f.name: f.default for f in fields(self)}
        if self.objective == "triplet":
            yield f"margin {self.margin:g}" if self.margin else "soft margin"
            plain["margin"] = self.margin
        for name, words in (
            ("activation", "{}"), ("linear_last", "linear"), ("batch_norm", "batch norm"), ("optimizer", "{}"),
            ("rate", "rate {:g}"), ("schedule", "{}"), ("momentum", "momentum {:g}"), ("weight_decay", "decay {:g}"),
            ("epochs", "{} epochs"), ("batch_size", "batch {}"), ("patience", "patience {}"),
            ("panel_augmentation", "panels {:g}"), ("soft_targets", "soft {:g}"), ("margin", "margin {:g}"),
            ("even_pairs", "even pairs"), ("pairs_per_type", "{} pairs"), ("n_types", "P {}"), ("n_cells_of_type", "K {}"),
        ):  # fmt: skip
            value = getattr(self, name)
            if value != plain[name]:
                yield words.format(value)


@dataclass(frozen=True)
class ModelGrid:
    """A block of the list of models: every combination of the values given.

    Parameters
    ----------
    vary : dict of str to list
        Field of `ModelSpec` -> values to go through.
    fixed : dict of str to object
        Fields that are the same in all.
    """

    vary: Mapping[str, list[Any]]
    fixed: Mapping[str, Any]

    def models(self) -> Iterator[ModelSpec]:
        """Yield the models, the last varied field fastest.

        Raises
        ------
        ConfigError
            When a field is unknown or a value out of range.
        """
        known = {f.name for f in fields(ModelSpec)}
        unknown = sorted({*self.vary, *self.fixed} - known)
        if unknown:
            raise ConfigError(
                f"A model has no setting {', '.join(unknown)}.",
                next_step=f"Its settings are {', '.join(sorted(known))}.",
            )
        for values in itertools.product(*self.vary.values()):
            settings = {**self.fixed, **dict(zip(self.vary, values, strict=True))}
            if "hidden" in settings:
                settings["hidden"] = tuple(settings["hidden"])
            yield ModelSpec(**settings)
