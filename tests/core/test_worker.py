"""The worker against a real job store, in this process and started by the real supervisor."""

import json
import subprocess
import sys
import time

import pytest

from core import worker
from core.jobs import JobStore, Supervisor
from core.result import QueryResult
from core.settings import Settings


@pytest.fixture
def settings(tiny_bundle, tmp_path, monkeypatch) -> Settings:
    monkeypatch.setenv("SCQUERY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("SCQUERY_BUNDLES", str(tiny_bundle))
    monkeypatch.setenv("SCQUERY_MIN_FREE_BYTES", "0")
    return Settings.from_env()


@pytest.fixture
def store(settings) -> JobStore:
    return JobStore.from_settings(settings)


@pytest.fixture
def queued(store, tiny_query):
    """Queue a job: queued(k=50) with the planted cells, or with other bytes."""

    def act(content: bytes = b"", **options):
        data = content or tiny_query.read_bytes()
        path = tiny_query.parent / "upload"
        path.write_bytes(data)
        job = store.create("ann", bundle="planted", filename="my cells.h5ad", size_bytes=len(data), options=options)
        with path.open("rb") as stream:
            store.append(job.token, "ann", 0, stream)
        return store.submit(job.token, "ann")

    return act


@pytest.fixture
def claimed(store, queued):
    def act(content: bytes = b"", **options):
        queued(content, **options)
        job = store.queue().claim()
        job.folder.work.mkdir(parents=True, exist_ok=True)
        return job

    return act


def test_a_job_becomes_a_result(store, claimed):
    job = claimed(k=50, leave_out=["okafor2020"], threshold=0.7)
    assert worker.main([job.token, str(job.attempts)]) == 0
    done = store.get(job.token, "ann")
    assert done.state == "done"
    assert set(done.timings) == {"read", "check", "normalise", "embed", "compare", "neighbours", "score", "draw"}
    assert done.memory_bytes > 50e6
    result = QueryResult.open(done.folder.result)
    assert result.report["filename"] == "my cells.h5ad"
    assert result.report["options"] == {"k": 50, "leave_out": ["okafor2020"], "threshold": 0.7, "draw": 0}
    assert json.loads((done.folder.work / "findings.json").read_text()) == result.report["findings"]


def test_a_refused_file_fails_the_job_with_its_sentence(store, claimed):
    job = claimed(b"gene,c1,c2\nCD3D,-1,2\nMS4A1,1,-2\n")
    assert worker.main([job.token, "1"]) == 0
    failed = store.get(job.token, "ann")
    assert failed.state == "failed"
    assert not failed.retryable
    assert failed.message.code
    assert failed.message.message
    assert failed.message.next_step
    assert failed.message.findings[0]["title"] == "Format"
    assert not failed.folder.result.exists()


def test_a_cancelled_job_ends_quietly(store, claimed):
    job = claimed()
    store.cancel(job.token, "ann")
    assert worker.main([job.token, "1"]) == 0
    assert store.get(job.token, "ann").state == "cancelled"
    assert not job.folder.result.exists()


def test_cancelling_in_the_middle_stops_the_work(store, claimed, monkeypatch):
    job = claimed()
    inner = worker.Engine.annotate

    def cancel_then_annotate(self, *args, **kwargs):
        store.cancel(job.token, "ann")
        return inner(self, *args, **kwargs)

    monkeypatch.setattr(worker.Engine, "annotate", cancel_then_annotate)
    assert worker.main([job.token, "1"]) == 0
    assert store.get(job.token, "ann").state == "cancelled"
    assert [p.name for p in job.folder.root.iterdir() if "result" in p.name] == []


def test_another_attempt_has_taken_over(store, claimed):
    job = claimed()
    assert worker.main([job.token, "7"]) == 0
    assert store.get(job.token, "ann").state == "running"


@pytest.mark.parametrize(
    ("fault", "code", "retryable"),
    [(RuntimeError("CD3D of patient 7"), "internal", True), (MemoryError(), "job-memory", False)],
)
def test_a_fault_of_ours_is_calm_and_logged(store, claimed, monkeypatch, caplog, fault, code, retryable):
    def fail(self, *args, **kwargs):
        raise fault

    monkeypatch.setattr(worker.Engine, "annotate", fail)
    job = claimed()
    assert worker.main([job.token, "1"]) == 0
    failed = store.get(job.token, "ann")
    assert (failed.message.code, failed.retryable) == (code, retryable)
    assert "patient" not in failed.message.message
    assert failed.message.next_step
    assert caplog.records[-1].exc_info


def test_what_a_killed_attempt_left_is_removed(store, claimed):
    job = claimed()
    half = job.folder.root / ".result.4711.partial"
    half.mkdir()
    job.folder.result.mkdir()
    (job.folder.result / "labels.csv").write_text("half")
    assert worker.main([job.token, "1"]) == 0
    assert store.get(job.token, "ann").state == "done"
    assert not half.exists()


def test_a_bundle_that_is_gone(store, claimed, settings, monkeypatch, tmp_path):
    job = claimed()
    monkeypatch.setenv("SCQUERY_BUNDLES", str(tmp_path / "gone"))
    assert worker.main([job.token, "1"]) == 0
    assert store.get(job.token, "ann").message.code == "bundle"


def test_the_supervisor_starts_it(store, queued, settings):
    job = queued()
    supervisor = Supervisor(store, settings)
    supervisor.start()
    try:
        deadline = time.monotonic() + 60
        while store.get(job.token, "ann").is_open and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        supervisor.stop()
    done = store.get(job.token, "ann")
    assert done.state == "done", done.folder.log.read_text()
    assert QueryResult.open(done.folder.result).n_query == 110


def test_module_runs_from_the_shell(settings):
    done = subprocess.run(
        [sys.executable, "-m", "core.worker", "A" * 22, "1"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0
    assert "cancelled" in done.stderr


def test_too_little_memory_is_foretold_and_says_how_many_cells_fit(store, claimed, monkeypatch):
    monkeypatch.setenv("SCQUERY_JOB_MEMORY_BYTES", "500100000")
    job = claimed(k=50)
    assert worker.main([job.token, str(job.attempts)]) == 0
    failed = store.get(job.token, "ann")
    assert (failed.state, failed.message.code) == ("failed", "too-big")
    assert 0 < failed.message.fits < 110
