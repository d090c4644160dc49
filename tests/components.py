"""Looks into a tree of Dash components as a test does: ids, texts, attributes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dash.development.base_component import Component


def walk(node: object) -> Iterator[Component]:
    """Yield every component of a tree, parents first, whatever property holds it."""
    if isinstance(node, Component):
        yield node
        for name in node._prop_names:
            yield from walk(getattr(node, name, None))
    elif isinstance(node, list | tuple):
        for part in node:
            yield from walk(part)
    elif isinstance(node, dict):
        for part in node.values():
            yield from walk(part)


def ids(node: object) -> list[object]:
    """List the ids in a tree, as they stand there."""
    return [part.id for part in walk(node) if getattr(part, "id", None) is not None]


def text(node: object) -> str:
    """Join all words of a tree."""
    if isinstance(node, str):
        return node
    if isinstance(node, int | float):
        return str(node)
    if isinstance(node, list | tuple):
        return " ".join(filter(None, (text(part) for part in node)))
    if isinstance(node, Component):
        return text(getattr(node, "children", None))
    return ""


def find(node: object, wanted: object) -> Component:
    """Return the component with this id."""
    return next(part for part in walk(node) if getattr(part, "id", None) == wanted)


def goes_to(part: Component) -> dict[str, str | None]:
    """Return what a click on a component changes in the address."""
    wanted: dict[str, str | None] = json.loads(part.to_plotly_json()["props"]["data-go"])
    return wanted


def classes(node: object, name: str) -> list[Component]:
    """List the components that carry a CSS class."""
    return [part for part in walk(node) if name in str(getattr(part, "className", "")).split()]
