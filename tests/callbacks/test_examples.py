"""Examples are answered once, for everybody."""

import io

from callbacks.examples import keep_answer, question_of
from core.jobs import JobStore
from core.result import QueryResult
from tests.callbacks.conftest import claim


def ask(client, services, **options):
    bundle = next(iter(services.engine.bundles.values()))
    example = bundle.examples.iloc[0]["example"]
    token = client.post("/api/examples", json={"example": example, "options": options}).json["token"]
    return client.get(f"/api/jobs/{token}").json


def finish(services, token):
    """Do what the worker does."""
    claimed = claim(services, token)
    services.engine.annotate(claimed.folder.upload, bundle=claimed.bundle, out=claimed.folder.result)
    services.store.attach(token, 1).finish({"read": 0.1})
    keep_answer(services.answers, services.engine.bundles, claimed)


def test_the_second_who_asks_gets_the_answer_at_once(ann, bob, services):
    first = ask(ann, services)
    assert first["state"] == "queued"
    finish(services, first["token"])
    for options in ({}, {"k": 100}, {"threshold": 0.5, "leave_out": []}):
        second = ask(bob, services, **options)
        assert second["state"] == "done"
        assert second["token"] != first["token"]
        assert set(second["timings"]) >= {"read", "embed"}
    name = bob.get(f"/r/{second['token']}/labels.csv", buffered=True)
    assert name.data == ann.get(f"/r/{first['token']}/labels.csv", buffered=True).data
    assert ann.get(f"/r/{second['token']}/labels.csv").status_code == 404
    folders = [services.settings.data_dir / "jobs" / job["token"] / "result" for job in (first, second)]
    original, copy = (QueryResult.open(folder) for folder in folders)
    assert copy.genes == original.genes  # in a folder of its own; the type card reads it
    assert ask(bob, services, k=7)["state"] == "queued"


def test_deleting_one_does_not_touch_the_other(ann, bob, services):
    first = ask(ann, services)
    finish(services, first["token"])
    second = ask(bob, services)
    ann.delete(f"/api/jobs/{first['token']}")
    assert bob.get(f"/r/{second['token']}/scores.parquet", buffered=True).status_code == 200


def test_files_of_users_are_not_kept(services, tmp_path):
    store = JobStore(tmp_path, services.store.limits)
    job = store.create("ann", bundle=next(iter(services.engine.bundles)), filename="a", size_bytes=1)
    store.append(job.token, "ann", 0, io.BytesIO(b"x"))
    keep_answer(services.answers, services.engine.bundles, job)
    assert not (services.settings.data_dir / "answers").exists()


def test_options_count_as_what_they_mean(services):
    bundle = next(iter(services.engine.bundles.values()))
    plain = question_of(bundle, "a", {})
    assert question_of(bundle, "a", {"k": 100, "leave_out": [], "threshold": 0.5}) == plain
    assert (
        question_of(bundle, "a", {"leave_out": ["x", "y"]})
        == question_of(bundle, "a", {"leave_out": ["y", "x"]})
        != plain
    )


def test_other_code_is_another_question(services, monkeypatch):
    bundle = next(iter(services.engine.bundles.values()))
    before = question_of(bundle, "a", {})
    monkeypatch.setattr("callbacks.examples.code_digest", lambda: "of an update")
    assert question_of(bundle, "a", {}) != before
