"""The small pieces all panels are made of: icons, tooltips, pills, figures with a definition, the frame of a panel.

Not here: anything that knows a result. Every piece takes plain values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from dash import dcc, html
from dash.development.base_component import Component

Children = Any
Tone = Literal["ok", "warn", "error", "accent", "plain"]
TONE_ICONS = {"ok": "check", "warn": "alert-triangle", "error": "x", "accent": "info-circle", "plain": ""}


def attributes(**values: str) -> dict[str, Any]:
    """Spell ``aria_label`` as ``aria-label``: attributes with a hyphen for any component.

    Parameters
    ----------
    **values : str
        Names with underscores.

    Returns
    -------
    dict
        To be spread into a component's arguments.
    """
    return {name.replace("_", "-"): value for name, value in values.items()}


def goes(**parts: str | None) -> dict[str, Any]:
    """Let a click on a component change parts of the address (``assets/scquery.js``).

    Parameters
    ----------
    **parts : str or None
        ``type="CL:0000236"``; None takes a part away.

    Returns
    -------
    dict
        To be spread into a component's arguments.
    """
    return attributes(data_go=json.dumps(parts))


def icon(name: str, *, size: Literal["", "small", "large"] = "", class_name: str = "") -> Component:
    """Draw an icon of ``assets/icons.css``; it says nothing to a screen reader.

    Parameters
    ----------
    name : str
        Tabler's name.
    size : str
        16 px, or ``small`` 14, ``large`` 28.
    class_name : str
        Further classes.

    Returns
    -------
    Component
        A span in the colour of the text.
    """
    classes = [f"glyph glyph-{name}", f"is-{size}" if size else "", class_name]
    return html.Span(className=" ".join(c for c in classes if c), **attributes(aria_hidden="true"))


def tip(child: Component, text: str) -> Component:
    """Show a definition on hover and on keyboard focus (``assets/tooltips.js``).

    Parameters
    ----------
    child : component
        What the definition belongs to; give it a ``tabIndex`` where it is not a control.
    text : str
        One or two sentences.

    Returns
    -------
    Component
        The child, which carries its definition.
    """
    setattr(child, "data-tip", text)
    return child


def number(text: str, definition: str, *, class_name: str = "") -> Component:
    """Write a number with its definition.

    Parameters
    ----------
    text : str
        The number, with its unit where it has one.
    definition : str
        What it counts or measures.
    class_name : str
        Further classes.

    Returns
    -------
    Component
        Focusable text.
    """
    return tip(html.Span(text, className=f"number {class_name}".strip(), tabIndex=0), definition)


def stat(value: str, label: Children, definition: str) -> Component:
    """Write a large number over its label.

    Parameters
    ----------
    value, label : str
        The number and what it is.
    definition : str
        Longer, for the tooltip.

    Returns
    -------
    Component
        Block of two lines.
    """
    below = label if isinstance(label, list) else [label]
    return html.Div([number(value, definition, class_name="stat-value"), *below], className="stat")


def pill(text: Children, tone: Tone = "plain", *, definition: str = "", symbol: str | None = None) -> Component:
    """Show a state as a word with an icon on a soft ground.

    Parameters
    ----------
    text : str
        One to four words.
    tone : str
        ``ok``, ``warn``, ``error``, ``accent`` or ``plain``.
    definition : str
        Tooltip, if any.
    symbol : str, optional
        Another icon than the tone's.

    Returns
    -------
    Component
        The pill.
    """
    name = TONE_ICONS[tone] if symbol is None else symbol
    parts = [icon(name, size="small")] if name else []
    focus: dict[str, Any] = {"tabIndex": 0} if definition else {}
    body = html.Span([*parts, text], className=f"pill is-{tone}", **focus)
    return tip(body, definition) if definition else body


def link(text: Children, href: str, *, class_name: str = "", **more: Any) -> Component:  # noqa: ANN401
    """Link to a page of this app, without a reload.

    Parameters
    ----------
    text : str
        The link's words.
    href : str
        Path and query.
    class_name : str
        Further classes.
    **more
        Passed on.

    Returns
    -------
    Component
        `dash.dcc.Link`.
    """
    return dcc.Link(text, href=href, className=f"link {class_name}".strip(), **more)


def outside(text: Children, href: str, *, class_name: str = "", title: str = "") -> Component:
    """Link to another site, in a new tab that learns nothing about this one.

    Parameters
    ----------
    text : str
        The link's words.
    href : str
        Address.
    class_name : str
        Further classes.
    title : str
        Native tooltip.

    Returns
    -------
    Component
        An anchor.
    """
    extra: dict[str, Any] = {"title": title} if title else {}
    return html.A(
        text, href=href, target="_blank", rel="noopener noreferrer", className=f"link {class_name}".strip(), **extra
    )


def button(
    text: Children,
    *,
    id: str | dict[str, str] | None = None,  # noqa: A002
    symbol: str = "",
    look: Literal["filled", "default", "subtle", "danger"] = "default",
    disabled: bool = False,
    class_name: str = "",
    **more: Any,  # noqa: ANN401
) -> Component:
    """Make a button; its text is a verb.

    Parameters
    ----------
    text : str
        What happens.
    id : str or dict, optional
        Component id.
    symbol : str
        Icon before the text.
    look : str
        At most one ``filled`` in a region of the page.
    disabled : bool
        Whether it cannot be pressed now.
    class_name : str
        Further classes.
    **more
        Passed on, for example ``data-*`` attributes.

    Returns
    -------
    Component
        A native button.
    """
    props: dict[str, Any] = {**more, **({"id": id} if id is not None else {})}
    parts = [icon(symbol), text] if symbol else text
    classes = f"button is-{look} {class_name}".strip()
    return html.Button(parts, className=classes, type="button", disabled=disabled, **props)


def download(text: str, href: str) -> Component:
    """Make a link that saves a file and looks like a button.

    Parameters
    ----------
    text : str
        What is saved.
    href : str
        Its address.

    Returns
    -------
    Component
        `dash.html.A`.
    """
    return html.A([icon("download"), html.Span(text)], href=href, download="", className="button is-default")


def choose_file(text: str, *, look: Literal["filled", "default"] = "filled", class_name: str = "") -> Component:
    """Make a button that opens the file chooser (``assets/upload.js``).

    Parameters
    ----------
    text : str
        What happens.
    look, class_name : str
        As in `button`.

    Returns
    -------
    Component
        A native button.
    """
    return button(text, symbol="upload", look=look, class_name=class_name, **attributes(data_upload="choose"))


def icon_button(name: str, label: str, *, id: str | dict[str, str] | None = None, **more: Any) -> Component:  # noqa: A002, ANN401
    """Make a button that shows an icon only.

    Parameters
    ----------
    name : str
        Icon.
    label : str
        What happens, for the tooltip and the screen reader.
    id : str or dict, optional
        Component id.
    **more
        Passed on.

    Returns
    -------
    Component
        A native button.
    """
    props: dict[str, Any] = {**more, **({"id": id} if id is not None else {})}
    return html.Button(
        icon(name), className="icon-button", type="button", title=label, **attributes(aria_label=label), **props
    )


def section(title: str, children: Sequence[Children], *, class_name: str = "") -> Component:
    """Group lines of the rail under a small heading.

    Parameters
    ----------
    title : str
        Heading.
    children : sequence of components
        Below it.
    class_name : str
        Further classes.

    Returns
    -------
    Component
        The section.
    """
    return html.Section(
        [html.H2(title, className="section-head"), *children], className=f"rail-section {class_name}".strip()
    )


def panel(
    title: str,
    body: Children,
    *,
    name: str,
    sub: Children = None,
    tools: Sequence[Children] = (),
    legend: Children = None,
    message_id: str | None = None,
    expandable: bool = True,
) -> Component:
    """Frame a panel: title, one line beside it, tools, content, and a place for its message.

    Parameters
    ----------
    title : str
        Heading.
    body : component or list of components
        Content; stays where it is while messages come and go.
    name : str
        Suffix of the CSS class, for size and place in the grid.
    sub : component, optional
        Line beside the title.
    tools : sequence of components
        At the right end of the header.
    legend : component, optional
        Row under the header.
    message_id : str, optional
        Id of the layer over the body; it starts as a skeleton and holds the panel's sentence when something is wrong.
    expandable : bool
        Whether the panel can take the whole page.

    Returns
    -------
    Component
        A section with a heading.
    """
    wide = [icon_button("arrows-diagonal", f"Enlarge {title}", **attributes(data_enlarge=name))] if expandable else []
    header = html.Header(
        [
            html.H2(title, className="panel-title"),
            html.Div(sub, className="panel-sub"),
            html.Div([*tools, *wide], className="panel-tools"),
        ],
        className="panel-header",
    )
    layer = [html.Div(skeleton(), id=message_id, className="panel-message")] if message_id else []
    parts = [
        header,
        *([legend] if legend is not None else []),
        html.Div([*(body if isinstance(body, list) else [body]), *layer], className="panel-body"),
    ]
    return html.Section(parts, className=f"panel panel-{name}", **attributes(aria_label=title))


def skeleton() -> Component:
    """Fill a panel's body while its content is on the way.

    Returns
    -------
    Component
        A calm grey ground, announced as busy.
    """
    return html.Div(className="skeleton", role="status", **attributes(aria_label="Loading"))
