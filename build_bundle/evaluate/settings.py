"""Settings of the retrieval test."""

from __future__ import annotations

from dataclasses import dataclass

from core.bundle.schema import ENCODER
from core.errors import ConfigError

MODELS = (ENCODER, "pca_100", "pca_width", "raw", "cosine", "logistic")


@dataclass(frozen=True)
class EvaluateSettings:
    """What the retrieval test holds out and compares.

    Parameters
    ----------
    folds : tuple of tuple of str
        Reference studies held out together, the networks retrained without them. Left out: folds are made, at most
        `max_folds`.
    max_folds : int
        Most folds made automatically; 0 makes none.
    pair : bool
        Whether to hold out single (type, study) pairs too (one more training).
    models : tuple of str
        Compared representations, of encoder, pca_100, pca_width (as many components as the embedding is wide), raw,
        cosine, logistic.
    k : int
        Most neighbours retrieved.
    min_reference : int
        Reference cells a type must have for its query cells to count.
    max_queries : int
        Query cells taken at most from one study.
    bootstrap : int
        Resamples of the studies for confidence intervals.
    types_left_out : float
        Share of the types of each fold that one more training per fold does without, to measure how well cells of lacking
        types are told from the others; 0 makes no such trainings.
    quantile : float
        Share of held-out cells of known types that the distance threshold calls known.
    study : str
        Folder of a network study (`build_bundle.study`) whose table of models goes into the bundle; empty: none does. It
        changes none of the test's numbers.

    Raises
    ------
    ConfigError
        When a value is out of range.
    """

    folds: tuple[tuple[str, ...], ...] = ()
    max_folds: int = 4
    pair: bool = True
    models: tuple[str, ...] = (ENCODER, "pca_100", "raw", "cosine")
    k: int = 100
    min_reference: int = 10
    max_queries: int = 3000
    bootstrap: int = 2000
    types_left_out: float = 0.0
    quantile: float = 0.99
    study: str = ""

    def __post_init__(self) -> None:
        unknown = sorted(set(self.models) - set(MODELS))
        if unknown or ENCODER not in self.models:
            raise ConfigError(
                f"[evaluate] models is {list(self.models)}; it must name encoder and only {', '.join(MODELS)}.",
                next_step="Correct the configuration.",
            )
        small = [n for n in ("k", "min_reference", "max_queries", "bootstrap") if getattr(self, n) < 1]
        if small or self.max_folds < 0 or not 0 < self.quantile <= 1 or not 0 <= self.types_left_out < 1:
            raise ConfigError(
                f"[evaluate] {', '.join(small) or 'max_folds, types_left_out or quantile'} is out of range.",
                next_step="Use numbers of at least 1 (max_folds: 0), types_left_out from 0 to below 1, and a quantile above 0 and at most 1.",
            )
        names = [study for fold in self.folds for study in fold]
        if len(names) != len(set(names)):
            raise ConfigError("[evaluate] folds names a study twice.", next_step="Give every study one fold.")
