"""Buttons that do by keyboard what a click on a figure does."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

from layouts import elements as el


def group(label: str, buttons: Sequence[Component]) -> Component:
    """Group buttons that do by keyboard what a click on a figure does: they are seen while one of them has the focus.

    Parameters
    ----------
    label : str
        What they choose, for the screen reader.
    buttons : sequence of components
        The buttons.

    Returns
    -------
    Component
        At the bottom of the panel's body.
    """
    return html.Div(list(buttons), className="focus-list", role="group", **el.attributes(aria_label=label))


def button(text: str, *, picked: bool, **parts: str | None) -> Component:
    """Make a button of a `group`.

    Parameters
    ----------
    text : str
        What it chooses; always the same, so that the focus finds it again.
    picked : bool
        Whether it is chosen.
    **parts : str or None
        As `layouts.elements.goes`.

    Returns
    -------
    Component
        A native button.
    """
    pressed = el.attributes(aria_pressed="true" if picked else "false")
    return html.Button(text, type="button", className="button is-default", **pressed, **el.goes(**parts))
