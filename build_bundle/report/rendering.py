"""Self-contained pages in the manner of the build report.

A page holds its one style sheet and at most one script, and its policy allows these two by their hash and nothing else: no
text of a source can run, and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from build_bundle.report.charts import bars, lines
from build_bundle.report.columns import columns

_FOLDER = Path(__file__).parent


def render(folder: Path, template: str, **facts: object) -> str:
    """Return a page in the manner of the build report.

    Parameters
    ----------
    folder : Path
        Where the template lies; ``style.html.jinja`` (policy and style sheet) and ``review_table.jinja`` are found from
        everywhere.
    template : str
        Name of the template, which may call ``bars``, ``lines`` and ``columns`` and end with ``script``.
    facts
        Names the template uses; every one it lacks is an error, and every text is escaped.

    Returns
    -------
    str
        HTML.
    """
    environment = Environment(
        loader=FileSystemLoader([folder, _FOLDER]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value: f"{value:,}"
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("report.css", "review.js"))
    own = {
        "style": Markup(style),  # noqa: S704 - our own file
        "script": Markup(script),  # noqa: S704 - our own file
        "policy": _policy(style, script),
    }
    return environment.get_template(template).render(bars=bars, lines=lines, columns=columns, **own, **facts)


def _policy(style: str, script: str) -> str:
    """Return the policy: nothing, except this style sheet and this script."""
    allowed = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {allowed}; img-src data:; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
