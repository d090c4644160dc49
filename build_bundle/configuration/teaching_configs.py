"""The reference studies of other configurations as teachers: a collection is written down once and teaches others too.

Not here: what teachers do (``train.teachers``), what their genes are called (`build_bundle.genes.orthologs`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import overload

from build_bundle.configuration.config import DATA_VARIABLE, Config
from build_bundle.configuration.study_config import PartConfig, SourceFile, StudyConfig


def with_teachers(config: Config, others: Sequence[Config]) -> Config:
    """Let the reference studies of other configurations teach.

    Parameters
    ----------
    config : Config
        Whose networks learn.
    others : sequence of Config
        The configurations that `config.teachers` names.

    Returns
    -------
    Config
        With a teacher more for every reference study of the others, in their order. A study that `config` has too gets
        their files as parts, so that it is held out with all it has. Packages of the others count here too.
    """
    studies = list(config.study)
    taken = {part.part for study in studies for part in study.parts}
    packages = dict(config.packages)
    for other in others:
        packages = other.packages | packages
        for study in other.study:
            parts = tuple(_teachers(study, other, config, taken))
            taken |= {part.part for part in parts}
            same = next((i for i, mine in enumerate(studies) if mine.study == study.study), None)
            if parts and same is None:
                studies.append(_of_parts(replace(study, role="teacher", organism=other.organism), parts))
            elif parts and same is not None:
                studies[same] = _beside(studies[same], parts, study, other)
    return replace(config, study=tuple(studies), packages=packages)


def _teachers(study: StudyConfig, other: Config, config: Config, taken: set[str]) -> Iterator[PartConfig]:
    """Yield a study's files of reference cells as teachers, under names that are free and paths from here."""
    for part in study.parts:
        if study.role_of(part) == "reference":
            labels = part.labels
            if labels is not None:
                mapping = _from_here(labels.mapping, other, config)
                labels = replace(labels, mapping=mapping, table=_file(labels.table, other, config))
            name = f"{part.part}_{other.organism}" if part.part in taken else part.part
            source = _file(part.source, other, config)
            yield replace(part, part=name, source=source, labels=labels, role="teacher", organism=other.organism)


def _beside(mine: StudyConfig, parts: tuple[PartConfig, ...], theirs: StudyConfig, other: Config) -> StudyConfig:
    licence = mine.licence
    if theirs.licence != licence:
        licence = f"{licence}; {other.organism} cells {theirs.licence}"
    return _of_parts(replace(mine, licence=licence), (*mine.parts, *parts))


def _of_parts(study: StudyConfig, parts: tuple[PartConfig, ...]) -> StudyConfig:
    return replace(study, source=None, labels=None, scale="auto", select=(), replicate="", part=parts)


@overload
def _file(file: SourceFile, other: Config, config: Config) -> SourceFile: ...
@overload
def _file(file: SourceFile | None, other: Config, config: Config) -> SourceFile | None: ...
def _file(file: SourceFile | None, other: Config, config: Config) -> SourceFile | None:
    return file and replace(file, path=_from_here(file.path, other, config))


def _from_here(path: str, other: Config, config: Config) -> str:
    """Return what a path of the other configuration is called in this one."""
    if not path or path.startswith(DATA_VARIABLE):
        return path
    return os.path.relpath(other.path(path), config.folder)
