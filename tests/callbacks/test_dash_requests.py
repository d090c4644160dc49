"""What a callback request must look like."""

import copy

import pytest
from dash import ALL, MATCH, Dash, Input, Output, State, html

from callbacks.dash_requests import MalformedCallbackError, check_callback


@pytest.fixture(scope="module")
def callback_map():
    app = Dash("a", suppress_callback_exceptions=True)
    app.layout = html.Div(id="page")
    app.callback(Output("out", "children"), Input("in", "value"), State("kept", "data"))(lambda v, _d: v)
    app.callback(
        Output("a", "x"), Output({"type": "t", "index": MATCH}, "y"), Input({"type": "t", "index": MATCH}, "n")
    )(lambda n: (n, n))
    app.callback(
        Output("out", "children", allow_duplicate=True),
        Input({"type": "u", "index": ALL}, "n"),
        prevent_initial_call=True,
    )(lambda n: n)
    app.callback(Input("alone", "n"))(lambda _n: None)
    return app.callback_map


def dep(name, prop, value=None):
    return {"id": name, "property": prop, "value": value}


ONE = {
    "output": "out.children", "outputs": {"id": "out", "property": "children"}, "inputs": [dep("in", "value", 3)],
    "state": [dep("kept", "data")], "changedPropIds": ["in.value"],
}  # fmt: skip
NAME = {"type": "t", "index": "CL:1"}


def bodies(callback_map):
    multi = next(k for k in callback_map if k.startswith(".."))
    shared = next(k for k in callback_map if "@" in k and k.startswith("out"))
    alone = next(k for k, v in callback_map.items() if v["no_output"])
    return {
        "one": ONE,
        "multi": {
            "output": multi, "outputs": [{"id": "a", "property": "x"}, {"id": NAME, "property": "y"}],
            "inputs": [dep(NAME, "n")], "changedPropIds": [],
        },
        "shared": {
            "output": shared, "outputs": {"id": "out", "property": shared.split(".")[1]},
            "inputs": [[dep({"type": "u", "index": n}, "n") for n in range(3)]], "changedPropIds": [],
        },
        "empty pattern": {
            "output": shared, "outputs": {"id": "out", "property": "children"}, "inputs": [[]], "changedPropIds": [],
        },
        "alone": {"output": alone, "inputs": [dep("alone", "n")], "changedPropIds": ["alone.n"]},
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["one", "multi", "shared", "empty pattern", "alone"])
def test_what_the_page_sends_passes(callback_map, kind):
    check_callback(bodies(callback_map)[kind], callback_map)


def change(body, *path, to):
    changed = copy.deepcopy(body)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if to is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return changed


@pytest.mark.parametrize(
    "body", [None, [], "x", 3, {}, {"output": None}, {"output": ["out.children"]}, {"output": "no.such"}]
)
def test_bodies_of_another_form(callback_map, body):
    with pytest.raises(MalformedCallbackError):
        check_callback(body, callback_map)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("inputs",), None), (("inputs",), {}), (("inputs",), []), (("inputs",), KeyError), (("inputs", 0), None),
        (("inputs", 0), []), (("inputs", 0), [ONE["inputs"][0]]), (("inputs", 0, "id"), "other"), (("inputs", 0, "id"), {"a": 1}),
        (("inputs", 0, "property"), "children"), (("inputs", 0, "property"), None), (("inputs", 0, "id"), KeyError),
        (("state",), KeyError), (("state",), "x"), (("state", 0, "property"), 3),
        (("outputs",), None), (("outputs",), []), (("outputs",), KeyError), (("outputs", "id"), 3), (("outputs", "property"), "x"),
        (("changedPropIds",), None), (("changedPropIds",), [3]), (("changedPropIds",), "in.value"),
    ],
)  # fmt: skip
def test_one_thing_wrong(callback_map, path, to):
    with pytest.raises(MalformedCallbackError):
        check_callback(change(ONE, *path, to=to), callback_map)


@pytest.mark.parametrize(
    "name", ["text", {}, {"type": "t"}, {"type": "t", "index": []}, {"type": "t", "index": None}, 3, None]
)
def test_pattern_names(callback_map, name):
    multi = bodies(callback_map)["multi"]
    with pytest.raises(MalformedCallbackError):
        check_callback(change(multi, "inputs", 0, "id", to=name), callback_map)


def test_a_changed_list_for_a_pattern_must_hold_dependencies(callback_map):
    with pytest.raises(MalformedCallbackError):
        check_callback(change(bodies(callback_map)["shared"], "inputs", 0, to=[3]), callback_map)
