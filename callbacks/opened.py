"""What a panel's handler starts from: the job behind the address, its result, the selected cells.

The owner is checked at every access; a handler never trusts a token. Here too: one panel that fails says so in its own body, and the
others live on.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from dash import no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from callbacks.reading import read_detail, read_threshold
from callbacks.services import Services, services
from callbacks.session import current_owner
from core.bundle.reader import Bundle
from core.engine import Engine, QueryGenes, QueryResult, Selection
from core.errors import InputError, JobError, ScQueryError
from core.explore.own_table import OwnTable
from core.explore.query import Mask
from core.jobs import Job
from layouts import links, rail, states, thin

logger = logging.getLogger(__name__)

Content = Component | list[Component]


@dataclass(frozen=True)
class Shown:
    """A finished result and the cells selected in it.

    Parameters
    ----------
    job : Job
        Whose result it is.
    engine : Engine
        For the views.
    result : QueryResult
        Judged by the confidence level of the address.
    selection : Selection
        As the address says.
    mask : ndarray of bool, shape (n_query,)
        Selected cells.
    """

    job: Job
    engine: Engine
    result: QueryResult
    selection: Selection
    mask: Mask

    @property
    def bundle(self) -> Bundle:
        """The reference the result was made with."""
        return self.engine.bundle_of(self.result)

    @property
    def everything(self) -> Mask:
        """A mask of all cells."""
        return np.ones(self.result.n_query, dtype=np.bool_)


def own_job(pathname: str | None, found: Services) -> Job:
    """Return the job an address names, if it belongs to the browser that asks.

    Parameters
    ----------
    pathname : str or None
        Path of the address.
    found : Services
        Of this server.

    Returns
    -------
    Job
        As recorded now.

    Raises
    ------
    JobNotFoundError
        For an unknown token and for a stranger's.
    """
    return found.store.get(links.read_path(pathname).token, current_owner())


def open_shown(pathname: str | None, selection: str | None, threshold: str | None, detail: str | None = None) -> Shown:
    """Open what an address shows.

    Parameters
    ----------
    pathname : str or None
        Path of the address.
    selection, threshold, detail : str or None
        Parts of its query.

    Returns
    -------
    Shown
        Result, selection and mask.

    Raises
    ------
    JobNotFoundError
        For an unknown token and for a stranger's.
    JobError
        When there is no result yet.
    InputError
        When selection or threshold cannot be read.
    """
    found = services()
    job = own_job(pathname, found)
    if job.state != "done":
        raise JobError("This search has no result yet.", next_step="Wait for it, or search again.", code="no-result")
    result = result_of(found, job, threshold=read_threshold(threshold), level=read_detail(detail))
    chosen = found.engine.parse_selection(selection or "all")
    return Shown(job, found.engine, result, chosen, found.engine.selection_mask(result, chosen))


def result_of(found: Services, job: Job, *, threshold: float | None = None, level: int = 0) -> QueryResult:
    """Open the result of a job, with all that its user brought to it.

    Parameters
    ----------
    found : Services
        Of this server.
    job : Job
        In state ``done``.
    threshold, level
        As `core.served.Served.result`.

    Returns
    -------
    QueryResult
        Its metadata hold the columns of the table of cells.

    Raises
    ------
    InputError
        When there is no finished result, or it was made with a reference that is no longer served.
    """
    folder = job.folder
    return found.engine.result(folder.result, threshold=threshold, level=level, cell_table=folder.cell_table)


def asked(shown: Shown) -> QueryGenes:
    """Return what can be asked about genes of the shown result."""
    return shown.engine.genes(shown.result)


def gene_of(shown: Shown, gene: str | None) -> str | None:
    """Return the symbol to show.

    Parameters
    ----------
    shown : Shown
        Result and selection.
    gene : str or None
        Part of the address.

    Returns
    -------
    str or None
        The gene asked for, or one that sets the selection's most frequent type apart; None where there is none.

    Raises
    ------
    InputError
        When the address names no gene of the reference.
    """
    return asked(shown).symbol(gene) if gene else asked(shown).telling(shown.mask)


def drawable(figure: go.Figure, *, webgl: bool) -> go.Figure | dict[str, Any]:
    """Turn WebGL traces into SVG ones for a browser that draws no WebGL.

    Parameters
    ----------
    figure : plotly figure
        Any.
    webgl : bool
        Whether the browser draws WebGL.

    Returns
    -------
    plotly figure or dict
        The figure itself, or its JSON form with plain scatter traces: slower, but there.
    """
    if webgl:
        return figure
    plain: dict[str, Any] = figure.to_plotly_json()
    plain["data"] = [{**t, "type": "scatter"} if t["type"] == "scattergl" else t for t in plain["data"]]
    return plain


def in_panel(
    draw: Callable[..., Sequence[Any]],
    n_outputs: int,
    address: Sequence[str | None],
    *arguments: Any,  # noqa: ANN401
) -> list[Any]:
    """Let a handler fill its panel, or say in the panel why it cannot.

    Parameters
    ----------
    draw : callable
        Takes a `Shown` and `arguments`; returns `n_outputs` values, and a message of its own if it has one.
    n_outputs : int
        Outputs before the panel's message.
    address : sequence of str or None
        Path, selection, threshold and detail of the address.
    *arguments
        Passed on.

    Returns
    -------
    list
        The handler's values and an empty message, or no values and a sentence.
    """
    if links.read_path(address[0]).page != "result":
        raise PreventUpdate
    try:
        values = list(draw(open_shown(*address), *arguments))
        return values if len(values) > n_outputs else [*values, None]
    except ScQueryError as error:
        logger.info("A panel has nothing to show", extra={"fields": {"code": error.code}})
        return [*[no_update] * n_outputs, states.panel_sentence(error)]
    except Exception as error:
        logger.exception("A panel could not be drawn")
        return [*[no_update] * n_outputs, states.panel_sentence(error)]


def in_place(
    draw: Callable[..., Content],
    address: Sequence[str | None],
    *arguments: Any,  # noqa: ANN401
) -> Content:
    """Let a handler fill a place of its own, or say there why it cannot.

    Parameters
    ----------
    draw : callable
        Takes a `Shown` and `arguments`; returns what the place holds.
    address : sequence of str or None
        As in `in_panel`.
    *arguments
        Passed on.

    Returns
    -------
    Component or list of Component
        What was drawn, or a sentence.
    """
    drawn, message = in_panel(lambda *given: [draw(*given)], 1, address, *arguments)
    shown: Content = drawn if message is None else message
    return shown


def thin_band(engine: Engine, result: QueryResult, mask: Mask) -> list[Component]:
    """Warn where the reference is thin for some cells.

    Parameters
    ----------
    engine : Engine
        Of the result.
    result : QueryResult
        The result.
    mask : ndarray of bool
        Cells in question.

    Returns
    -------
    list of Component
        A band, or nothing.
    """
    return thin.band(engine.summary(result, mask).thin, lambda a, b: engine.level_joining(result, a, b))


def file_facts(job: Job) -> rail.FileFacts:
    """Collect what is known about an upload so far.

    Parameters
    ----------
    job : Job
        Any state.

    Returns
    -------
    FileFacts
        From the report of a finished job, the message of a failed one, the check of a running one.
    """
    if job.message is not None and job.message.findings:
        return rail.FileFacts(None, None, job.message.findings)
    report = _json(job.folder.result / "report.json") if job.state == "done" else None
    if isinstance(report, dict):
        findings = _findings(report.get("findings"))
        return rail.FileFacts(report.get("n_cells"), report.get("n_genes"), findings, own_table_of(job))
    return rail.FileFacts(None, None, _findings(_json(job.folder.work / "findings.json")))


def own_table_of(job: Job) -> OwnTable | None:
    """Return the table of cells that the user brought to a finished job; None where there is none that can be read."""
    try:
        return services().engine.own_table(job.folder.result, job.folder.cell_table)
    except (OSError, InputError):
        return None


def _findings(rows: object) -> Sequence[Mapping[str, str]]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
