"""The study's figures as SVG files that need no page around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import pandas as pd

from core.bundle.schema import ALL, ENCODER, RARE, TYPE

CELL, ROW, LABEL = 26, 18, 370  # the longest names of models have 60 letters
BARS = 960  # width of the figure of bars
MOST_TYPES, MOST_MODELS = 40, 30
PANEL, PLOT, PANELS = 170, 120, 6  # pixels of a panel and of its plot; panels in a row
GROWTH_COLOURS = {ENCODER: "#c8702b", "logistic": "#3182bd", "pca_100": "#7b8794"}
_STYLE = "<style>text{font:11px Inter,system-ui,sans-serif;fill:#1f2933}.v{font-size:8px;text-anchor:middle}</style>"
# From light to dark blue: equal steps of lightness, readable in grey as well.
_RAMP = ((239, 243, 255), (189, 215, 231), (107, 174, 214), (49, 130, 189), (8, 81, 156))


def type_heatmap(table: pd.DataFrame, models: Sequence[str]) -> str:
    """Draw MAFP by query type and model, like Fig. 3 of the paper.

    Parameters
    ----------
    table : pandas.DataFrame
        Evaluation table.
    models : sequence of str
        Models from top to bottom; at most 30 are drawn.

    Returns
    -------
    str
        SVG: a row a model, a column a type (most query cells first, at most 40), the mean over held-out studies.
    """
    some = table[(table["held_out"] == ALL) & (table["metric"] == "mafp_weighted") & ~table[TYPE].isin([ALL, RARE])]
    wide = some.pivot_table(index="model", columns=TYPE, values="value")
    sizes = some.groupby(TYPE)["n_query"].max().sort_values(ascending=False, kind="stable")
    rows = [name for name in models if name in wide.index][:MOST_MODELS]
    return _document(LABEL + CELL * min(len(sizes), MOST_TYPES) + 20, ROW * len(rows) + 120,
                     _heat(wide.loc[rows, sizes.index[:MOST_TYPES]]))  # fmt: skip


def _heat(wide: pd.DataFrame) -> Iterator[str]:
    for i, (name, row) in enumerate(wide.iterrows()):
        y = 8 + i * ROW
        yield f'<text x="{LABEL - 6}" y="{y + 13}" text-anchor="end">{escape(str(name))}</text>'
        for j, value in enumerate(row):
            if pd.notna(value):
                x: float = LABEL + j * CELL
                yield f'<rect x="{x}" y="{y}" width="{CELL - 1}" height="{ROW - 1}" fill="{_colour(value)}"/>'
                ink = "#ffffff" if value > 0.55 else "#1f2933"
                yield f'<text class="v" x="{x + CELL / 2}" y="{y + 12}" style="fill:{ink}">{value:.2f}</text>'
    for j, name in enumerate(wide.columns):
        x, y = LABEL + j * CELL + CELL / 2 + 4, 16 + len(wide) * ROW
        yield f'<text x="{x}" y="{y}" text-anchor="end" transform="rotate(-60 {x} {y})">{escape(str(name))}</text>'


def _colour(value: float) -> str:
    place = max(0.0, min(1.0, float(value))) * (len(_RAMP) - 1)
    low = min(int(place), len(_RAMP) - 2)
    mixed = (round(a + (b - a) * (place - low)) for a, b in zip(_RAMP[low], _RAMP[low + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def model_bars(models: pd.DataFrame) -> str:
    """Draw the mean MAFP of every model with its interval.

    Parameters
    ----------
    models : pandas.DataFrame
        Of `build_bundle.study.tables.models_table`.

    Returns
    -------
    str
        SVG: a bar a model, in the order of the table; the line is the 95 % interval over studies.
    """
    known = models[models["mafp_weighted"].notna()] if len(models) else models
    return _document(BARS, ROW * len(known) + 40, _bars(known))


def _bars(models: pd.DataFrame) -> Iterator[str]:
    width = BARS - LABEL - 70
    for i, row in enumerate(models.to_dict("records")):
        y, value = 8 + i * ROW, float(row["mafp_weighted"])
        yield f'<text x="{LABEL - 6}" y="{y + 12}" text-anchor="end">{escape(str(row["model"]))}</text>'
        fill = "#c8702b" if row["family"] == "default" else "#8fb3d9"
        yield f'<rect x="{LABEL}" y="{y + 2}" width="{width * value:.1f}" height="{ROW - 5}" fill="{fill}"/>'
        if pd.notna(row["mafp_weighted_low"]):
            low, high = (LABEL + width * row[f"mafp_weighted_{end}"] for end in ("low", "high"))
            yield f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y + 8.5}" y2="{y + 8.5}" stroke="#1f2933"/>'
        yield f'<text x="{LABEL + width + 8}" y="{y + 12}">{value:.3f}</text>'


def growth_curves(table: pd.DataFrame) -> str:
    """Draw how retrieval changes while the reference grows study by study.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `build_bundle.study.growth.growth_table`.

    Returns
    -------
    str
        SVG: a panel a held-out study, MAFP from 0 to 1 over the number of reference studies, a line a model.
    """
    groups = [(f"{name} ({reference})", some) for (reference, name), some in table.groupby(["reference", "held_out"])]
    n_rows = -(-len(groups) // PANELS)
    return _document(PANELS * PANEL + 20, n_rows * PANEL + 40, _panels(groups, n_rows * PANEL))


def _panels(groups: Sequence[tuple[str, pd.DataFrame]], bottom: float) -> Iterator[str]:
    for i, (title, some) in enumerate(groups):
        left, top = 30 + (i % PANELS) * PANEL, 10 + (i // PANELS) * PANEL
        yield f'<text x="{left}" y="{top + 10}">{escape(title)}</text>'
        for level in (0.0, 0.5, 1.0):
            y = top + PLOT + 20 - PLOT * level
            yield f'<line x1="{left}" x2="{left + PLOT}" y1="{y}" y2="{y}" stroke="#d8dee6"/>'
            yield f'<text class="v" x="{left - 10}" y="{y + 3}">{level:g}</text>'
        width = PLOT / max(1, some["step"].max() - 1)
        for model, colour in GROWTH_COLOURS.items():
            if model in some:
                points = [(left + (step - 1) * width, top + PLOT + 20 - PLOT * value)
                          for step, value in zip(some["step"], some[model], strict=True) if pd.notna(value)]  # fmt: skip
                path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
                yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.8"/>'
    for j, (model, colour) in enumerate(GROWTH_COLOURS.items()):
        x = 30 + j * 120
        yield f'<rect x="{x}" y="{bottom + 18}" width="14" height="4" fill="{colour}"/>'
        yield f'<text x="{x + 20}" y="{bottom + 24}">{model}</text>'


def _document(width: float, height: float, parts: Iterator[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    ground = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{_STYLE}{ground}{"".join(parts)}</svg>\n'
