"""Uploads as a browser sends them: whole, in pieces, resumed, wrong, too large, somebody else's."""

import pytest

from callbacks.routes.upload import MAX_PIECE_BYTES
from core.jobs import StoreLimits
from tests.callbacks.conftest import wait_until_ready


def begin(client, size=10, **changes):
    return client.post("/api/uploads", json={"filename": "a.csv", "size": size, "bundle": "", **changes})


def test_an_upload_in_pieces_that_is_resumed(ann, services, owner_of):
    answer = begin(ann, filename="../x/<b>.csv", options={"k": 50, "leave_out": ["okafor2020"], "threshold": 0.5})
    assert answer.status_code == 201
    token = answer.json["token"]
    assert ann.put(f"/api/uploads/{token}?offset=0", data=b"01234").json == {"received": 5}
    assert ann.get(f"/api/uploads/{token}").json == {
        "token": token, "received": 5, "size": 10, "filename": "<b>.csv", "state": "uploading",
    }  # fmt: skip
    again = ann.put(f"/api/uploads/{token}?offset=0", data=b"01234")
    assert (again.status_code, again.json["code"], again.json["received"]) == (409, "upload-offset", 5)
    early = ann.post(f"/api/uploads/{token}/finish")
    assert (early.status_code, early.json["code"]) == (409, "upload-incomplete")
    assert ann.put(f"/api/uploads/{token}?offset=5", data=b"56789").json == {"received": 10}
    for _ in range(2):
        assert ann.post(f"/api/uploads/{token}/finish").json == {"url": f"/r/{token}"}
    job = services.store.get(token, owner_of(token))
    assert job.folder.upload.read_bytes() == b"0123456789"
    assert job.options == {"k": 50, "leave_out": ["okafor2020"], "threshold": 0.5}
    assert job.bundle == next(iter(services.engine.bundles))
    closed = ann.put(f"/api/uploads/{token}?offset=10", data=b"x")
    assert (closed.status_code, closed.json["code"]) == (409, "upload-closed")


@pytest.mark.parametrize(
    ("told", "status", "code"),
    [
        ({"size": 0}, 400, "empty-file"),
        ({"size": -1}, 400, "bad-request"),
        ({"size": 1.5}, 400, "bad-request"),
        ({"size": True}, 400, "bad-request"),
        ({"size": "ten"}, 400, "bad-request"),
        ({"size": 10**6 + 1}, 413, "upload-too-large"),
        ({"size": 10**30}, 400, "bad-request"),
        ({"filename": None}, 400, "bad-request"),
        ({"filename": "x" * 1001}, 400, "bad-request"),
        ({"bundle": "nowhere"}, 400, "unknown-bundle"),
        ({"bundle": 3}, 400, "bad-request"),
        ({"options": {"k": 0}}, 400, "bad-options"),
        ({"options": {"k": True}}, 400, "bad-options"),
        ({"options": {"threshold": 2}}, 400, "bad-options"),
        ({"options": {"threshold": "high"}}, 400, "bad-options"),
        ({"options": {"leave_out": "all"}}, 400, "bad-options"),
        ({"options": {"leave_out": [1]}}, 400, "bad-options"),
        ({"options": {"other": 1}}, 400, "bad-options"),
        ({"options": [1]}, 400, "bad-options"),
    ],
)
def test_what_is_refused_at_the_beginning(ann, told, status, code):
    answer = begin(ann, **told)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert answer.json["next_step"]
    assert ann.get("/api/jobs").json == {"jobs": []}


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'"text"'])
def test_bodies_that_are_not_objects(ann, raw):
    answer = ann.post("/api/uploads", data=raw, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (400, "bad-request")


@pytest.mark.parametrize("offset", ["", "-1", "x", "1e3", "9" * 40, "٣"])
def test_offsets_that_are_not_numbers(ann, offset):
    token = begin(ann).json["token"]
    answer = ann.put(f"/api/uploads/{token}?offset={offset}", data=b"0")
    assert (answer.status_code, answer.json["code"]) == (400, "bad-request")
    assert ann.put(f"/api/uploads/{token}", data=b"0").status_code == 400


def test_more_than_announced(ann):
    token = begin(ann, size=3).json["token"]
    answer = ann.put(f"/api/uploads/{token}?offset=0", data=b"0123")
    assert (answer.status_code, answer.json["code"]) == (400, "upload-size")
    assert ann.get(f"/api/uploads/{token}").json["received"] == 0


def test_a_piece_has_a_largest_size_of_its_own(ann, services):
    services.store.limits = StoreLimits(min_free_bytes=0)
    token = begin(ann, size=20 * 1024**2).json["token"]
    piece = ann.put(f"/api/uploads/{token}?offset=0", data=bytes(MAX_PIECE_BYTES))
    assert piece.json == {"received": MAX_PIECE_BYTES}
    larger = ann.put(f"/api/uploads/{token}?offset={MAX_PIECE_BYTES}", data=bytes(MAX_PIECE_BYTES + 2))
    assert (larger.status_code, larger.json["code"]) == (413, "too-large")
    other = ann.post("/api/uploads", data=bytes(3 * 1024**2), content_type="application/json")
    assert other.status_code in {400, 413}


def test_strangers_cannot_touch_an_upload(ann, bob):
    token = begin(ann).json["token"]
    tries = [
        bob.get(f"/api/uploads/{token}"),
        bob.put(f"/api/uploads/{token}?offset=0", data=b"x"),
        bob.post(f"/api/uploads/{token}/finish"),
    ]
    assert [(t.status_code, t.json["code"]) for t in tries] == [(404, "job-not-found")] * 3
    assert ann.get(f"/api/uploads/{token}").json["received"] == 0


def test_the_queue_can_be_full(ann, services, upload):
    for n in range(services.settings.max_queue):
        if n % 15 == 0:
            ann.delete_cookie("scquery")
        upload(ann)
    ann.delete_cookie("scquery")
    token = begin(ann, size=1).json["token"]
    ann.put(f"/api/uploads/{token}?offset=0", data=b"x")
    full = ann.post(f"/api/uploads/{token}/finish")
    assert (full.status_code, full.json["code"], full.headers["Retry-After"]) == (429, "queue-full", "30")


def test_an_example_becomes_a_job(ann, services, owner_of):
    bundle = next(iter(services.engine.bundles.values()))
    row = bundle.examples.iloc[0]
    answer = ann.post("/api/examples", json={"bundle": bundle.name, "example": row["example"], "options": {"k": 7}})
    assert answer.status_code == 201
    token = answer.json["token"]
    assert answer.json["url"] == f"/r/{token}"
    job = services.store.get(token, owner_of(token))
    assert (job.state, job.filename, job.example, job.options) == ("queued", row["title"], row["example"], {"k": 7})
    assert job.folder.upload.read_bytes() == bundle.path(row["file"]).read_bytes()


@pytest.mark.parametrize("example", ["nothing", "../cells.parquet", ""])
def test_only_examples_are_examples(ann, example):
    answer = ann.post("/api/examples", json={"example": example})
    assert (answer.status_code, answer.json["code"]) == (400, "unknown-example")


def test_a_reference_that_failed_verification_is_not_searched(ann, services):
    services.watch.run()
    name = next(iter(services.engine.bundles))
    assert begin(ann).status_code == 201
    wait_until_ready(ann)
    services.watch._found[name] = ("cells.parquet: the bytes are not those of the manifest",)
    answer = begin(ann)
    assert (answer.status_code, answer.json["code"]) == (503, "bundle-damaged")
