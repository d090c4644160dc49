"""Pages in the manner of the build report: one file, no scripts, nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from build_bundle.report.charts import bars, lines


def render(folder: Path, template: str, **facts: object) -> str:
    """Return a page in the manner of the build report.

    Parameters
    ----------
    folder : Path
        Where the template lies; ``style.html.jinja`` is found from everywhere.
    template : str
        Name of the template, which may call ``bars`` and ``lines``.
    facts
        Names the template uses; every one it lacks is an error, and every text is escaped.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    return environment.get_template(template).render(bars=bars, lines=lines, **facts)
