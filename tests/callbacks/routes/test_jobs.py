"""State of jobs, and what only their owner can do."""

import pytest

NEW = {"options": {"k": 9}}


def test_state_for_polling(ann, upload, services):
    token = upload(ann, filename="my.csv")
    state = ann.get(f"/api/jobs/{token}").json
    assert state["state"] == "queued"
    assert (state["filename"], state["size"], state["position"], state["can_retry"]) == ("my.csv", 5, 1, False)
    assert state["created_at"] < state["now"] < state["expires_at"]
    assert state["memory_limit_bytes"] == services.settings.job_memory_bytes
    assert "owner" not in state
    assert str(services.settings.data_dir) not in str(state)
    assert [job["token"] for job in ann.get("/api/jobs").json["jobs"]] == [token]


def test_cancel_retry_rerun_delete(ann, upload):
    token = upload(ann)
    assert ann.post(f"/api/jobs/{token}/cancel").json["state"] == "cancelled"
    assert ann.post(f"/api/jobs/{token}/retry").json["state"] == "queued"
    refused = ann.post(f"/api/jobs/{token}/retry")
    assert (refused.status_code, refused.json["code"]) == (409, "no-retry")
    again = ann.post(f"/api/jobs/{token}/rerun", json=NEW)
    assert again.status_code == 201
    other = again.json["token"]
    assert again.json["url"] == f"/r/{other}"
    assert ann.get(f"/api/jobs/{other}").json["options"] == {"k": 9}
    assert ann.delete(f"/api/jobs/{token}").json == {}
    assert ann.get(f"/api/jobs/{token}").status_code == 404
    assert ann.post(f"/api/jobs/{other}/rerun", json={"options": {"k": "many"}}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("POST", "/cancel"), ("POST", "/retry"), ("POST", "/rerun"), ("DELETE", "")],
)
def test_strangers_get_404(ann, bob, upload, method, path):
    token = upload(ann)
    for stranger, name in ((bob, token), (ann, "A" * 22), (ann, "%2e%2e"), (ann, "x" * 2000)):
        answer = stranger.open(f"/api/jobs/{name}{path}", method=method, json={})
        assert answer.status_code == 404
    assert ann.get(f"/api/jobs/{token}").json["state"] == "queued"
    assert bob.get("/api/jobs").json == {"jobs": []}


def test_the_page_of_a_job_is_404_for_strangers(ann, bob, upload):
    token = upload(ann)
    assert ann.get(f"/r/{token}").status_code == 200
    assert bob.get(f"/r/{token}").status_code == 404
    assert bob.get(f"/r/{token}").content_type.startswith("text/html")
    assert ann.get("/r/nothing").status_code == 404
    assert bob.get("/").status_code == 200
