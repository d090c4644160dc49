"""Write the build report from its template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from build_bundle.config import Config
from build_bundle.report.facts import METRICS, gather
from build_bundle.report.rendering import render
from build_bundle.step import Finished
from core.bundle.schema import REPORT

_TEMPLATE = "report.html.jinja"


def write_report(out: Path, config: Config, done: Mapping[str, Finished]) -> None:
    """Write ``report.html``.

    Parameters
    ----------
    out : Path
        Folder.
    config : Config
        The configuration.
    done : mapping of str to Finished
        The steps that are finished.

    Notes
    -----
    The page holds no time and no duration: the same build gives the same bytes.
    """
    text = render(Path(__file__).parent, _TEMPLATE, metrics=METRICS, **gather(config, done))
    (out / REPORT).write_text(text, encoding="utf-8")
