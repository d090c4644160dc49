"""Ids: every callback finds its components, every control that can be used has a callback, every name is used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from dash import Dash

from callbacks.registry import PARTS
from layouts import ids
from tests.components import walk
from tests.contract.every_layout import every_layout

ROOT = Path(__file__).parents[2]
NAMES = {name: value for name, value in vars(ids).items() if name.isupper()}
# Controls that scripts of ours listen to by attribute, or that only close something.
BY_ATTRIBUTE = (
    "data-upload",
    "data-example",
    "data-enlarge",
    "data-zoom",
    "data-save-ontology",
    "data-gene-sets",
    "data-cell-table",
    "data-go",
)
UPLOAD_SCRIPT = {ids.UPLOAD_DROP, ids.UPLOAD_CANCEL}
OWN_WORK = {ids.THEME, ids.DELETE}
CONTROLS = {"Button", "Select", "Slider", "SegmentedControl", "MultiSelect", "Interval", "MenuItem", "Cytoscape"}


@pytest.fixture(scope="module")
def layouts(tiny_builds, tiny_query, tmp_path_factory):
    return every_layout(tiny_builds, tiny_query, tmp_path_factory.mktemp("layouts"))


@pytest.fixture(scope="module")
def registered() -> list[dict]:
    app = Dash("ids", suppress_callback_exceptions=True)
    for part in PARTS:
        part.register(app)
    return app._callback_list


def key(name: object) -> str:
    """Write an id as one text; a pattern and the ids it matches are the same."""
    if isinstance(name, dict):
        return str(name["type"])
    return str(name)


def shown(layouts) -> set[str]:
    return {key(part.id) for part in walk(layouts) if getattr(part, "id", None) is not None}


def of_callbacks(registered) -> set[str]:
    found = set()
    for callback in registered:
        for dependency in (*callback["inputs"], *callback["state"]):
            found.add(dependency["id"])
        outputs = callback["output"].strip(".").split("...")
        found |= {part.rpartition(".")[0] for part in outputs if "." in part}  # some callbacks only act in the browser
    return {re.search(r'"type":"([^"]+)"', name).group(1) if name.startswith("{") else name for name in found}


def test_every_id_of_a_callback_is_in_a_layout(layouts, registered):
    assert of_callbacks(registered) - shown(layouts) == set()


def test_every_control_has_a_callback_or_a_script(layouts, registered):
    handled = of_callbacks(registered) | UPLOAD_SCRIPT | OWN_WORK
    idle = []
    for part in walk(layouts):
        if type(part).__name__ not in CONTROLS:
            continue
        name, properties = getattr(part, "id", None), part.to_plotly_json()["props"]
        by_attribute = any(attribute in properties for attribute in BY_ATTRIBUTE)
        is_link = "href" in properties
        opens = "aria-label" in properties or properties.get("className", "").startswith("button is-filled")
        if name is None and not (by_attribute or is_link or opens):
            idle.append(part)
        if name is not None and not by_attribute and key(name) not in handled:
            idle.append(part)
    assert idle == []


def test_every_name_is_in_a_layout(layouts):
    found = shown(layouts)
    assert {name for name, value in NAMES.items() if value not in found} == set()


def test_names_are_different():
    assert len(set(NAMES.values())) == len(NAMES)


def test_scripts_name_only_ids_that_exist():
    text = "\n".join((ROOT / "assets" / name).read_text() for name in ("upload.js", "scquery.js"))
    named = set(re.findall(r'getElementById\("([a-z-]+)"\)|(?:tell|set|set_props|isHere)\("([a-z-]+)"', text))
    assert {a or b for a, b in named} - set(NAMES.values()) == set()


def test_clientside_functions_exist(registered):
    script = (ROOT / "assets" / "scquery.js").read_text()
    wanted = {c["clientside_function"]["function_name"] for c in registered if c.get("clientside_function")}
    assert {name for name in wanted if f"{name}: {name}" not in script} == set()
