"""The server as users start it: arguments, memory, several references, and what survives a kill."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Callable, Iterator

import psutil
import pytest

import app as root
from callbacks.routes.upload import MAX_PIECE_BYTES
from core.bundle.reader import Bundle
from core.settings import child_environment
from tests.server import ROOT, Client, Server, free_port, servers

MEMORY_LIMIT_BYTES = 500e6


@pytest.fixture(scope="module")
def new_server(tmp_path_factory) -> Iterator[Callable[..., Server]]:
    with servers(tmp_path_factory.mktemp("servers")) as make:
        yield make


@pytest.fixture
def server(new_server, tiny_builds) -> Iterator[Server]:
    running = new_server(tiny_builds)
    running.start()
    yield running
    running.stop(signal.SIGKILL)


@pytest.fixture
def query(tiny_query) -> bytes:
    return tiny_query.read_bytes()


def arguments_of(process: psutil.Process) -> set[str]:
    """Return the command line; nothing for a process that has just ended."""
    try:
        return set(process.cmdline())
    except psutil.Error:
        return set()


def worker_of(server: Server, token: str) -> psutil.Process:
    """Return the worker process of a job once it runs."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for process in psutil.Process(server.process.pid).children(recursive=True):
            if {"core.worker", token} <= arguments_of(process):
                return process
        time.sleep(0.02)
    raise AssertionError("the worker did not start")


def test_from_upload_to_labels(server, query):
    client = Client(server)
    done = client.wait(token := client.upload(query), "done", "failed")
    assert done["state"] == "done", (done, server.log)
    assert set(done["timings"]) == {"read", "check", "normalise", "embed", "compare", "neighbours", "score", "draw"}
    assert done["memory_bytes"] > 0
    labels = client.ask("GET", f"/r/{token}/labels.csv").decode().splitlines()
    assert labels[0].startswith("cell_id,cell_type_ontology_term_id,cell_type,confidence")
    assert len(labels) == 111
    assert token not in server.log
    assert "query.h5ad" not in server.log


def test_pieces_of_the_largest_size(server):
    client = Client(server)
    piece = bytes(MAX_PIECE_BYTES)
    token = client.json("POST", "/api/uploads", {"filename": "a.h5ad", "size": 3 * MAX_PIECE_BYTES})["token"]
    for n in range(3):
        answer = client.json("PUT", f"/api/uploads/{token}?offset={n * MAX_PIECE_BYTES}", piece)
        assert answer == {"received": (n + 1) * MAX_PIECE_BYTES}
    with pytest.raises(urllib.error.HTTPError) as larger:
        client.ask("PUT", f"/api/uploads/{token}?offset=0", piece + b"xx")
    assert larger.value.code == 413
    larger.value.close()


def test_an_example_is_answered_at_once_the_second_time(server, tiny_bundle):
    example = Bundle.open(tiny_bundle).examples.iloc[0]["example"]
    first = Client(server)
    token = first.json("POST", "/api/examples", {"example": example})["token"]
    labels = first.wait(token, "done", "failed") and first.ask("GET", f"/r/{token}/labels.csv")
    deadline = time.monotonic() + 10
    while not list(server.data_dir.rglob("answers/**/*.val")) and time.monotonic() < deadline:
        time.sleep(0.05)
    second = Client(server)
    again = second.json("POST", "/api/examples", {"example": example})["token"]
    assert second.json("GET", f"/api/jobs/{again}")["state"] == "done"
    assert second.ask("GET", f"/r/{again}/labels.csv") == labels


def test_a_file_that_is_none_fails_with_a_sentence(server):
    client = Client(server)
    failed = client.wait(client.upload(b"not a matrix at all"), "done", "failed")
    assert failed["state"] == "failed"
    assert failed["message"]["message"]
    assert failed["message"]["next_step"]
    assert not failed["can_retry"]


def test_kill_9_of_a_worker(server, query):
    client = Client(server)
    token = client.upload(query)
    worker_of(server, token).kill()
    began = time.monotonic()
    failed = client.wait(token, "failed")
    assert time.monotonic() - began < 10
    assert failed["message"]["message"] == "The search stopped, probably out of memory; your upload is kept."
    client.json("POST", f"/api/jobs/{token}/retry")
    assert client.wait(token, "done")["attempts"] == 2


def test_kill_9_of_the_server_loses_nothing(new_server, tiny_builds, query):
    server = new_server(tiny_builds, SCQUERY_SLOTS="1")
    server.start()
    client = Client(server)
    running, queued = client.upload(query), client.upload(query)
    worker = worker_of(server, running)
    server.stop(signal.SIGKILL)
    worker.wait(timeout=10)  # it does not outlive its server
    server.start()
    assert client.wait(running, "done")["attempts"] == 2
    assert client.wait(queued, "done")["attempts"] == 1
    for token in (running, queued):
        assert client.ask("GET", f"/r/{token}/labels.csv")


