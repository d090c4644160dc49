"""About the reference: what is in it, how well it answers, how it was built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from core import words
from core.bundle.manifest import EncoderFacts, Manifest
from core.bundle.reader import Bundle
from core.bundle.schema import ALL, CALIBRATION, ENCODER, TYPE
from core.explore.model_types import GATHERED, model_types
from core.explore.models_by_type import models_by_type
from core.explore.naming import type_names
from core.explore.trust import TrustView, trust_view
from core.search.index import way_of_search
from core.search.labelling import is_thin

STATUS_ORDER = ("used", "held_out", "set_aside")


@dataclass(frozen=True)
class ReferenceView:
    """The Reference tab.

    Parameters
    ----------
    title, organism, built_on : str
        "Human blood and pancreas", "human", "20 Nov 2026".
    chip : str
        "5,037 cells · 29 types · 7 studies · built 20 Nov 2026".
    n_cells, n_genes, n_types, n_studies : int
        Counts of what is searched.
    types : pandas.DataFrame
        Most cells first: type_id, type_name, n_cells, n_studies, thin (bool), accuracy, ci_low, ci_high, n_query (held-out cells; NaN
        where the evaluation lacks the type).
    baselines : pandas.DataFrame
        The same accuracy of the methods the encoder was compared with: type_id, model, accuracy, ci_low, ci_high.
    studies : pandas.DataFrame
        study, accession, title, pubmed_id, year, technology, tissue, n_cells, n_genes, n_types, status, reason, licence; used first.
    evaluation : pandas.DataFrame
        Over all types: split, model, metric, value, ci_low, ci_high, p_value, n_query, k.
    collection, reads, rates : pandas.DataFrame
        The tables ``collection``, ``reads_by_study`` and ``alignment_rates``; of the last the measure that the alignment rule looks
        at, or the one there is. The last two are empty where no reads were counted.
    facts : tuple of (str, str)
        How it was built, as rows of name and text.
    trust : TrustView
        How far labels are to be trusted.
    model_types : pandas.DataFrame
        Retrieval by query type and model (`core.explore.model_types`).
    training, models, models_by_type : pandas.DataFrame
        The tables of these names: how the networks were trained, and all models of a study, over all and by cell type; empty
        where there are none.
    study_types : dict of str to pandas.DataFrame
        Retrieval by query type and model of the study, by reference (`core.explore.models_by_type`), that of this organism
        first.
    """

    title: str
    organism: str
    built_on: str
    chip: str
    n_cells: int
    n_genes: int
    n_types: int
    n_studies: int
    types: pd.DataFrame
    baselines: pd.DataFrame
    studies: pd.DataFrame
    evaluation: pd.DataFrame
    collection: pd.DataFrame
    reads: pd.DataFrame
    rates: pd.DataFrame
    facts: tuple[tuple[str, str], ...]
    trust: TrustView
    model_types: pd.DataFrame
    training: pd.DataFrame
    models: pd.DataFrame
    models_by_type: pd.DataFrame
    study_types: dict[str, pd.DataFrame]


def reference_view(bundle: Bundle) -> ReferenceView:
    """Collect what the Reference tab shows.

    Parameters
    ----------
    bundle : Bundle
        The reference.

    Returns
    -------
    ReferenceView
        Facts and tables.
    """
    manifest = bundle.manifest
    counts = manifest.counts
    models, by_type = bundle.frame("models"), bundle.frame("models_by_type")
    return ReferenceView(
        title=manifest.title,
        organism=manifest.organism,
        built_on=built_on(manifest),
        chip=chip(manifest),
        n_cells=counts.n_cells,
        n_genes=counts.n_genes,
        n_types=counts.n_cell_types,
        n_studies=counts.n_studies,
        types=_types(bundle),
        baselines=_baselines(bundle),
        studies=_studies(bundle),
        evaluation=_evaluation(bundle),
        collection=bundle.frame("collection"),
        reads=bundle.frame("reads_by_study"),
        rates=_rates(bundle.frame("alignment_rates")),
        facts=_facts(manifest),
        trust=trust_view(bundle.frame(CALIBRATION.name)),
        model_types=model_types(bundle.frame("evaluation"), type_names(bundle)),
        training=bundle.frame("training"),
        models=models,
        models_by_type=by_type,
        study_types=models_by_type(by_type, models, first=manifest.organism),
    )


def chip(manifest: Manifest) -> str:
    """Write the counts beside the reference's title.

    Parameters
    ----------
    manifest : Manifest
        Of the bundle.

    Returns
    -------
    str
        "5,037 cells · 29 types · 7 studies · built 20 Nov 2026".
    """
    counts = manifest.counts
    parts = (
        words.count(counts.n_cells, "cell"),
        words.count(counts.n_cell_types, "type"),
        words.count(counts.n_studies, "study", "studies"),
    )
    return " · ".join((*parts, f"built {built_on(manifest)}"))


def built_on(manifest: Manifest) -> str:
    """Write the day of the build, for example ``20 Nov 2026``."""
    day = datetime.fromisoformat(manifest.built_at)
    return f"{day.day} {day:%b %Y}"


def _types(bundle: Bundle) -> pd.DataFrame:
    types = bundle.cell_types.rename(columns={TYPE: "type_id", "cell_type": "type_name"})
    types["thin"] = is_thin(types)
    accuracy = _accuracy(bundle)
    types = types.merge(accuracy[accuracy["model"] == ENCODER].drop(columns="model"), on="type_id", how="left")
    columns = ["type_id", "type_name", "n_cells", "n_studies", "thin", "accuracy", "ci_low", "ci_high", "n_query"]
    return types.sort_values(["n_cells", "type_name"], ascending=[False, True], ignore_index=True)[columns]


def _baselines(bundle: Bundle) -> pd.DataFrame:
    accuracy = _accuracy(bundle)
    others = accuracy[(accuracy["model"] != ENCODER) & ~accuracy["type_id"].isin(GATHERED)]
    return others.drop(columns="n_query").sort_values(["type_id", "model"], ignore_index=True)


def _accuracy(bundle: Bundle) -> pd.DataFrame:
    """Return the accuracy of every model and type over all held-out studies."""
    table = bundle.frame("evaluation")
    wanted = (table["split"] == "study") & (table["held_out"] == ALL) & (table["metric"] == "accuracy")
    rows = table[wanted].rename(columns={TYPE: "type_id", "value": "accuracy"})
    return rows[["type_id", "model", "accuracy", "ci_low", "ci_high", "n_query"]]


def _studies(bundle: Bundle) -> pd.DataFrame:
    table = bundle.studies
    table["year"] = table["release_date"].map(year).astype(object)
    table["n_types"] = table["n_cell_types"]
    rank = table["status"].map({status: i for i, status in enumerate(STATUS_ORDER)})
    table = table.assign(rank=rank).sort_values(["rank", "n_cells"], ascending=[True, False], ignore_index=True)
    table = table[
        ["study", "accession", "title", "pubmed_id", "year", "technology", "tissue", "n_cells", "n_genes", "n_types",
         "status", "reason", "licence"]
    ]  # fmt: skip
    return table.astype(object).where(table.notna(), None)


def year(date: object) -> int | None:
    """Read the year of an ISO date.

    Parameters
    ----------
    date : object
        Text such as ``2018-04-01``, or a missing value.

    Returns
    -------
    int or None
        None where there is none.
    """
    return int(date[:4]) if isinstance(date, str) and date[:4].isdecimal() else None


def _rates(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the measure that the rule looks at, else the first there is."""
    if table.empty:
        return table
    measure = table.sort_values(["threshold", "measure"], ascending=[False, False])["measure"].iloc[0]
    chosen: pd.DataFrame = table[table["measure"] == measure].reset_index(drop=True)
    return chosen


