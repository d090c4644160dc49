"""Read and check a builder configuration: every problem at once, each with its place in the file.

Nothing is fetched and no matrix is opened here.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from build_bundle.configuration.config import DATA_VARIABLE, Config
from build_bundle.configuration.study_config import StudyConfig
from build_bundle.configuration.teaching_configs import with_teachers
from build_bundle.configuration.toml_fields import Problems, fill, read_toml
from build_bundle.label.mapping import read_mapping
from build_bundle.label.overrides import read_overrides
from build_bundle.study.models_file import read_models
from core.bundle.manifest import ORGANISMS
from core.errors import ConfigError

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "train": "build_bundle.train.settings:TrainSettings",
        "evaluate": "build_bundle.evaluate.settings:EvaluateSettings",
        "embed": "build_bundle.index.settings:EmbedSettings",
        "index": "build_bundle.index.settings:IndexSettings",
        "differential": "build_bundle.differential.settings:DifferentialSettings",
        "projection": "build_bundle.index.projection:ProjectionSettings",
    }
)
"""TOML table of a numeric step -> where its settings dataclass stands."""


def read_config(path: Path, *, data: Path | None = None, for_study: bool = False) -> Config:
    """Read a configuration.

    Parameters
    ----------
    path : Path
        TOML file.
    data : Path, optional
        Folder that ``$DATA`` in paths stands for.
    for_study : bool
        Whether a network study takes its studies from the configuration: then the study that ``[evaluate]`` names need
        not be there yet.

    Returns
    -------
    Config
        Complete and consistent.

    Raises
    ------
    ConfigError
        With all problems, one a line.
    """
    problems = Problems()
    config = _parsed(path, data, problems)
    if config is not None:
        config = _taught(config, path, problems)
        _check_all(config, problems)
        if not for_study:
            _check_models(config, problems)
    if problems.found or config is None:
        listed = "".join(f"\n  - {sentence}" for sentence in problems.found)
        many = f"{len(problems.found)} problem{'s' * (len(problems.found) > 1)}"
        raise ConfigError(f"{path.name} has {many}:{listed}\n", next_step="Correct the file.")
    return config


def _parsed(path: Path, data: Path | None, problems: Problems) -> Config | None:
    """Read one file, whatever others it names; None where it has a problem."""
    table = read_toml(path)
    steps = {name: fill(_settings(where), table.pop(name, {}), name, problems) for name, where in SETTINGS.items()}
    config: Config | None = fill(Config, table, "", problems)
    return config and dataclasses.replace(config, steps=steps, folder=path.resolve().parent, data=data)


def _taught(config: Config, path: Path, problems: Problems) -> Config:
    """Add the teachers of other configurations."""
    others = []
    for i, name in enumerate(config.teachers):
        place, file, theirs = f"teachers[{i}]", config.path(name), Problems()
        if file.resolve() == path.resolve():
            problems.add(place, "is this configuration itself.")
            continue
        try:
            other = _parsed(file, config.data, theirs)
        except ConfigError as error:
            problems.add(place, error.message)
            continue
        for sentence in theirs.found:
            problems.add(place, f"in {name}, {sentence}")
        if other is None:
            continue
        if other.overrides not in {"", config.overrides}:
            problems.add(place, f"{name} has overrides of its own, which would not count here: name them here too.")
        others.append(other)
    return with_teachers(config, others)


def _settings(where: str) -> type[Any]:
    module, name = where.split(":")
    kind: type[Any] = getattr(import_module(module), name)
    return kind


def _check_all(config: Config, problems: Problems) -> None:
    _check_keys(config, problems)
    _check_studies(config, problems)
    _check_files(config, problems)
    _check_mappings(config, problems)
    _check_collection(config, problems)
    _check_folds(config, problems)


def _check_keys(config: Config, problems: Problems) -> None:
    parts = [p.part for s in config.study for p in s.parts]
    for what, keys in (("study", [s.study for s in config.study]), ("study.part", parts),
                       ("example", [e.example for e in config.example])):  # fmt: skip
        for key in _repeated(keys):
            problems.add(what, f"the key {key!r} is used more than once.")


def _repeated(keys: Iterable[str]) -> list[str]:
    return [key for key, n in Counter(keys).items() if n > 1]


def _check_studies(config: Config, problems: Problems) -> None:
    reference = {s.study for s in config.study if s.role == "reference"}
    if not reference:
        problems.add("study", "none has the role reference.")
    for i, study in enumerate(config.study):
        _check_organisms(config, study, f"study[{i}].organism", problems)
        if any(part.labels is None for part in study.parts):
            problems.add(f"study[{i}].labels", f"is missing for {study.study}: without labels no cell can be used.")
    for i, example in enumerate(config.example):
        if example.study and example.study not in reference:
            problems.add(f"example[{i}].study", f"{example.study!r} is no study with the role reference.")


def _check_organisms(config: Config, study: StudyConfig, place: str, problems: Problems) -> None:
    for part in study.parts:
        organism = study.organism_of(part)
        if organism in {"", config.organism}:
            continue
        if organism not in ORGANISMS:
            problems.add(place, f"{organism!r} is none of {', '.join(ORGANISMS)}.")
        elif study.role_of(part) != "teacher":
            problems.add(place, f"is {organism}, the bundle's is {config.organism}: {part.part} can only be a teacher.")
        elif config.genes.orthologs is None:
            problems.add("genes.orthologs", f"is missing: {part.part} has {organism} genes.")


def _check_files(config: Config, problems: Problems) -> None:
    for file in config.files:
        if file.package and file.package not in config.packages:
            problems.add("packages", f'"{file.package}" is missing: give the SHA-256 of its wheel.')
        if file.path.startswith(DATA_VARIABLE) and config.data is None:
            problems.add(file.path, f"names {DATA_VARIABLE}: give the folder with --data.")
            return
    for file in (*config.ontology.files, *config.genes.files):
        if file.path and not config.path(file.path).exists():
            problems.add(file.path, "does not exist.")


def _check_mappings(config: Config, problems: Problems) -> None:
    for name in config.mappings:
        try:
            mapping = read_mapping(config.path(name))
        except ConfigError as error:
            problems.add(name, error.message)
            continue
        used = [s.study for s in config.study if any(p.labels and p.labels.mapping == name for p in s.parts)]
        for study in used:
            if not mapping.of_study(study):
                problems.add(name, f"has no row for {study}.")


def _check_collection(config: Config, problems: Problems) -> None:
    named = config.collection
    for key, text in (("catalogue", named.catalogue), ("labels", named.labels), ("quantified", named.quantified)):
        if text and not config.path(text).is_dir():
            problems.add(f"collection.{key}", f"{text} is no folder.")
    if config.overrides:
        try:
            read_overrides(config.path(config.overrides))
        except ConfigError as error:
            problems.add("overrides", error.message)


def _check_models(config: Config, problems: Problems) -> None:
    if config.study_folder is None:
        return
    if config.steps["evaluate"].study.startswith(DATA_VARIABLE) and config.data is None:
        problems.add("evaluate.study", f"names {DATA_VARIABLE}: give the folder with --data.")
        return
    try:
        read_models(config.study_folder)
    except ConfigError as error:
        problems.add("evaluate.study", error.message)


def _check_folds(config: Config, problems: Problems) -> None:
    reference = {s.study for s in config.study if s.role == "reference"}
    for fold in getattr(config.steps["evaluate"], "folds", ()):
        for study in sorted(set(fold) - reference):
            problems.add("evaluate.folds", f"{study!r} is no study with the role reference.")
