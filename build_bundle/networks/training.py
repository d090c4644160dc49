"""From a corpus and a model's settings to a trained encoder, and to files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import NOTHING, Holdout
from build_bundle.networks.fit import FittedModel, fit_model
from build_bundle.networks.group_tables import LEVELS, write_group_files
from build_bundle.networks.groups import Groups, Mask, layer_masks, read_groups
from build_bundle.networks.spec import PARALLEL_UNITS, Body, ModelSpec
from build_bundle.train.cells import TrainingCells, blocks_of, training_cells
from build_bundle.train.dataset import Dataset
from build_bundle.train.settings import TrainSettings
from core.bundle.schema import ENCODER_GENES, ENCODER_WEIGHTS
from core.bundle.writer import write_table, write_tensors
from core.embedding.encoder import Encoder
from core.embedding.nets import LAST_LINEAR, pack_nets
from core.errors import ConfigError
from core.ontology.similarity import Similarity

Floats = npt.NDArray[np.float32]
MODEL = "model.json"


@dataclass(frozen=True)
class GroupFiles:
    """Where the gene groups of sparse bodies come from.

    Parameters
    ----------
    folder : Path
        Holds ``ppitf.txt``, ``flat_go.txt``, ``tree_go_4.txt``, ``tree_go_3.txt``, ``tree_go_2.txt``.
    """

    folder: Path

    @classmethod
    def made(cls, tables: Path | None, organism: str, out: Path) -> GroupFiles:
        """Make the group files of an organism from published tables, unless they are there.

        Raises
        ------
        ConfigError
            When there are no tables to make them of.
        """
        if not (out / "tree_go_2.txt").is_file():
            if tables is None or not tables.is_dir():
                raise ConfigError(
                    "The models with gene groups need the tables of gene groups.",
                    next_step="Name their folder in the list of models: gene_groups = DIR.",
                )
            write_group_files(tables, organism, out)
        return cls(out)

    def levels(self, body: Body) -> tuple[Groups, ...]:
        """Return the groups of each layer of a body; none for a dense one."""
        names = {"dense": (), "ppitf": ("ppitf",), "flat_go": ("flat_go",)}
        wanted = names.get(body, tuple(f"tree_go_{level}" for level in LEVELS))
        return tuple(read_groups(self.folder / f"{name}.txt") for name in wanted)


class Workbench:
    """What the models of one hold-out share: prepared cells, similarities, masks.

    Parameters
    ----------
    corpus : Corpus
        Reference.
    settings : TrainSettings
        Vocabulary, cells of a type, simulated cells.
    seed : int
        Seed of every random choice.
    holdout : Holdout
        What must never be seen.
    groups : GroupFiles, optional
        For models with gene groups.
    """

    def __init__(
        self,
        corpus: Corpus,
        settings: TrainSettings,
        *,
        seed: int,
        holdout: Holdout = NOTHING,
        groups: GroupFiles | None = None,
    ) -> None:
        self.corpus, self.settings, self.seed, self.holdout, self.groups = corpus, settings, seed, holdout, groups

    @cached_property
    def cells(self) -> TrainingCells:
        """The labelled training cells and those that watch."""
        return training_cells(self.corpus, self.settings, seed=self.seed, holdout=self.holdout)

    @cached_property
    def similarity(self) -> Floats:
        """Ontology similarity of the classes."""
        return Similarity.from_table(self.corpus.type_similarity).matrix(self.cells.data.classes)

    @cached_property
    def all_cells(self) -> Dataset:
        """Every reference cell that is not held out, whatever its label: for pretraining."""
        table = self.corpus.cells.iloc[: self.corpus.n_ref]
        free = table[~self.holdout.covers(table)]
        rows = {str(part): group.index.to_numpy(dtype=np.int64) for part, group in free.groupby("part", sort=False)}
        blocks = blocks_of(self.corpus, rows, self.cells.genes)
        classes = tuple(sorted({str(name) for block in blocks for name in block.types}))
        return Dataset(self.cells.inputs, blocks, classes)

    def masks(self, spec: ModelSpec) -> tuple[Mask, ...]:
        """Return the masks of a model's group layers.

        Raises
        ------
        ConfigError
            When the model needs gene groups and there are none.
        """
        if spec.body == "dense":
            return ()
        if self.groups is None:
            raise ConfigError(f"The model {spec.name} needs gene groups.", next_step="Name them in the configuration.")
        levels = self.groups.levels(spec.body)
        return layer_masks(self.cells.inputs.genes.tolist(), levels, parallel=PARALLEL_UNITS[spec.body])

    def fit(self, spec: ModelSpec, progress: Callable[[int], None] = lambda _epoch: None) -> FittedModel:
        """Train a model on the prepared cells."""
        return fit_model(
            spec,
            self.cells.data,
            self.cells.validation,
            self.similarity,
            masks=self.masks(spec),
            all_cells=self.all_cells if spec.pretrain else None,
            seed=self.seed,
            progress=progress,
        )

    def encoder(self, fitted: FittedModel) -> Encoder:
        """Return a trained model as the app runs it."""
        return Encoder([fitted.net], self.cells.inputs)


def write_model(out: Path, bench: Workbench, fitted: FittedModel) -> Path:
    """Write a trained model as plain data.

    Parameters
    ----------
    out : Path
        Folder; made if absent. Gets ``encoder.safetensors``, ``encoder_genes.parquet`` and ``model.json``.
    bench : Workbench
        What it was trained with.
    fitted : FittedModel
        The model.

    Returns
    -------
    Path
        ``model.json``: settings, the manifest's facts of the encoder, classes, curves, seconds.
    """
    out.mkdir(parents=True, exist_ok=True)
    inputs = bench.cells.inputs
    write_tensors(out, ENCODER_WEIGHTS, pack_nets([fitted.net]))
    write_table(out, ENCODER_GENES, inputs.to_table())
    facts = {
        "model": fitted.spec.name,
        "settings": asdict(fitted.spec),
        "recipe": inputs.recipe.to_dict(),
        "encoder": encoder_facts(fitted, inputs.n_vocab),
        "classes": list(bench.cells.data.classes),
        "n_training_cells": len(bench.cells.data),
        "best_epoch": fitted.best_epoch,
        "seconds": round(fitted.seconds, 2),
        "curve": fitted.curve,
        "pretraining": fitted.pretraining,
    }
    path = out / MODEL
    path.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return path


def encoder_facts(fitted: FittedModel, n_vocabulary: int) -> dict[str, object]:
    """Return the facts about a model that a manifest would hold (`core.bundle.manifest.EncoderFacts`)."""
    widths = [layer.kernel.shape[1] for layer in fitted.net]
    activation = fitted.spec.activation + (LAST_LINEAR if fitted.spec.linear_last else "")
    return {
        "n_nets": 1,
        "layers": widths,
        "activation": activation,
        "n_latent": widths[-1],
        "n_vocabulary": n_vocabulary,
        "l2": True,
        "n_coordinates": 0,
        "n_inputs": n_vocabulary,
    }
