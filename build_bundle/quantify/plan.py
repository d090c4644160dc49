"""All libraries of a quantification as tasks: declared once, for this process and for jobs of a cluster."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from build_bundle.genes.names import read_gene_table
from build_bundle.quantify import programs
from build_bundle.quantify.author import AuthorStudy, author_crashed, quantify_authors
from build_bundle.quantify.library import RETRY, Library, file_state
from build_bundle.quantify.library_step import LibraryJob, crashed, quantify_library
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.quantify.sheet import Sheet
from build_bundle.steps.store import StepStore
from build_bundle.steps.task import Facts, Finished, Task, TaskContext
from build_bundle.workflow.groups import Group, Load, make_groups
from core.durable import write_durably
from core.errors import ConfigError
from core.expression.genes import GeneNames

WORK = ".quantify"
_MEGABYTE = 1_000_000
_BASE_MEMORY_MB = 3_000
_MODULES = ("build_bundle.quantify.library_step",)
_AUTHOR_MODULES = ("build_bundle.quantify.author",)
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
    authors : tuple of AuthorStudy
        Studies of which only processed matrices are there; they are read where the plan is made.
    gene_names : Path, optional
        Table of gene names for these (`build_bundle.genes.names.read_gene_table`); the reference's own otherwise.
    """

    libraries: tuple[Library, ...]
    reference: Reference
    settings: QuantifySettings
    programs: Mapping[str, str]
    out: Path
    authors: tuple[AuthorStudy, ...] = ()
    gene_names: Path | None = None

    @property
    def store(self) -> StepStore:
        """Finished libraries."""
        return StepStore(self.out / WORK / "steps")

    @property
    def tasks(self) -> list[Task]:
        """One task a library, in the same order."""
        return [self._task(library) for library in self.libraries]

    @property
    def author_tasks(self) -> list[Task]:
        """One task a study with processed matrices alone."""
        return [self._author_task(study) for study in self.authors]

    def rescue(self, task: Task, error: Exception) -> Facts:
        """Return the facts of a library whose task raised."""
        library = next((library for library in self.libraries if library.key == task.name), None)
        return author_crashed(error) if library is None else crashed(library, error)

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
        write_durably(path, json.dumps(values, indent=1).encode())

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
        except (OSError, ValueError, KeyError, TypeError, AttributeError, StopIteration) as error:
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

    def _author_task(self, study: AuthorStudy) -> Task:
        def run(context: TaskContext) -> Facts:
            symbols = self.reference.genes["gene_symbol"].unique().tolist()
            names = gene_names(self.reference, self.gene_names)
            return quantify_authors(study, symbols, names, context.out, context.progress)

        material: dict[str, Any] = {
            **study.material,
            "reference": self.reference.digest,
            "gene_names": list(file_state(self.gene_names)) if self.gene_names else [],
        }
        title = f"{study.study}, values of its authors"
        return Task(author_key(study.study), title, run, material=material, modules=_AUTHOR_MODULES)

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


def gene_names(reference: Reference, table: Path | None) -> GeneNames:
    """Return the names of genes that authors may use.

    Parameters
    ----------
    reference : Reference
        Its genes have a symbol and an Ensembl id or an Entrez id.
    table : Path, optional
        CSV of symbol, ensembl, entrez, aliases; it brings aliases, and its symbols must be the reference's.

    Returns
    -------
    GeneNames
        Ready to resolve.
    """
    if table is not None:
        return GeneNames.from_table(read_gene_table(table))
    genes = reference.genes
    ids = [str(gene_id).split(".", maxsplit=1)[0] for gene_id in genes["gene_id"]]
    ensembl = [[found] if found.startswith("ENS") else [] for found in ids]
    entrez = [[found] if found.isdigit() else [] for found in ids]
    return GeneNames.from_lists(genes["gene_symbol"].tolist(), ensembl, entrez, [()] * len(genes))


def author_key(study: str) -> str:
    """Return the name of a study's author task."""
    return Library(study, "authors' values").key


def make_plan(
    sheet: Sheet, reference: Reference, settings: QuantifySettings, out: Path, gene_table: Path | None = None
) -> QuantifyPlan:
    """Plan a quantification.

    Parameters
    ----------
    sheet : Sheet
        What to quantify.
    reference : Reference
        Prepared.
    settings : QuantifySettings
        How.
    out : Path
        Folder of the results.
    gene_table : Path, optional
        Gene names for processed matrices.

    Returns
    -------
    QuantifyPlan
        Nothing has run yet; the versions of the programs have been asked.

    Raises
    ------
    ConfigError
        Where a program is missing, or two libraries have the same study and sample.
    """
    libraries = sheet.libraries
    keys = [library.key for library in libraries]
    if len(set(keys)) < len(keys):
        twice = next(library for library in libraries if keys.count(library.key) > 1)
        raise ConfigError(f"Sample {twice.sample} of {twice.study} is there twice.", code="two-samples")
    names = {"hisat2", "samtools", "featureCounts"}
    if reference.has_droplets:
        names.add("STAR")
    if any(file.kind == "sra" for library in libraries for file in library.files):
        names.add("fasterq-dump")
    if gene_table is not None:
        gene_names(reference, gene_table)  # refused before hours of work, not after
    only = {library.study for library in libraries if not library.files and not any(library.fault)}
    authors = tuple(study for study in sheet.authors if study.study in only)
    return QuantifyPlan(libraries, reference, settings, programs.versions(names), out, authors, gene_table)


def _load(library: Library) -> Load:
    n_bytes = sum(file.path.stat().st_size for file in library.files if file.path.is_file())
    return Load(library.key, n_bytes / _MEGABYTE, is_large=library.protocol == "droplet")


def _difference(planned: Mapping[str, str], here: Mapping[str, str]) -> str:
    return ", ".join(
        f"{name} {here.get(name)} for {planned[name]}" for name in planned if here.get(name) != planned[name]
    )
