"""What a study found, as tables: every model on every held-out study, with intervals, and one row a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from build_bundle.evaluate.summary import bootstrap_interval, evaluation_table
from build_bundle.study.figures import model_bars, type_heatmap
from build_bundle.study.growth import GROWTH, N_BOOTSTRAP, write_growth
from build_bundle.study.models_file import file_of
from build_bundle.study.run import StudyStore
from core.bundle.schema import ALL, ENCODER, TYPE
from core.bundle.schema_networks import FIRST_FAMILIES, METRICS, MODELS, MODELS_BY_TYPE

SHOWN = 14  # models beside one another in a table
DIGITS = 6  # of figures in the .csv files: enough to be rounded once more
Notes = Sequence[Mapping[str, Any]]


def write_study(store: StudyStore, out: Path, names: Mapping[str, str], *, seed: int) -> Iterator[Path]:
    """Write tables and figures of all finished runs.

    Parameters
    ----------
    store : StudyStore
        Finished runs.
    out : Path
        Gets ``evaluation_PHASE.parquet``, ``models.csv``, ``models_by_type.csv``, ``study.md``, ``growth.csv`` and figures
        (``.svg``).
    names : mapping of str to str
        Type id to name.
    seed : int
        Of the bootstrap.

    Yields
    ------
    Path
        Each file written.
    """
    cells = store.cells()
    if cells.empty:
        return
    grown = cells["phase"] == GROWTH
    if grown.any():
        yield from write_growth(cells[grown], out, seed=seed)
    if not grown.all():
        yield from _write_models(cells[~grown], store, out, names, seed)


def _write_models(
    cells: pd.DataFrame, store: StudyStore, out: Path, names: Mapping[str, str], seed: int
) -> Iterator[Path]:
    tables = {str(phase): _table(part, seed) for phase, part in cells.groupby("phase", sort=True)}
    for phase, table in tables.items():
        path = out / f"evaluation_{phase}.parquet"
        table.to_parquet(path)
        yield path
    models = models_table(tables, [note for note in store.notes() if note["phase"] != GROWTH], seed)
    final = cells[(cells["phase"] == "final") & cells["model"].isin(models["model"])]
    for spec, rows in ((MODELS, models), (MODELS_BY_TYPE, models_by_type(final, names))):
        rows.round(DIGITS).to_csv(out / file_of(spec), index=False)
        yield out / file_of(spec)
    if "final" in tables:
        for name, text in (
            ("study.md", study_text(tables["final"], models)),
            ("mafp_by_type.svg", type_heatmap(tables["final"], models["model"].tolist())),
            ("models.svg", model_bars(models)),
        ):
            (out / name).write_text(text, encoding="utf-8")
            yield out / name


def _table(cells: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the evaluation table; a study that two references have, or several inner hold-outs ask, counts once in each."""
    once = cells["reference"] + " " + cells["held_out"]
    named = cells.assign(
        split="study", held_out=once.where(cells["phase"] != "inner", once + " without " + cells["fold"])
    )
    return evaluation_table(named, n_bootstrap=N_BOOTSTRAP, seed=seed)


