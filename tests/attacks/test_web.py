"""Forged requests against the whole application: no 5xx, no traceback, nothing of another user.

Seeded: a failure can be repeated by its numbers.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
from collections import Counter

import pytest

from tests.callbacks.conftest import (  # noqa: F401  (fixtures)
    ann,
    answered_upload,
    app,
    bob,
    browser,
    owner_of,
    services,
    settings,
    upload,
    with_result,
)

N_FORGED = 100
PATH = "/_dash-update-component"
TEXTS = (
    "", "all", "cluster:0/0", "cluster:99999999999/1", "type:../../etc/passwd", "box:embedding:nan,inf,1,2", "obs:\x00=1", "CL:0000236",
    "<script>alert(1)</script>", "../" * 40, "A" * 22, "/r/" + "A" * 22, "?sel=%00%ff", "é漢\ud83d\ude00", "x" * 5000, "-1", "NaN", "__proto__",
)  # fmt: skip


def values(rng: random.Random, depth: int = 0):
    """Return something a page would hardly send."""
    kind = rng.randrange(8 if depth < 3 else 6)
    if kind < 2:
        return rng.choice(TEXTS)
    if kind == 2:
        return rng.choice([0, -1, 1, 2**31, 2**63, 10**30, -(10**9)])
    if kind == 3:
        return rng.choice([0.5, -0.0, 1e308, 1e-320])
    if kind < 6:
        return rng.choice([None, True, False])
    if kind == 6:
        return [values(rng, depth + 1) for _ in range(rng.randrange(4))]
    names = ("id", "points", "customdata", "value", "pathname", "search", "token", "data", "range", "x", "__class__")
    return {rng.choice(names): values(rng, depth + 1) for _ in range(rng.randrange(4))}


def component_id(declared: str, rng: random.Random):
    """Return an id that fits a declared one; patterns are filled in."""
    if not declared.startswith("{"):
        return declared
    return {k: rng.choice(TEXTS) if isinstance(v, list) else v for k, v in json.loads(declared).items()}


def dependency(declared: dict, rng: random.Random, value: object):
    one = {"id": component_id(declared["id"], rng), "property": declared["property"], "value": value}
    return [one] if declared["id"].startswith("{") and '"ALL"' in declared["id"] else one


def outputs_of(declared: str, rng: random.Random):
    parts = declared[2:-2].split("...") if declared.startswith("..") else [declared]
    made = []
    for part in parts:
        name, prop = part.rsplit(".", 1)
        made.append({"id": component_id(name, rng), "property": prop})
    return made if declared.startswith("..") else made[0]


SELECTIONS = ("all", "cluster:1/2", "cluster:5/9", "branch:109", "type:CL:0000236", "under:CL:0000542", "status:unknown",
              "box:embedding:-1,1,-1,1", "lasso:raw:0,0;1,0;1,1", "obs:donor=a", "obs:condition=", "type:CL:9999999")  # fmt: skip
CHOICES = {
    "value": ("0.5", 9, 100, "embedding", "raw", []),
    "search": ("?sel=all&t=0.7", "?clusters=9"),
    "n_clicks": (1, 2),
}


def well_formed(spec: dict, rng: random.Random, url: str, share: float = 0.6):
    """Return a body as the page would send it: a `share` of its values fits, the rest is forged."""

    def value(prop: str):
        if rng.random() > share:
            return values(rng)
        return url if prop == "pathname" else rng.choice(CHOICES.get(prop, SELECTIONS))

    return {
        "output": spec["output"],
        "outputs": outputs_of(spec["output"], rng) if not spec.get("no_output") else [],
        "inputs": [dependency(d, rng, value(d["property"])) for d in spec["inputs"]],
        "state": [dependency(d, rng, value(d["property"])) for d in spec["state"]],
        "changedPropIds": [f"{d['id']}.{d['property']}" for d in spec["inputs"][:1]],
    }


def break_somewhere(body: dict, rng: random.Random):
    """Return the body with one place replaced by something else, or gone."""
    broken = copy.deepcopy(body)
    place, steps = broken, rng.randrange(1, 4)
    for _ in range(steps):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = rng.choice(keys)
        if rng.random() < 0.4 or not isinstance(place[key], (dict, list)):
            if rng.random() < 0.3 and isinstance(place, dict):
                del place[key]
            else:
                place[key] = values(rng)
            break
        place = place[key]
    return broken


def send(client, body: object):
    raw = json.dumps(body).encode("utf-8", "surrogatepass")
    return client.post(PATH, data=raw, content_type="application/json", headers={"Origin": "http://localhost"})


def check_calm(answer, what: object) -> None:
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500, (what, text[:500])
    assert "Traceback" not in text, what


@pytest.fixture
def specs(ann):  # noqa: F811
    found = [spec for spec in ann.get("/_dash-dependencies").json if not spec["clientside_function"]]
    assert len(found) > 10
    return found


@pytest.mark.tries(usual=4, full=20)
def test_forged_callback_bodies(ann, specs, with_result, seed):  # noqa: F811
    rng = random.Random(seed)
    url = with_result(ann).url
    statuses: Counter[int] = Counter()
    for number in range(N_FORGED):
        body = well_formed(rng.choice(specs), rng, url) if rng.random() < 0.9 else values(rng)
        body = break_somewhere(body, rng) if isinstance(body, dict) and rng.random() < 0.4 else body
        answer = send(ann, body)
        check_calm(answer, (seed, number, body))
        statuses[answer.status_code] += 1
    assert set(statuses) == {200, 204, 400}


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b"1e999", b'"x"', b"{}" * 3])
def test_bodies_that_are_no_json(ann, raw):  # noqa: F811
    answer = ann.post(PATH, data=raw, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-callback")


def test_half_a_character_is_no_text(ann, specs):  # noqa: F811
    forged = [well_formed(spec, random.Random(number), "/", share=1) for number, spec in enumerate(specs)]
    flat = [body for body in forged if body["inputs"] and "value" in body["inputs"][0]]
    assert len(flat) > 20
    for body in flat:
        body["inputs"][0]["value"] = "\ud800"
        answer = ann.post(PATH, data=json.dumps(body), content_type="application/json")
        assert (answer.status_code, answer.json["code"]) == (400, "malformed-callback")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_bodies_of_another_kind(ann, kind):  # noqa: F811
    answer = ann.post(PATH, data=b"{}", content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (400, "malformed-callback")


def test_nothing_of_another_user_through_callbacks(ann, bob, specs, with_result):  # noqa: F811
    job = with_result(ann)
    secrets = ["query.h5ad", job.owner, (job.folder.result / "labels.csv").read_text().splitlines()[1].split(",")[0]]
    for client, is_owner in ((bob, False), (ann, True)):
        told = []
        for number, spec in enumerate(specs * 4):
            answer = send(client, well_formed(spec, random.Random(number), job.url, share=1))
            check_calm(answer, spec["output"])
            told += [spec["output"] for s in secrets if s in answer.get_data(as_text=True)]
        assert bool(told) == is_owner, told


ADDRESSES = ("/r/{}", "/r/{}/labels.csv", "/r/{}/all.zip", "/r/{}/report.json", "/api/jobs/{}", "/api/uploads/{}")


NAMES = (
    ".", "%2e%2e", "%00", "A" * 22, "A" * 5000, "..%2f..%2fjobs.sqlite", "%ff%fe", "'; DROP TABLE jobs; --", "{}",
)  # fmt: skip


def test_odd_tokens_in_addresses(ann):  # noqa: F811
    for address, name in itertools.product(ADDRESSES, NAMES):
        answer = ann.get(address.format(name))
        check_calm(answer, (address, name))
        assert "sqlite" not in answer.headers.get("Content-Disposition", "")


def test_forged_api_bodies(ann):  # noqa: F811
    rng = random.Random(7)
    for number in range(150):
        path = rng.choice(["/api/uploads", "/api/examples", "/api/jobs/x/rerun", "/api/uploads/x/finish"])
        answer = ann.post(path, json=values(rng))
        check_calm(answer, (number, path))
        assert answer.status_code in {400, 404}, (number, path)
        assert set(answer.json) == {"code", "message", "next_step"}
