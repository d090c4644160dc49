"""All libraries of a quantification as tasks: declared once, for this process and for jobs of a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from build_bundle.quantify import programs
from build_bundle.quantify.library import Library
from build_bundle.quantify.library_step import RETRY, LibraryJob, crashed, quantify_library
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.step import Facts, Finished, Task, TaskContext
from build_bundle.step_store import StepStore
from build_bundle.workflow.groups import Group, Load, make_groups
from core.errors import ConfigError

WORK = ".quantify"
_MEGABYTE = 1_000_000
_BASE_MEMORY_MB = 3_000
_MODULES = tuple(
    f"build_bundle.quantify.{name}" for name in ("alignment", "droplets", "fastq", "library_step", "reads")
)
_NOT_RESULT = ("threads", "timeout_s", "rpkm_total")  # settings that change no count


@dataclass(frozen=True)
class QuantifyPlan:
    """Everything a quantification does, as values.

    Parameters
    ----------
    libraries : tuple of Library
        In a fixed order.
    reference : Reference
        Prepared.
    settings : QuantifySettings
        How.
    programs : mapping of str to str
        External programs it uses, and their versions.
    out : Path
        Where finished libraries are kept (``.quantify/steps``).
    """

    libraries: tuple[Library, ...]
    reference: Reference
    settings: QuantifySettings
    programs: Mapping[str, str]
    out: Path

    @property
    def store(self) -> StepStore:
        """Finished libraries."""
        return StepStore(self.out / WORK / "steps")

    @property
    def tasks(self) -> list[Task]:
        """One task a library, in the same order."""
        return [self._task(library) for library in self.libraries]

    def rescue(self, task: Task, error: Exception) -> Facts:
        """Return the facts of a library whose task raised."""
        return crashed(next(library for library in self.libraries if library.key == task.name), error)

    @staticmethod
    def again(finished: Finished) -> bool:
        """Whether a library failed for a reason outside its files and is tried once more."""
        return RETRY in finished.facts

    def groups(self, *, size: int, threads: int) -> list[Group]:
        """Return its groups for a cluster: plates by `size`, large libraries alone."""
        index = sum(facts["bytes"] for facts in self.reference.manifest["files"].values())
        memory_mb = _BASE_MEMORY_MB + int(1.2 * index / _MEGABYTE)
        return make_groups([_load(item) for item in self.libraries], size=size, threads=threads, memory_mb=memory_mb)

    def write(self, path: Path, groups: Sequence[Group]) -> None:
        """Write the plan for `read`."""
        values = {
            "out": str(self.out.resolve()),
            "reference": str(self.reference.folder.resolve()),
            "reference_digest": self.reference.digest,
            "settings": asdict(self.settings),
            "programs": dict(self.programs),
            "libraries": [library.to_json() for library in self.libraries],
            "groups": [asdict(group) for group in groups],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(json.dumps(values, indent=1), encoding="utf-8")
        part.replace(path)

    @classmethod
    def read(cls, path: Path, group: str) -> QuantifyPlan:
        """Read the part of a plan that belongs to one group, and check that this machine is as the plan wants it.

        Raises
        ------
        ConfigError
            Where plan or group do not exist, or programs or reference are others than on the machine that planned.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            names = next(set(item["tasks"]) for item in values["groups"] if item["name"] == group)
        except (OSError, ValueError, KeyError, StopIteration) as error:
            raise ConfigError(f"The plan {path} has no group {group}.") from error
        reference = Reference.open(Path(values["reference"]))
        here = programs.versions(values["programs"])
        if here != values["programs"] or reference.digest != values["reference_digest"]:
            raise ConfigError(
                f"This machine would count otherwise: {_difference(values['programs'], here) or 'another reference'}.",
                next_step="Install the same versions on all machines.",
                code="other-programs",
            )
        libraries = (Library.from_json(item) for item in values["libraries"])
        chosen = tuple(library for library in libraries if library.key in names)
        return cls(chosen, reference, QuantifySettings(**values["settings"]), here, Path(values["out"]))

    def _task(self, library: Library) -> Task:
        def run(context: TaskContext) -> Facts:
            job = LibraryJob(library, self.reference, self.settings)
            return quantify_library(job, context.out, context.progress)

        settings = {key: value for key, value in asdict(self.settings).items() if key not in _NOT_RESULT}
        material: dict[str, Any] = {
            **library.material,
            "reference": self.reference.digest,
            "settings": settings,
            "programs": dict(self.programs),
        }
        return Task(library.key, f"{library.study} {library.sample}", run, material=material, modules=_MODULES)


def make_plan(
    libraries: Sequence[Library], reference: Reference, settings: QuantifySettings, out: Path
) -> QuantifyPlan:
    """Plan a quantification.

    Parameters
    ----------
    libraries : sequence of Library
        What to quantify.
    reference : Reference
        Prepared.
    settings : QuantifySettings
        How.
    out : Path
        Folder of the results.

    Returns
    -------
    QuantifyPlan
        Nothing has run yet; the versions of the programs have been asked.

    Raises
    ------
    ConfigError
        Where a program is missing, or two libraries have the same study and sample.
    """
    keys = [library.key for library in libraries]
    twice = next((library for library in libraries if keys.count(library.key) > 1), None) if _has_twice(keys) else None
    if twice is not None:
        raise ConfigError(f"Sample {twice.sample} of {twice.study} is there twice.", code="two-samples")
    names = {"hisat2", "samtools", "featureCounts"}
    if reference.has_droplets:
        names.add("STAR")
    if any(file.kind == "sra" for library in libraries for file in library.files):
        names.add("fasterq-dump")
    return QuantifyPlan(tuple(libraries), reference, settings, programs.versions(names), out)


def _has_twice(keys: Sequence[str]) -> bool:
    return len(set(keys)) < len(keys)


def _load(library: Library) -> Load:
    n_bytes = sum(file.path.stat().st_size for file in library.files if file.path.is_file())
    return Load(library.key, n_bytes / _MEGABYTE, is_large=library.protocol == "droplet")


def _difference(planned: Mapping[str, str], here: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {here.get(name)} for {planned[name]}" for name in planned if here.get(name) != planned[name]
    )
