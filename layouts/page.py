"""The frame of the page: header, rail, main, and the stores that hold what the address says.

The address is the only state. ``assets/scquery.js`` reads its query into one store a value; panels listen to those they show, and
everything the user chooses becomes a new address.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from layouts import elements as el
from layouts import help_text, ids, links, theme

INDEX_STRING = """<!DOCTYPE html>
<html lang="en">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <script src="THEME_SCRIPT"></script>
    <link rel="preload" href="INTER" as="font" type="font/woff2" crossorigin>
    {%favicon%}
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>
      {%config%}
      {%scripts%}
      {%renderer%}
    </footer>
  </body>
</html>
"""


@dataclass(frozen=True)
class ReferenceChoice:
    """One reference the server answers with, as the header shows it.

    Parameters
    ----------
    name : str
        Of the bundle, for addresses.
    title : str
        For people.
    facts : str
        "5,037 cells · 29 types · 7 studies · built 20 Nov 2026".
    """

    name: str
    title: str
    facts: str


def layout(choices: Sequence[ReferenceChoice], default: str) -> Component:
    """Build the frame; the address fills it.

    Parameters
    ----------
    choices : sequence of ReferenceChoice
        All references served.
    default : str
        Name of the one asked when the address names none.

    Returns
    -------
    Component
        The layout of the app.
    """
    shell = dmc.AppShell(
        [
            dmc.AppShellHeader(_header(choices, default)),
            dmc.AppShellNavbar(html.Div(id=ids.RAIL, className="rail")),
            dmc.AppShellMain(html.Main(el.skeleton(), id=ids.MAIN, className="main", tabIndex=-1)),
        ],
        id=ids.SHELL,
        header={"height": {"base": 76, "40.0625em": 48}},  # on phones the reference has a line of its own
        navbar=navbar(shown=False, drawer=False),
        padding=0,
        transitionDuration=120,
    )
    provider: Component = dmc.MantineProvider(
        [
            dcc.Location(id=ids.URL, refresh="callback-nav"),
            *_stores(),
            html.Div(upload_settings(default, {}), id=ids.UPLOAD_SETTINGS_PLACE),
            shell,
            _upload_sheet(),
        ],
        theme=theme.MANTINE,
        defaultColorScheme="auto",
    )
    return provider


def navbar(*, shown: bool, drawer: bool) -> dict[str, object]:
    """Describe the rail to Mantine's shell.

    Parameters
    ----------
    shown : bool
        Whether the page has a rail at all.
    drawer : bool
        Whether it is pulled out on a narrow screen.

    Returns
    -------
    dict
        The shell's ``navbar`` property.
    """
    return {
        "width": 264,
        "breakpoint": "68.75em",
        "collapsed": {"desktop": not shown, "mobile": not (shown and drawer)},
    }


def chip(choice: ReferenceChoice, others: Sequence[ReferenceChoice], page: str) -> Component:
    """Show the reference in use; every answer depends on it, so it is always in sight.

    Parameters
    ----------
    choice : ReferenceChoice
        The one in use.
    others : sequence of ReferenceChoice
        Those one can change to; none on the page of a result, which belongs to its reference.
    page : str
        ``home`` or ``reference``: where a change leads.

    Returns
    -------
    Component
        A link to the page about the reference, with a menu where there is a choice.
    """
    facts, _, built = choice.facts.rpartition(" · ")
    words = dcc.Link(
        [
            html.Span("Reference", className="chip-label"),
            html.Span(choice.title, className="chip-title"),
            html.Span([facts, html.Span(f" · {built}", className="chip-built")], className="chip-facts"),
        ],
        href=links.reference(choice.name),
        className="chip-link",
        title=f"About {choice.title}",
    )
    return html.Div([words, *([_chip_menu(others, page)] if others else [])], className="chip")


def tabs(page: str, last_result: str, bundle: str) -> list[Component]:
    """List the pages one can go to.

    Parameters
    ----------
    page : str
        The page shown: ``home``, ``result``, its tabs ``genes`` and ``compare``, or ``reference``.
    last_result : str
        Token of the result seen last in this tab, empty if none: then there is no tab for it.
    bundle : str
        The reference in sight, which a search or the page about it goes on with.

    Returns
    -------
    list of Component
        Links; the current one says so.
    """
    found = [("Search", links.home(bundle), "home")]
    if last_result:
        found = [
            ("Results", links.result(last_result), "result"),
            ("Genes", links.result(last_result, tab="genes"), "genes"),
            ("Compare", links.result(last_result, tab="compare"), "compare"),
        ]
    found.append(("Reference", links.reference(bundle), "reference"))
    return [_tab(words, href, current=name == page) for words, href, name in found]


def _tab(words: str, href: str, *, current: bool) -> Component:
    here = el.attributes(aria_current="page") if current else {}
    return html.Div(dcc.Link(words, href=href), className="page-tab is-current" if current else "page-tab", **here)


def _chip_menu(others: Sequence[ReferenceChoice], page: str) -> Component:
    target = links.reference if page == "reference" else links.home
    entries = [
        dmc.MenuItem(
            [html.Div(o.title, className="chip-title"), html.Div(o.facts, className="chip-facts")], href=target(o.name)
        )
        for o in others
    ]
    menu: Component = dmc.Menu(
        [
            dmc.MenuTarget(el.icon_button("chevron-down", "Choose another reference")),
            dmc.MenuDropdown([dmc.MenuLabel("Other references"), *entries]),
        ],
        position="bottom-end",
    )
    return menu


def _header(choices: Sequence[ReferenceChoice], default: str) -> Component:
    first = next(c for c in choices if c.name == default)
    brand = dcc.Link(
        [html.Span(className="brand-mark"), html.Span([html.Span("sc"), html.Span("Query", className="brand-accent")])],
        href=links.HOME,
        className="brand",
        title="Start a new search",
    )
    toggle = dmc.ColorSchemeToggle(
        id=ids.THEME,
        lightIcon=el.icon("moon"),
        darkIcon=el.icon("sun"),
        variant="subtle",
        className="icon-button",
        **el.attributes(aria_label="Switch between light and dark"),
    )
    skip = html.A("Skip to the content", href=f"#{ids.MAIN}", className="skip")
    return html.Div(
        [
            skip,
            html.Div(
                el.icon_button("menu-2", "Show your cells and settings", id=ids.RAIL_TOGGLE), className="rail-toggle"
            ),
            brand,
            html.Div(
                chip(first, [c for c in choices if c is not first], "home"),
                id=ids.REFERENCE_CHIP,
                className="chip-place",
            ),
            html.Nav(tabs("home", "", default), id=ids.TABS, className="tabs", **el.attributes(aria_label="Pages")),
            toggle,
            help_text.button(),
        ],
        className="header",
    )


def _stores() -> list[Component]:
    values = (
        *(ids.SELECTION, ids.CLUSTERS, ids.SPACE, ids.ZOOM, ids.TYPE, ids.THRESHOLD, ids.DETAIL),
        *(ids.ROWS, ids.BUNDLE, ids.TAB, ids.GENE, ids.CONTRAST, ids.LIST),
        *(ids.BY, ids.GROUP, ids.AGAINST, ids.REPLICATES, ids.WITHIN),
        *(ids.JOB_STATE, ids.JOB_NEWS, ids.WEBGL, ids.SCHEME, ids.TOUCH),
    )
    stores: list[Component] = [dcc.Store(id=name) for name in values]
    upload = dcc.Store(id=ids.UPLOAD_STATE)
    return [*stores, upload, dcc.Store(id=ids.LAST_RESULT, storage_type="session")]


def upload_settings(bundle: str, options: Mapping[str, Any]) -> Component:
    """Tell ``assets/upload.js`` which reference and options an upload or an example is searched with.

    Parameters
    ----------
    bundle : str
        Name of the reference.
    options : mapping
        Query options, JSON values.

    Returns
    -------
    Component
        Hidden.
    """
    return html.Div(
        id=ids.UPLOAD_SETTINGS, hidden=True, **el.attributes(data_bundle=bundle, data_options=json.dumps(dict(options)))
    )


def _upload_sheet() -> Component:
    lines = [
        html.H1("Uploading", id=ids.UPLOAD_MESSAGE),
        html.P(id=ids.UPLOAD_STATUS, className="lead"),
        dmc.Progress(id=ids.UPLOAD_PROGRESS, value=0, size=8, radius="sm", **el.attributes(aria_label="Upload")),
        html.Div(
            [
                el.button("Cancel", id=ids.UPLOAD_CANCEL, symbol="x"),
                el.choose_file("Choose a file", class_name="upload-again"),
            ],
            className="band-actions",
        ),
    ]
    return html.Section(
        html.Div(lines, className="upload-card"), id=ids.UPLOAD_PANEL, className="upload-sheet", hidden=True
    )
