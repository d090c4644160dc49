"""A small control that chooses one of many names; several tabs have it."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash.development.base_component import Component

from layouts.elements import attributes


def select(id: str, label: str, width: int) -> Component:  # noqa: A002
    """Make a small control that chooses one of many names, which a callback brings.

    Parameters
    ----------
    id : str
        Component id.
    label : str
        What is chosen, for the screen reader.
    width : int
        Pixels.

    Returns
    -------
    Component
        `dash_mantine_components.Select`, searchable, never empty again once it has a value.
    """
    control: Component = dmc.Select(
        id=id,
        data=[],
        value=None,
        searchable=True,
        allowDeselect=False,
        size="xs",
        w=width,
        comboboxProps={"width": max(width, 220), "position": "bottom-start"},
        nothingFoundMessage="There is no such name.",
        **attributes(aria_label=label),
    )
    return control
