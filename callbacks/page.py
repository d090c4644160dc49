"""Which page the address means: the main column, the rail, the header's reference and tabs, the upload's settings."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash, Input, Output, State, no_update
from dash.development.base_component import Component

from callbacks.browser import in_browser
from callbacks.opened import file_facts, own_job, result_of, thin_band
from callbacks.reading import read_clusters, read_detail, read_threshold
from callbacks.services import Services, services
from callbacks.session import current_owner
from core import words
from core.bundle.reader import Bundle
from core.errors import InputError, ScQueryError
from core.explore.reference import chip
from core.jobs import Job
from layouts import compare, first_visit, genes, ids, links, own_table, page, rail, reference, results, running, states

MAX_RECENT = 200
"""Searches of one browser that its first page lists: more than anybody makes while they are kept."""


@dataclass(frozen=True)
class Content:
    """Everything that follows from an address.

    Parameters
    ----------
    main : Component
        Main column.
    rail : list of Component
        Empty on a page without one.
    bundle : str
        Reference in use.
    page : str
        For the tabs.
    options : mapping
        Query options a next upload starts with.
    last_result : str or None
        Token to come back to; None where it stays as it was.
    """

    main: Component
    rail: list[Component]
    bundle: str
    page: str
    options: Mapping[str, Any]
    last_result: str | None = None


def register(app: Dash) -> None:
    """Register the callbacks.

    Parameters
    ----------
    app : Dash
        The app.
    """
    app.callback(
        Output(ids.MAIN, "children"),
        Output(ids.RAIL, "children"),
        Output(ids.SHELL, "navbar"),
        Output(ids.REFERENCE_CHIP, "children"),
        Output(ids.TABS, "children"),
        Output(ids.UPLOAD_SETTINGS_PLACE, "children"),
        Output(ids.LAST_RESULT, "data"),
        Input(ids.URL, "pathname"),
        Input(ids.JOB_STATE, "data"),
        Input(ids.BUNDLE, "data"),
        Input(ids.TAB, "data"),
        State(ids.LAST_RESULT, "data"),
        State(ids.CLUSTERS, "data"),
        State(ids.SPACE, "data"),
        State(ids.TYPE, "data"),
        State(ids.THRESHOLD, "data"),
        State(ids.DETAIL, "data"),
        State(ids.SELECTION, "data"),
    )(show)
    in_browser(
        app,
        "uploadSheet",
        [
            Output(ids.UPLOAD_PANEL, "hidden"),
            Output(ids.UPLOAD_PANEL, "className"),
            Output(ids.UPLOAD_MESSAGE, "children"),
        ],
        Input(ids.UPLOAD_STATE, "data"),
    )
    in_browser(app, "scheme", Output(ids.SCHEME, "data"), Input(ids.SCHEME, "id"))
    in_browser(app, "hasWebgl", Output(ids.WEBGL, "data"), Input(ids.WEBGL, "id"))
    in_browser(app, "isTouch", Output(ids.TOUCH, "data"), Input(ids.TOUCH, "id"))
    in_browser(
        app,
        "toggleRail",
        Output(ids.SHELL, "navbar", allow_duplicate=True),
        Input(ids.RAIL_TOGGLE, "n_clicks"),
        State(ids.SHELL, "navbar"),
        initially=False,
    )


def show(
    pathname: str | None,
    job_state: object,  # noqa: ARG001  (its change is the news; the record is read again)
    bundle: str | None,
    tab: str | None,
    last_result: str | None,
    *view: str | None,
) -> tuple[Any, ...]:
    """Fill the frame for an address.

    Parameters
    ----------
    pathname : str or None
        Path of the address.
    job_state : object
        Changes when the job of the address does.
    bundle, tab : str or None
        Parts of its query.
    last_result : str or None
        Token of the result seen last in this tab.
    *view : str or None
        Further parts of its query: those `View.read` takes after the tab.

    Returns
    -------
    tuple
        Values of the registered outputs.
    """
    found = services()
    place = links.read_path(pathname)
    match place.page:
        case "result":
            content = _result(found, pathname, View.read(tab, *view))
        case "reference":
            content = _reference(found, bundle)
        case "home":
            content = _home(found, bundle)
        case _:
            content = Content(states.nowhere(), [], found.engine.default, "nowhere", {})
    last = last_result if content.last_result is None else content.last_result
    return (
        content.main,
        content.rail,
        page.navbar(shown=bool(content.rail), drawer=False),
        _chip(found, content),
        page.tabs(content.page, last or "", content.bundle),
        page.upload_settings(content.bundle, content.options),
        no_update if content.last_result is None else content.last_result,
    )


@dataclass(frozen=True)
class View:
    """What the controls of a result start with.

    Parameters
    ----------
    tab : str
        ``result``, ``genes`` or ``compare``.
    n_clusters : int
        Of the slider.
    space : str
        Of the map.
    card : bool
        Whether the card of a type is open.
    threshold : float or None
        Confidence level, None for the one searched with.
    level : int
        Steps away from the finest types.
    selection : str
        Text of the selection.
    """

    tab: str
    n_clusters: int
    space: str
    card: bool
    threshold: float | None
    level: int
    selection: str

    @classmethod
    def read(
        cls,
        tab: str | None,
        clusters: str | None,
        space: str | None,
        card: str | None,
        threshold: str | None,
        detail: str | None,
        selection: str | None,
    ) -> View:
        """Read the query of an address; what cannot be read is left at its default."""
        try:
            confidence = read_threshold(threshold)
        except InputError:
            confidence = None
        shown = tab if tab in ("genes", "compare") else "result"
        level = read_detail(detail)
        return cls(
            shown, read_clusters(clusters), space or "embedding", bool(card), confidence, level, selection or "all"
        )


def choices(found: Services) -> list[page.ReferenceChoice]:
    """List the references served.

    Parameters
    ----------
    found : Services
        Of this server.

    Returns
    -------
    list of ReferenceChoice
        In the order they were given.
    """
    return [_choice(name, bundle) for name, bundle in found.engine.bundles.items()]


def _choice(name: str, bundle: Bundle) -> page.ReferenceChoice:
    return page.ReferenceChoice(name, bundle.manifest.title, chip(bundle.manifest))


def _chip(found: Services, content: Content) -> Component:
    offered = choices(found)
    current = next((c for c in offered if c.name == content.bundle), offered[0])
    # A result belongs to its reference; elsewhere one can choose.
    others = [c for c in offered if c is not current] if content.page in ("home", "reference") else []
    return page.chip(current, others, content.page)


def _named(found: Services, bundle: str | None) -> str:
    return bundle if bundle is not None and bundle in found.engine.bundles else found.engine.default


def _home(found: Services, bundle: str | None) -> Content:
    name = _named(found, bundle)
    settings = found.settings
    limits = first_visit.Limits(settings.max_query_cells, settings.max_upload_bytes, settings.keep_hours)
    main = first_visit.layout(
        found.engine.reference_view(name),
        found.engine.bundles[name].examples,
        found.store.list(current_owner(), limit=MAX_RECENT),
        limits,
        bundle=name,
        now=time.time(),
    )
    return Content(main, [], name, "home", {})


def _reference(found: Services, bundle: str | None) -> Content:
    name = _named(found, bundle)
    manifest = found.engine.bundles[name].manifest
    main = reference.layout(
        found.engine.reference_view(name), bundle=name, fingerprint=words.fingerprint(manifest.bundle_id)
    )
    return Content(main, [], name, "reference", {})


def _result(found: Services, pathname: str | None, view: View) -> Content:
    try:
        job = own_job(pathname, found)
    except ScQueryError as error:
        return Content(states.unknown(error), [], found.engine.default, "result", {}, last_result="")
    now = time.time()
    facts = file_facts(job)
    threshold = view.threshold if view.threshold is not None else float(job.options.get("threshold", 0.5))
    side = rail.layout(job, facts, _studies(found, job.bundle), threshold=threshold, now=now)
    if job.state == "done":
        main = _finished(found, job, view)
    elif job.is_open:
        main = running.layout(job, facts.findings, now=now, memory_limit=found.settings.job_memory_bytes)
    else:
        main = states.failed(job)
    page_shown = view.tab if job.state == "done" else "result"
    return Content(main, side, job.bundle, page_shown, _for_the_next(job.options), last_result=job.token)


def _for_the_next(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that another file starts with; how many cells to draw is a matter of this one."""
    return {name: value for name, value in options.items() if name != "draw"}