def _evaluation(bundle: Bundle) -> pd.DataFrame:
    table = bundle.frame("evaluation")
    overall = table.loc[(table[TYPE] == ALL) & (table["held_out"] == ALL)]
    columns = ["split", "model", "metric", "value", "ci_low", "ci_high", "p_value", "n_query", "k"]
    return overall[columns].reset_index(drop=True)


def _embedding(encoder: EncoderFacts) -> str:
    """Say how wide the embedding is, and what it was made of."""
    made_of = f"{encoder.n_joined:,} hidden units"
    if encoder.n_coordinates:
        made_of = f"{encoder.n_coordinates} ontology coordinates and {made_of}"
    return f"{encoder.n_latent} numbers a cell, from {made_of}, length 1"


def _facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    encoder, confidence = manifest.encoder, manifest.confidence
    shape = " - ".join(f"{width:,}" for width in encoder.layers)
    return (
        ("Organism", manifest.organism),
        ("Cell types", f"{manifest.ontology.name}, release {manifest.ontology.release}"),
        (
            "Encoder",
            f"{words.count(encoder.n_nets, 'network')} of {shape} {encoder.activation} units on {encoder.n_vocabulary:,} genes",
        ),
        ("Embedding", _embedding(encoder)),
        ("Index", way_of_search(manifest.index)),
        (
            "Unknown",
            f"mean distance to the 10 nearest above {confidence.unknown_distance:.2f}: {confidence.learned_from}",
        ),
        ("Set aside", words.count(manifest.counts.n_set_aside, "study", "studies")),
        ("Built", f"{built_on(manifest)} with version {manifest.builder_version}, seed {manifest.seed}"),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in sorted(manifest.libraries.items()))),
        *(("Note", note) for note in manifest.notes),
    )