def test_an_orderly_stop_costs_no_attempt(new_server, tiny_builds, query):
    server = new_server(tiny_builds)
    server.start()
    client = Client(server)
    token = client.upload(query)
    worker_of(server, token)
    server.stop(signal.SIGTERM)
    server.start()
    assert client.wait(token, "done")["attempts"] == 1


def test_a_bad_reference_does_not_keep_the_others_from_serving(new_server, tiny_builds, tiny_bundle, tmp_path):
    damaged, rotten = tmp_path / "damaged", tmp_path / "rotten"
    for folder in (damaged, rotten):
        shutil.copytree(tiny_bundle, folder)
    (damaged / "genes.parquet").unlink()
    content = bytearray((rotten / "studies.parquet").read_bytes())
    content[len(content) // 2] ^= 1
    (rotten / "studies.parquet").write_bytes(content)
    server = new_server(damaged, tiny_builds)
    server.start()
    assert "genes.parquet" in server.log
    assert Client(server).json("GET", "/healthz") == {"status": "ok"}
    server.stop()
    server = new_server(rotten)  # found by the verification in the background
    server.start()
    deadline = time.monotonic() + 30
    while "studies.parquet" not in server.log and time.monotonic() < deadline:
        time.sleep(0.05)
    not_ready = answer_of(server, "/readyz")
    assert b'"ready":false' in not_ready
    assert b"studies.parquet" in not_ready
    with pytest.raises(urllib.error.HTTPError) as refused:
        Client(server).json("POST", "/api/uploads", {"filename": "a.csv", "size": 3})
    assert b"bundle-damaged" in refused.value.read()
    refused.value.close()


def test_memory(server):
    deadline = time.monotonic() + 30  # until verification and canary, in the background, are over
    while b'"ready":true' not in answer_of(server, "/readyz") and time.monotonic() < deadline:
        time.sleep(0.1)
    assert psutil.Process(server.process.pid).memory_info().rss <= MEMORY_LIMIT_BYTES


def answer_of(server: Server, path: str) -> bytes:
    try:
        return Client(server).ask("GET", path)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read()


@pytest.mark.parametrize("workers", [2])
def test_under_gunicorn(new_server, tiny_builds, query, workers):
    port = free_port()
    server = new_server(tiny_builds, SCQUERY_BUNDLES=str(tiny_builds))
    server.port = port
    server.command = [
        sys.executable, "-m", "gunicorn", "--preload", "-w", str(workers), "--threads", "2", "-b", f"127.0.0.1:{port}", "app:server",
    ]  # fmt: skip
    server.start()
    client = Client(server)
    done = client.wait(token := client.upload(query), "done", "failed")
    assert done["state"] == "done", server.log
    assert len(client.ask("GET", f"/r/{token}/labels.csv").splitlines()) == 111
    second = client.upload(query)
    active = psutil.Process(worker_of(server, second).ppid())
    active.kill()  # the process whose supervisor was active; the other one, or its successor, goes on
    assert client.wait(second, "done", "failed")["state"] == "done", server.log


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--bundle", "nowhere"], "make demo"),
        (["--host", "0.0.0.0"], "SCQUERY_SECRET_KEY is not set"),
    ],
)
def test_what_is_refused_at_start(tmp_path, tiny_builds, arguments, words, monkeypatch, capsys):
    monkeypatch.setenv("SCQUERY_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("SCQUERY_BUNDLES", str(tiny_builds))
    monkeypatch.setattr(root, "log_as_json", lambda: None)
    assert root.main(arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told


def test_a_port_that_is_taken(server, tmp_path, tiny_builds):
    command = [sys.executable, "app.py", "--bundle", str(tiny_builds), "--port", str(server.port)]
    environment = child_environment({"SCQUERY_DATA_DIR": str(tmp_path)})
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "choose another port" in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_the_app_does_nothing(tmp_path):
    code = (
        "import sys, threading, app; assert threading.active_count() == 1; "
        "slow = {'nmslib', 'anndata', 'h5py', 'scipy.stats', 'scipy.optimize'}; assert not slow & set(sys.modules)"
    )
    environment = {"PATH": "/usr/bin:/bin", "SCQUERY_DATA_DIR": str(tmp_path / "var")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "var").exists()
    with pytest.raises(AttributeError):
        _ = root.nothing


def test_the_launcher_ends_when_its_parent_is_gone():
    # Process 1 is not the parent that the launcher is told about.
    left = subprocess.run(
        [sys.executable, "-m", "core.jobs.launch", "1", "0", "true"], cwd=ROOT, check=False, timeout=60
    )
    assert left.returncode == 1
