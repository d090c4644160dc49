"""Health, readiness and figures."""

import pytest

from tests.callbacks.conftest import wait_until_ready


def test_alive(ann):
    assert ann.get("/healthz").json == {"status": "ok"}
    assert not ann.get("/healthz").headers.getlist("Set-Cookie")


def test_ready_when_bundles_disk_and_supervisor_are(ann, services):
    ready = wait_until_ready(ann).json
    assert ready["ready"]
    assert set(ready["bundles"]["states"].values()) == {"verified"}
    assert ready["disk"]["free_bytes"] > ready["disk"]["floor_bytes"]
    assert ready["supervisor"]["heartbeat_age_s"] < 10


def test_not_ready_with_a_damaged_reference(ann, services):
    wait_until_ready(ann)
    name = next(iter(services.engine.bundles))
    services.watch._found[name] = ("genes.parquet is missing",)
    answer = ann.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["bundles"] == {
        "ok": False, "states": {name: "refused"}, "problems": {name: ["genes.parquet is missing"]},
    }  # fmt: skip
    told = ann.get("/readyz", headers={"X-Forwarded-For": "10.0.0.9"}).json["bundles"]
    assert "problems" not in told


def test_not_ready_without_a_supervisor(ann, services):
    wait_until_ready(ann)
    services.stop()
    services.supervisor.start = lambda: None
    with services.store.database.write() as db:
        db.execute("UPDATE supervisor SET heartbeat_at = heartbeat_at - 60")
    answer = ann.get("/readyz")
    assert answer.status_code == 503
    assert not answer.json["supervisor"]["ok"]


def test_figures(ann, upload, services):
    upload(ann)
    wait_until_ready(ann)
    answer = ann.get("/metrics")
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    figures = dict(line.rsplit(" ", 1) for line in answer.get_data(as_text=True).splitlines())
    assert figures['scquery_jobs{state="queued"}'] == "1"
    assert figures[f'scquery_bundle_verified{{bundle="{next(iter(services.engine.bundles))}"}}'] == "1"
    assert all(float(value) >= 0 for value in figures.values())


@pytest.mark.parametrize(
    "request_",
    [
        {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}},
        {"headers": {"X-Forwarded-For": "10.0.0.9"}},
        {"headers": {"Via": "1.1 x"}},
    ],
)
def test_figures_are_for_this_machine(ann, request_):
    assert ann.get("/metrics", **request_).status_code == 404