def _finished(found: Services, job: Job, view: View) -> Component:
    """Build the main column of a finished search."""
    try:
        result = result_of(found, job)
    except InputError as error:
        return states.cannot_be_drawn(job, error)
    own = found.engine.own_columns(result)
    compares = view.tab == "compare" and bool(own)
    return results.frame(
        job,
        [
            results.warnings(_warnings(found, job, view)),
            _body(job, tuple(result.own_places), view, compares=compares),
        ],
        card=view.card,
        types_by_level=found.engine.types_by_level(result),
        level=view.level,
        own=own,
        selection=view.selection,
        answer_id=ids.COMPARE_ANSWER if compares else ids.ANSWER,
    )


def _body(job: Job, own_maps: tuple[str, ...], view: View, *, compares: bool) -> Component:
    """Build the panels of a tab; `own_maps` are those of the user's file."""
    match view.tab:
        case "genes":
            return genes.layout()
        case "compare":
            return (
                compare.layout() if compares else compare.nothing_to_compare(own_table.button(), links.home(job.bundle))
            )
        case _:
            place = view.space if view.space in ("raw", *own_maps) else "embedding"
            return results.panels(n_clusters=view.n_clusters, space=place, own_maps=own_maps)


def _warnings(found: Services, job: Job, view: View) -> list[Component]:
    """Return the warnings that the page starts with: coming later, they would push the panels down."""
    engine = found.engine
    try:
        result = result_of(found, job, threshold=view.threshold, level=view.level)
        return thin_band(engine, result, engine.selection_mask(result, engine.parse_selection(view.selection)))
    except ScQueryError:
        return []


def _studies(found: Services, bundle: str) -> list[tuple[str, str]]:
    if bundle not in found.engine.bundles:
        return []
    table = found.engine.bundles[bundle].studies
    used = table[table["status"] == "used"]
    named = used["accession"].fillna(used["study"])
    return [(s, f"{a}: {t}") for s, a, t in zip(used["study"], named, used["title"], strict=True)]
