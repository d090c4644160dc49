"""A store in a temporary folder, and a supervisor that runs the fake worker."""

import io
import sys
import time
from pathlib import Path

import pytest

from core.jobs import JobStore, StoreLimits, Supervisor
from core.settings import Settings

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
LIMITS = StoreLimits(max_upload_bytes=1000, min_free_bytes=0, max_queue=5)


def settings_for(folder, **changes):
    plain = {"data_dir": folder, "min_free_bytes": 0, "job_memory_bytes": 0, "bundles": str(folder)}
    return Settings(**{**plain, **changes})


@pytest.fixture(autouse=True)
def _importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))


@pytest.fixture
def store(tmp_path):
    return JobStore(tmp_path / "var", LIMITS)


@pytest.fixture
def submit(store):
    """Create and queue a job: submit("ann", acts=["killed", "done"])."""

    def act(owner="ann", acts=(), content=b"cells"):
        job = store.create(
            owner, bundle="demo", filename="a.csv", size_bytes=len(content), options={"acts": list(acts)}
        )
        store.append(job.token, owner, 0, io.BytesIO(content))
        return store.submit(job.token, owner)

    return act


@pytest.fixture
def supervise(store):
    """Start supervisors that are stopped at the end of the test."""
    started = []

    def act(**changes):
        supervisor = Supervisor(store, settings_for(store.database.data_dir, **changes), command=FAKE)
        supervisor.start()
        started.append(supervisor)
        return supervisor

    yield act
    for supervisor in started:
        supervisor.stop()


@pytest.fixture
def wait_for(store):
    """Wait until a job is in one of the states, and return it."""

    def act(job, *states, seconds=10.0, when=lambda _job: True):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = store.get(job.token, job.owner)
            if found.state in states and when(found):
                return found
            time.sleep(0.02)
        raise AssertionError(f"{found.state}, not {states}: {found}; {_log(found)!r}")

    return act


def _log(job):
    return job.folder.log.read_bytes() if job.folder.log.is_file() else b""
