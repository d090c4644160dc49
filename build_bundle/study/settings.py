"""The list of a study: references, held-out studies, models, rivals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from build_bundle.configuration.config import DATA_VARIABLE, Config
from build_bundle.configuration.reader import read_config
from build_bundle.configuration.toml_fields import read_toml
from build_bundle.networks.spec import ModelGrid, ModelSpec
from core.errors import ConfigError

ALONE, IN_CONTEXT = "encoder_alone", "logistic_in_context"
"""The default without drawing cells to their type or to their surroundings, and logistic regression with both: what each
of the two parts is worth."""
UNTAUGHT, TAUGHT = "encoder_untaught", "logistic_taught"
"""The default without teachers, and logistic regression on all the default learns from: what teachers are worth."""
BASELINES = (
    "pca_100",
    "pca_width",
    "raw",
    "cosine",
    "logistic",
    "logistic_labels",
    ALONE,
    IN_CONTEXT,
    UNTAUGHT,
    TAUGHT,
)
RIVALS = ("celltypist", "celltypist_voting", "singler")
"""The bundle's own encoder, trained as ``[train]`` of the reference's configuration says."""
_KNOWN = {"seed", "configs", "gene_groups", "baselines", "rivals", "inner", "models"}


@dataclass(frozen=True)
class StudyList:
    """What a study compares.

    Parameters
    ----------
    configs : tuple of Config
        One a reference. The studies it is finally tested on are the folds of its ``[evaluate]`` table.
    models : tuple of ModelSpec
        In the order in which they are run.
    baselines, rivals : tuple of str
        Of `BASELINES` and `RIVALS`.
    inner : int
        Hold-outs inside the training studies of each fold, by which models are chosen.
    gene_groups : Path or None
        Folder of the tables that gene groups are made of.
    seed : int
        Seed of every random choice.
    """

    configs: tuple[Config, ...]
    models: tuple[ModelSpec, ...]
    baselines: tuple[str, ...] = BASELINES
    rivals: tuple[str, ...] = ()
    inner: int = 2
    gene_groups: Path | None = None
    seed: int = 1

    def model(self, name: str) -> ModelSpec:
        """Return a model by its name.

        Raises
        ------
        ConfigError
            When the list has none of that name, naming the first ones it has.
        """
        for spec in self.models:
            if spec.name == name:
                return spec
        some = "; ".join(spec.name for spec in self.models[:8])
        raise ConfigError(f"The list has no model {name!r}.", next_step=f"It has {len(self.models)}: {some}; ...")


def read_study(path: Path, *, data: Path | None) -> StudyList:
    """Read the list of a study.

    Parameters
    ----------
    path : Path
        TOML file.
    data : Path, optional
        Folder that ``$DATA`` in paths stands for.

    Returns
    -------
    StudyList
        Complete; models are unique by name.

    Raises
    ------
    ConfigError
        When the file cannot be read or something in it is unknown or out of range.
    """
    table = read_toml(path, "list")
    unknown = sorted(set(table) - _KNOWN)
    if unknown or not table.get("configs"):
        what = f"it has unknown fields: {', '.join(unknown)}" if unknown else "configs names no configuration"
        raise ConfigError(f"The list {path.name}: {what}.", next_step=f"Its fields are {', '.join(sorted(_KNOWN))}.")
    _check_names(table, path)
    configs = tuple(read_config(path.parent / name, data=data, for_study=True) for name in table["configs"])
    models = _models(table.get("models", []))
    return StudyList(
        configs,
        models,
        tuple(table.get("baselines", BASELINES)),
        tuple(table.get("rivals", ())),
        int(table.get("inner", 2)),
        _folder(table.get("gene_groups", ""), path, data),
        int(table.get("seed", 1)),
    )


def _check_names(table: Mapping[str, Any], path: Path) -> None:
    if table.get("inner", 2) < 2:
        raise ConfigError(f"{path.name}: inner is below 2: one hold-out of everything leaves nothing to train on.")
    for field, known in (("baselines", BASELINES), ("rivals", RIVALS)):
        odd = sorted(set(table.get(field, ())) - set(known))
        if odd:
            raise ConfigError(f"{path.name}: {field} names {', '.join(odd)}.", next_step=f"Known: {', '.join(known)}.")


def _models(blocks: list[dict[str, Any]]) -> tuple[ModelSpec, ...]:
    found: dict[str, ModelSpec] = {}
    for block in blocks:
        fixed = {name: value for name, value in block.items() if name != "vary"}
        for spec in ModelGrid(block.get("vary", {}), fixed).models():
            found.setdefault(spec.name, spec)
    return tuple(found.values())


def _folder(text: str, path: Path, data: Path | None) -> Path | None:
    if not text:
        return None
    if text.startswith(DATA_VARIABLE):
        return data / text.removeprefix(DATA_VARIABLE).lstrip("/") if data is not None else None
    return path.parent / text