def over_types(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a metric over all types: studies x models, without the means."""
    some = table[(table[TYPE] == ALL) & (table["metric"] == metric) & (table["held_out"] != ALL)]
    return some.pivot_table(index="held_out", columns="model", values="value")


def complete(wide: pd.DataFrame) -> pd.DataFrame:
    """Return the models that were run on all held-out studies."""
    return wide.loc[:, wide.notna().all(axis=0)]


def models_table(tables: Mapping[str, pd.DataFrame], notes: Notes, seed: int) -> pd.DataFrame:
    """Return one row a model.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Evaluation table by phase.
    notes : sequence of mapping
        Of the finished runs.
    seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``family``, ``sizes``, ``settings``, ``width``, ``train_seconds`` (mean over hold-outs), ``inner_mafp``
        (mean over left-out studies inside the training studies; empty where not run), ``n_studies`` (test studies), and for
        each of `METRICS` its mean over the test studies with ``_low`` and ``_high`` (95 %, bootstrap over studies); empty
        where the test studies were not asked yet. Models that lack a hold-out are left out. By ``inner_mafp``, then the
        default, baselines and rivals, networks by name: never by the test studies.
    """
    final, inner = tables.get("final"), tables.get("inner")
    chosen = final if final is not None else inner
    if chosen is None:
        return pd.DataFrame(columns=["model"])
    by_metric = {metric: complete(over_types(final, metric)) for metric in METRICS} if final is not None else {}
    inner_means = complete(over_types(inner, "mafp_weighted")).mean() if inner is not None else pd.Series(dtype=float)
    rows = [
        {
            "model": name,
            **_described(str(name), notes),
            "inner_mafp": inner_means.get(name, np.nan),
            "n_studies": len(by_metric["accuracy"]) if by_metric else 0,
            **_figures(str(name), by_metric, seed),
        }
        for name in complete(over_types(chosen, "accuracy")).columns
    ]
    table = pd.DataFrame(rows).sort_values("model")
    table = table.sort_values("family", key=lambda families: families.map(_place), kind="stable")
    return table.sort_values("inner_mafp", ascending=False, na_position="last", kind="stable", ignore_index=True)


def settings_words(*settings: Mapping[str, Any]) -> str:
    """Return the settings of a model as the column ``settings`` tells them: all values where its references differ."""
    keys = [key for key in settings[0] if key not in {"label", "hidden"}] if settings else []
    values = {key: sorted({str(one[key]) for one in settings}) for key in keys}
    return "; ".join(f"{key} {' or '.join(values[key])}" for key in keys)


def _place(family: str) -> int:
    return FIRST_FAMILIES.index(family) if family in FIRST_FAMILIES else len(FIRST_FAMILIES)


def models_by_type(cells: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Return one row a model, reference and cell type.

    Parameters
    ----------
    cells : pandas.DataFrame
        Scored query cells of the test studies (`StudyStore.cells`).
    names : mapping of str to str
        Type id to name; a type without one is called by its id.

    Returns
    -------
    pandas.DataFrame
        Columns of `core.bundle.schema_networks.MODELS_BY_TYPE`, by its key. Without methods that only label: their cells
        have no ``afp``.
    """
    key = list(MODELS_BY_TYPE.key)
    retrieved = cells[cells["afp"].notna()]
    table = retrieved.groupby(key).agg(mafp=("afp", "mean"), n_cells=("afp", "size"), n_studies=("held_out", "nunique"))
    table = table.reset_index()
    table["cell_type"] = [names.get(type_id, type_id) for type_id in table[TYPE]]
    return table[[column.name for column in MODELS_BY_TYPE.columns]]


def _figures(name: str, by_metric: Mapping[str, pd.DataFrame], seed: int) -> dict[str, float]:
    """Return the means of a model over the test studies, and their intervals."""
    row: dict[str, float] = {}
    for metric in METRICS:
        wide = by_metric.get(metric, pd.DataFrame())
        values = wide[name].to_numpy() if name in wide else np.array([])
        low, high = bootstrap_interval(values, N_BOOTSTRAP, seed)
        row[metric] = float(values.mean()) if len(values) else np.nan
        row |= {f"{metric}_{end}": np.nan if at is None else at for end, at in (("low", low), ("high", high))}
    return row


def _described(name: str, notes: Notes) -> dict[str, Any]:
    """Return what the notes of a model's runs say about it; labels of a rival share the rival's notes."""
    mine = [note for note in notes if note["model"] == name] or [
        note for note in notes if note["model"] == name.removesuffix("_labels")
    ]
    settings = mine[0].get("settings", {}) if mine else {}
    seconds = [note["train_seconds"] for note in mine]
    return {
        "family": _family(name, settings),
        "sizes": "-".join(str(units) for units in settings.get("hidden", ())),
        "settings": settings_words(*(note.get("settings", {}) for note in mine)),
        "width": mine[0].get("width") if mine else None,
        "train_seconds": round(float(np.mean(seconds)), 2) if seconds else np.nan,
    }


def _family(name: str, settings: Mapping[str, Any]) -> str:
    if name == ENCODER:
        return FIRST_FAMILIES[0]
    if "body" not in settings:
        return FIRST_FAMILIES[1]
    pretrained = "pretrained " if settings["pretrain"] else ""
    return f"{pretrained}{settings['objective']}, {settings['body']}"


def study_text(table: pd.DataFrame, models: pd.DataFrame) -> str:
    """Write the study as Markdown.

    Parameters
    ----------
    table : pandas.DataFrame
        Evaluation table of the test studies.
    models : pandas.DataFrame
        Of `models_table`.

    Returns
    -------
    str
        A table of held-out studies for the default, baselines, rivals and first models, for MAFP and for accuracy; then one
        row for every model that was run.
    """
    order = models["model"].tolist()
    first = [name for name in order if models.set_index("model").loc[name, "family"] in FIRST_FAMILIES]
    shown = [*sorted(first, key=lambda name: (name != ENCODER, name)), *(n for n in order if n not in first)][:SHOWN]
    blocks = [f"# Held-out studies\n\n{len(order)} models were run on all of them.\n"]
    for metric, title in (("mafp_weighted", "Weighted MAFP"), ("accuracy", "Accuracy of the label")):
        wide = complete(over_types(table, metric))
        blocks.append(
            f"## {title}\n\n" + "\n".join(_study_lines(wide[[n for n in shown if n in wide]], models, metric))
        )
    blocks.append("## Every model\n\n" + "\n".join(_model_lines(models)))
    return "\n\n".join(blocks) + "\n"


def _study_lines(wide: pd.DataFrame, models: pd.DataFrame, metric: str) -> Iterator[str]:
    yield "| held out | " + " | ".join(wide.columns) + " |"
    yield "|---|" + "---|" * len(wide.columns)
    for study, row in wide.iterrows():
        best = row.max()
        yield f"| {study} | " + " | ".join(f"**{v:.3f}**" if v == best else f"{v:.3f}" for v in row) + " |"
    by_model = models.set_index("model")
    means = [by_model.loc[name, [metric, f"{metric}_low", f"{metric}_high"]].to_numpy() for name in wide.columns]
    yield f"| **mean of {len(wide)}** | " + " | ".join(_interval(*mean) for mean in means) + " |"


def _model_lines(models: pd.DataFrame) -> Iterator[str]:
    yield "| model | family | width | seconds | chosen by (inner MAFP) | MAFP | accuracy | macro-F1 |"
    yield "|---|---|---|---|---|---|---|---|"
    for row in models.to_dict("records"):
        inner = "" if pd.isna(row["inner_mafp"]) else f"{row['inner_mafp']:.3f}"
        figures = (_interval(*(row[f"{m}{end}"] for end in ("", "_low", "_high"))) for m in METRICS[:3])
        width = "" if pd.isna(row["width"]) else f"{row['width']:.0f}"
        seconds = "" if pd.isna(row["train_seconds"]) else f"{row['train_seconds']:.1f}"
        yield f"| {row['model']} | {row['family']} | {width} | {seconds} | {inner} | " + " | ".join(figures) + " |"


def _interval(mean: float, low: float, high: float) -> str:
    if np.isnan(mean):
        return ""
    return f"{mean:.3f}" if np.isnan(low) else f"{mean:.3f} ({low:.3f} to {high:.3f})"
