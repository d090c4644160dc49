"""The whole application on the planted bundle, with as many browsers as a test wants. No worker runs: queries stay queued."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dash import Dash
from flask import session
from flask.testing import FlaskClient

from app import create_app
from callbacks.services import KEY, Services
from callbacks.session import OWNER
from core.engine import Engine
from core.jobs import Job, JobRun
from core.settings import Settings

Browser = FlaskClient
UPLOADED = '<b>"my" query.h5ad'


def settings_for(folder: Path, bundle: Path, **changes) -> Settings:
    plain = {"data_dir": folder, "bundles": str(bundle), "min_free_bytes": 0, "slots": 0, "max_upload_bytes": 10**6}
    return Settings(**{**plain, **changes})


@pytest.fixture
def settings(tmp_path, tiny_builds) -> Settings:
    return settings_for(tmp_path / "var", tiny_builds)


@pytest.fixture
def app(settings) -> Iterator[Dash]:
    app = create_app(settings)
    yield app
    app.server.extensions[KEY].stop()


@pytest.fixture
def services(app) -> Services:
    return app.server.extensions[KEY]


@pytest.fixture
def browser(app) -> Callable[[], Browser]:
    """Make a browser of its own: cookies, and our page's origin."""
    return app.server.test_client


@pytest.fixture
def ann(browser) -> Browser:
    return browser()


@pytest.fixture
def bob(browser) -> Browser:
    return browser()


@pytest.fixture
def upload() -> Callable[..., str]:
    """Bring a file to the queue as a browser does, and return its token."""

    def act(client: Browser, content: bytes = b"cells", **changes) -> str:
        told = {"filename": "a.csv", "size": len(content), "bundle": "", "options": {}, **changes}
        token = client.post("/api/uploads", json=told).json["token"]
        client.put(f"/api/uploads/{token}?offset=0", data=content)
        assert client.post(f"/api/uploads/{token}/finish").status_code == 200
        return token

    return act


@pytest.fixture
def owner_of(services) -> Callable[[str], str]:
    """Name the owner of a job, which no route tells."""

    def act(token: str) -> str:
        with services.store.database.read() as db:
            return db.execute("SELECT owner FROM jobs WHERE token = ?", (token,)).fetchone()[0]

    return act


@pytest.fixture(scope="session")
def answered_upload(tiny_builds, tiny_query, tmp_path_factory) -> Path:
    """The result folder of the planted query under the name `UPLOADED`. Read-only: jobs get a copy."""
    engine = Engine.open([tiny_builds])
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("upload") / "result", display_name=UPLOADED).folder


@pytest.fixture
def with_result(services, tiny_query, upload, owner_of, answered_upload) -> Callable[[Browser], Job]:
    """Give a browser a finished search of the planted query."""

    def act(client: Browser) -> Job:
        token = upload(client, tiny_query.read_bytes(), filename=UPLOADED)
        claimed = claim(services, token)
        shutil.copytree(answered_upload, claimed.folder.result, dirs_exist_ok=True)
        services.store.attach(token, 1).finish({"read": 0.1})
        return services.store.get(token, owner_of(token))

    return act


def claim(services: Services, token: str) -> Job:
    """Take a queued job as a worker does, once the supervisor is at work: one that begins later would put it back in the queue."""
    queue = services.supervisor.queue
    deadline = time.monotonic() + 10
    while queue.heartbeat_age_s() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.token == token
    return claimed


def wait_until_ready(client: Browser, seconds: float = 20):
    """Ask until references, disk and supervisor are well, and return the last answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = client.get("/readyz")
        if answer.status_code == 200:
            return answer
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="session")
def answered(tiny_builds, tiny_query, tmp_path_factory) -> Path:
    """The result folder of the planted query. Read-only: jobs get a copy."""
    engine = Engine.open([tiny_builds])
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("answered") / "result").folder


@pytest.fixture
def queued(services, tiny_query) -> Job:
    """A query of Ann's that waits."""
    options = {"k": 100, "leave_out": [], "threshold": 0.5}
    return services.store.create_from(
        "ann", tiny_query, bundle=services.engine.default, filename="query.h5ad", options=options
    )


@pytest.fixture
def running(services, queued) -> JobRun:
    """The same query in the hands of a worker that does nothing by itself."""
    claimed = services.store.queue().claim()
    return services.store.attach(claimed.token, claimed.attempts)


@pytest.fixture
def finished(services, queued, running, answered) -> Job:
    """The same query with its result."""
    shutil.copytree(answered, queued.folder.result, dirs_exist_ok=True)
    running.finish({"read": 0.5, "draw": 0.25}, 10**8)
    return services.store.get(queued.token, "ann")


@pytest.fixture
def as_ann(app) -> Iterator[None]:
    """Be inside a request of Ann's browser."""
    with app.server.test_request_context("/"):
        session[OWNER] = "ann"
        yield


@pytest.fixture
def as_bob(app) -> Iterator[None]:
    """Be inside a request of another browser."""
    with app.server.test_request_context("/"):
        session[OWNER] = "bob"
        yield
