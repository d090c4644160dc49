"""Write the build report, and the page to look through labels, from their templates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from build_bundle.configuration.config import Config
from build_bundle.label.review import Review
from build_bundle.report.collection import collection_facts, label_review
from build_bundle.report.facts import METRICS, gather
from build_bundle.report.rendering import render
from build_bundle.steps.task import Finished
from build_bundle.tables.study_facts import outcomes
from core.bundle.schema import REPORT

_FOLDER = Path(__file__).parent
_TEMPLATE = "report.html.jinja"
_LABELS_TEMPLATE = "labels.html.jinja"


def write_report(
    out: Path, config: Config, done: Mapping[str, Finished], *, names: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Write ``report.html``.

    Parameters
    ----------
    out : Path
        Folder.
    config : Config
        The configuration.
    done : mapping of str to Finished
        The steps that are finished.
    names : mapping of str to str
        Names of the ontology's terms by id: what a curator may choose from.

    Notes
    -----
    The page holds no time and no duration: the same build gives the same bytes.
    """
    review = label_review(config, outcomes(config, done), names)
    facts = gather(config, done) | {"collection": collection_facts(done), "review": review}
    (out / REPORT).write_text(render(_FOLDER, _TEMPLATE, metrics=METRICS, **facts), encoding="utf-8")


def write_label_page(path: Path, review: Review, *, title: str, summary: str) -> None:
    """Write the page to look through labels and correct them.

    Parameters
    ----------
    path : Path
        HTML file.
    review : Review
        The table.
    title, summary : str
        Heading, and the sentence under it.
    """
    text = render(_FOLDER, _LABELS_TEMPLATE, review=review, title=title, summary=summary)
    path.write_text(text, encoding="utf-8")
