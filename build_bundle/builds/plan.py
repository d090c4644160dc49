"""The steps of a build in order, as data: what each needs, what its result depends on, what it runs.

Reading this file top to bottom is reading how a bundle is made. Not here: running (``runner``) and keeping (`build_bundle.steps.store`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields, replace
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from build_bundle.builds.workshop import Workshop, gene_index_of, gene_names_of
from build_bundle.cells.corpus import Corpus
from build_bundle.cells.corpus_step import SET_ASIDE, read_parts, write_corpus_step
from build_bundle.cells.step_context import StepContext
from build_bundle.configuration.study_config import ExampleConfig, PartConfig, StudyConfig
from build_bundle.genes.orthologs import read_orthologs
from build_bundle.report import write_report
from build_bundle.sources.examples import read_example
from build_bundle.sources.part import PartRequest, read_part
from build_bundle.steps.task import Facts, Task, TaskContext
from build_bundle.tables.expression_step import write_expression
from build_bundle.tables.tables_step import TableInputs, write_tables
from core.bundle.schema import GENE_NAMES, SCHEMA_VERSION
from core.bundle.strict_json import plain
from core.bundle.writer import write_array, write_table
from core.errors import SourceError
from core.expression.recipe import Recipe

LIBRARIES = ("numpy", "scipy", "pandas", "pyarrow", "h5py", "keras", "jax", "nmslib", "safetensors", "scikit-learn")
PUBLISHED = (
    "train", "embed", "index", "projection", "differential", "evaluate", "expression", "tables", "report",
)  # fmt: skip
"""Steps whose files make up the bundle."""

_READING = ("build_bundle.sources", "build_bundle.genes.orthologs")


def make_plan(workshop: Workshop) -> list[Task]:
    """Return all steps of a build, in an order in which they can run.

    Parameters
    ----------
    workshop : Workshop
        The configuration and what the steps share.

    Returns
    -------
    list of Task
        Nothing has been fetched or read yet; files of the configuration have been hashed.
    """
    reading = list(_reading_tasks(workshop))
    names = tuple(task.name for task in reading)
    tasks = [
        _fetch_task(workshop),
        _genes_task(workshop),
        *reading,
        _corpus_task(workshop, names),
        _numeric(workshop, "train", "Train the encoder", "build_bundle.train"),
        _numeric(workshop, "embed", "Embed all cells", "build_bundle.index.embed", needs=("train",)),
        _numeric(workshop, "index", "Build the index", "build_bundle.index", needs=("train", "embed")),
        _numeric(workshop, "projection", "Draw the map", "build_bundle.index.projection", needs=("train", "embed")),
        _numeric(workshop, "differential", "Find genes that set types apart", "build_bundle.differential"),
        _numeric(
            workshop, "evaluate", "Test on held-out studies", "build_bundle.evaluate", needs=("train",), also=("train",)
        ),
        _expression_task(),
        _tables_task(workshop, names),
        _report_task(workshop, names),
    ]
    return [replace(task, material={**task.material, "schema": SCHEMA_VERSION}) for task in tasks]


def _fetch_task(workshop: Workshop) -> Task:
    files = [file for file in workshop.config.files if file.package]

    def run(context: TaskContext) -> Facts:
        for i, file in enumerate(files):
            context.progress(i / len(files), file.words)
            workshop.path(file)
        return {"n_files": len(files)}

    return Task("fetch", "Fetch files", run, material={"files": [plain(file) for file in files]})


def _genes_task(workshop: Workshop) -> Task:
    def run(context: TaskContext) -> Facts:
        return {"n_genes": write_table(context.out, GENE_NAMES, workshop.make_gene_names())}

    material = {"files": [workshop.digest(file) for file in workshop.config.genes.files]}
    return Task("genes", "Join gene names", run, material=material, modules=("build_bundle.genes.names",))


def _reading_tasks(workshop: Workshop) -> Iterator[Task]:
    for study in workshop.config.study:
        for part in study.parts:
            examples = [e for e in workshop.config.example if e.study == study.study and part == study.parts[0]]
            yield _part_task(workshop, study, part, examples)
    for example in workshop.config.example:
        if example.source is not None:
            yield _example_task(workshop, example)


def _shared_material(workshop: Workshop) -> dict[str, Any]:
    config = workshop.config
    return {
        "organism": config.organism,
        "seed": config.seed,
        "ontology": [workshop.digest(file) for file in config.ontology.files],
        "general": [config.selection.general_terms, config.selection.general_prefixes],
    }


def _part_task(workshop: Workshop, study: StudyConfig, part: PartConfig, examples: Sequence[ExampleConfig]) -> Task:
    labels = part.labels
    mapping = workshop.mappings[labels.mapping].of_study(study.study) if labels and labels.mapping else None
    table = labels.table if labels else None
    overrides = workshop.overrides_of(study)
    own = workshop.config.organism
    organism = study.organism_of(part) or own
    foreign = workshop.config.genes.orthologs if organism != own else None

    def run(context: TaskContext) -> Facts:
        names = gene_index_of(context.done["genes"].folder)
        request = PartRequest(
            part=part,
            organism=organism,
            matrix=workshop.path(part.source),
            label_table=workshop.path(table) if table else None,
            mapping=mapping,
            examples=examples,
            seed=workshop.config.seed,
            overrides=overrides,
            spoken=workshop.spoken if overrides else {},
            orthologs=read_orthologs(workshop.path(foreign), organism, names) if foreign else None,
        )
        try:
            return read_part(request, names, workshop.rules, context.out, context.progress)
        except SourceError as error:
            return {SET_ASIDE: str(error)}

    material = _shared_material(workshop) | {
        "part": [plain(part), organism],
        "mapping": mapping,
        "overrides": [plain(override) for override in overrides],
        "spoken": workshop.spoken_digest if overrides else "",
        "examples": [plain(example) for example in examples],
        "files": [workshop.digest(file) for file in (part.source, table, foreign) if file],
    }
    return Task(f"read-{part.part}", f"Read {part.part}", run, ("genes",), material, _READING)


def _example_task(workshop: Workshop, example: ExampleConfig) -> Task:
    source = example.source
    if source is None:
        raise ValueError(example.example)

    def run(context: TaskContext) -> Facts:
        names = gene_index_of(context.done["genes"].folder)
        organism = workshop.config.organism
        size = read_example(workshop.path(source), example, organism, names, context.out)
        return {"examples": {example.example: size}}

    material = _shared_material(workshop) | {"example": plain(example), "files": [workshop.digest(source)]}
    return Task(f"example-{example.example}", f"Read example {example.example}", run, ("genes",), material, _READING)


def _corpus_task(workshop: Workshop, reading: tuple[str, ...]) -> Task:
    def run(context: TaskContext) -> Facts:
        parts = read_parts(workshop.config, context.done)
        gene_names = gene_names_of(context.done["genes"].folder)
        return write_corpus_step(context.out, parts, gene_names, workshop.ontology, workshop.config)

    config = workshop.config
    material = _shared_material(workshop) | {
        "selection": plain(config.selection),
        "roles": [[study.study, [[p.part, study.role_of(p)] for p in study.parts]] for study in config.study],
    }
    return Task("corpus", "Join the studies", run, ("genes", *reading), material, ("build_bundle.cells.corpus_step",))


def _numeric(
    workshop: Workshop, name: str, title: str, module: str, *, needs: tuple[str, ...] = (), also: tuple[str, ...] = (),
) -> Task:  # fmt: skip
    """Make the task of a step that works on the corpus with a settings table of its own name."""
    settings = {table: workshop.config.steps[table] for table in (name, *also)}

    def run(context: TaskContext) -> Facts:
        step: Callable[[StepContext], Facts] = import_module(module).run
        inputs = {key: context.done[key] for key in needs}
        return step(
            StepContext(
                corpus=Corpus.open(context.done["corpus"].folder),
                inputs={key: finished.folder for key, finished in inputs.items()},
                facts={key: finished.facts for key, finished in inputs.items()},
                settings=settings[name],
                out=context.out,
                seed=workshop.config.seed,
                all_settings=settings,
                progress=context.progress,
                scratch=context.scratch,
            )
        )

    material = {
        "settings": {table: _counting(value) for table, value in settings.items()},
        "seed": workshop.config.seed,
        "libraries": library_versions(),
    }
    return Task(name, title, run, ("corpus", *needs), material, (module,))


def _counting(settings: Any) -> dict[str, Any]:  # noqa: ANN401 - one of several dataclasses
    """Return the settings that change a step's numbers: `study` of `[evaluate]` only adds a table, in the tables step."""
    return {field.name: plain(getattr(settings, field.name)) for field in fields(settings) if field.name != "study"}


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that shape the numbers of a bundle."""
    return {name: version(name) for name in LIBRARIES}


def _expression_task() -> Task:
    def run(context: TaskContext) -> Facts:
        recipe = Recipe.from_dict(dict(context.done["train"].facts["recipe"]))
        corpus = Corpus.open(context.done["corpus"].folder)
        n_cells_of_gene = write_expression(context.out, corpus, recipe, progress=context.progress)
        write_array(context.out, "n_cells_of_gene.npy", n_cells_of_gene)
        return {"n_values": int(np.sum(n_cells_of_gene))}

    return Task(
        "expression", "Write expression", run, ("corpus", "train"), modules=("build_bundle.tables.expression_step",)
    )


def _tables_task(workshop: Workshop, reading: tuple[str, ...]) -> Task:
    def run(context: TaskContext) -> Facts:
        gene_names = gene_names_of(context.done["genes"].folder)
        inputs = TableInputs(workshop.config, workshop.ontology, gene_names, context.done)
        return write_tables(context.out, Corpus.open(context.done["corpus"].folder), inputs)

    named = {"collection": workshop.collection_digests, "models": workshop.models_digests}
    material = _shared_material(workshop) | _described(workshop) | named
    needs = ("genes", *reading, "corpus", "train", "expression")
    return Task("tables", "Write tables", run, needs, material, ("build_bundle.tables.tables_step",))


def _report_task(workshop: Workshop, reading: tuple[str, ...]) -> Task:
    def run(context: TaskContext) -> Facts:
        names = {term_id: term.name for term_id, term in workshop.ontology.terms.items()}
        write_report(context.out, workshop.config, context.done, names=names)
        return {}

    needs = ("genes", *reading, "corpus", "train", "index", "projection", "differential", "evaluate", "tables")
    material = _described(workshop) | {"collection": workshop.collection_digests}
    return Task("report", "Write the report", run, needs, material, ("build_bundle.report",))


def _described(workshop: Workshop) -> dict[str, Any]:
    """Return the parts of the configuration that only describe, and so only change tables and the report."""
    config = workshop.config
    return {
        "bundle": [config.name, config.title, config.organism, config.notes, plain(config.ontology)],
        "studies": [plain(study) for study in config.study],
        "examples": [plain(example) for example in config.example],
    }
