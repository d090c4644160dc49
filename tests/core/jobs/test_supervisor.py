"""Real worker processes that live, die, hang, grow and lose their server."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from core.errors import JobNotFoundError
from core.jobs import JobStore, Supervisor
from core.jobs import supervisor as supervisor_module
from core.jobs.supervisor import died, interrupted, not_started, too_slow
from tests.core.jobs.conftest import FAKE, LIMITS, settings_for


def test_a_job_runs_to_its_result(submit, supervise, wait_for):
    job = submit(content=b"my cells")
    supervise()
    done = wait_for(job, "done")
    assert (done.folder.result / "labels.csv").read_bytes() == b"my cells"
    assert (done.attempts, done.fraction, done.timings, done.stage) == (1, 1.0, {"read": 0.1}, "read")
    assert done.memory_bytes >= 1234
    assert done.started_at <= done.finished_at < done.expires_at
    assert done.pid is None


def test_slots_bound_what_runs_at_once(store, submit, supervise, wait_for):
    jobs = [submit(owner=f"user{n}", acts=["sleep"]) for n in range(3)]
    supervise(slots=2)
    for job in jobs[:2]:
        wait_for(job, "running", when=lambda j: j.stage == "read")
    waiting = store.get(jobs[2].token, "user2")
    assert (waiting.state, waiting.position) == ("queued", 1)
    store.cancel(jobs[0].token, "user0")
    wait_for(jobs[2], "running")


def test_kill_9_of_a_worker_is_a_clear_failure_with_one_retry(store, submit, supervise, wait_for):
    supervise()
    job = submit(acts=["sleep", "killed"])
    pid = wait_for(job, "running", when=lambda j: j.pid and j.stage == "read").pid
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    failed = wait_for(job, "failed")
    assert time.monotonic() - began < 10
    assert failed.message.code == "job-crashed"
    assert failed.message.message == "The search stopped, probably out of memory; your upload is kept."
    assert failed.can_retry
    assert failed.folder.upload.read_bytes() == b"cells"
    store.retry(job.token, "ann")
    again = wait_for(job, "failed", when=lambda j: j.attempts == 2)
    assert "stopped twice" in again.message.message
    assert not again.can_retry


def test_a_retry_can_succeed(store, submit, supervise, wait_for):
    supervise()
    job = submit(acts=["crash", "done"])
    assert "(code 3)" in wait_for(job, "failed").message.message
    store.retry(job.token, "ann")
    done = wait_for(job, "done")
    assert done.message is None
    assert done.attempts == 2


def test_a_refusal_is_not_retryable(submit, supervise, wait_for):
    supervise()
    failed = wait_for(submit(acts=["refuse"]), "failed")
    assert failed.message.to_dict() == {
        "code": "scaled", "message": "The values are scaled.", "next_step": "Bring counts.", "findings": [], "fits": 0,
    }  # fmt: skip
    assert not failed.can_retry


def test_cancel_ends_the_whole_process_group(store, submit, supervise, wait_for):
    supervise()
    job = submit(acts=["with_child"])
    running = wait_for(job, "running", when=lambda j: j.pid and len(_group(j.pid)) == 2)
    store.cancel(job.token, "ann")
    assert _eventually(lambda: not _group(running.pid))
    cancelled = store.get(job.token, "ann")
    assert cancelled.state == "cancelled"
    assert cancelled.can_retry


def test_delete_ends_the_worker_and_leaves_nothing(store, submit, supervise, wait_for):
    supervise()
    job = submit(acts=["sleep"])
    pid = wait_for(job, "running", when=lambda j: j.pid).pid
    store.delete(job.token, "ann")
    with pytest.raises(JobNotFoundError):
        store.get(job.token, "ann")
    assert _eventually(lambda: not _group(pid) and not job.folder.root.exists())


def test_a_hanging_worker_is_stopped(submit, supervise, wait_for):
    supervise(job_timeout_s=1)
    failed = wait_for(submit(acts=["sleep"]), "failed")
    assert failed.message == too_slow(1)
    assert failed.can_retry


def test_the_memory_limit_of_the_kernel_holds(submit, supervise, wait_for):
    supervise(job_memory_bytes=400 * 1024**2)
    failed = wait_for(submit(acts=["hungry"]), "failed")
    assert "MemoryError" in failed.folder.log.read_text()


def test_a_worker_whose_family_is_over_its_memory_is_stopped(submit, supervise, wait_for):
    supervise(job_memory_bytes=150 * 1024**2)
    failed = wait_for(submit(acts=["greedy"]), "failed")
    assert failed.message.code == "job-memory"
    assert not failed.can_retry


def test_only_one_supervisor_is_active_and_the_next_takes_over(submit, supervise, wait_for):
    first = supervise()
    assert _eventually(lambda: first.is_active)
    second = supervise()
    time.sleep(0.5)
    assert not second.is_active
    first.stop()
    assert _eventually(lambda: second.is_active)
    wait_for(submit(), "done")


def test_an_orderly_stop_puts_running_jobs_back_without_counting(store, submit, supervise, wait_for):
    supervisor = supervise()
    job = submit(acts=["sleep"])
    wait_for(job, "running", when=lambda j: j.stage == "read")
    supervisor.stop()
    waiting = store.get(job.token, "ann")
    assert (waiting.state, waiting.attempts) == ("queued", 0)


def test_a_worker_that_cannot_start_is_a_clear_failure(store, submit, wait_for, tmp_path):
    supervisor = Supervisor(store, settings_for(store.database.data_dir), command=["/nowhere/at/all"])
    job = submit()
    supervisor.start()
    try:
        assert wait_for(job, "failed").message.code == "job-crashed"
    finally:
        supervisor.stop()


def test_a_job_whose_folder_cannot_be_made_is_a_clear_failure(store, submit, supervise, wait_for):
    job = submit()
    shutil.rmtree(job.folder.root)
    job.folder.root.touch()
    supervise()
    assert wait_for(job, "failed").message == not_started()


def test_a_job_without_its_folder_does_not_stop_the_supervisor(store, submit, supervise, wait_for):
    lost, good = submit(owner="ann"), submit(owner="bob")
    shutil.rmtree(lost.folder.root)
    supervise()
    wait_for(good, "done")
    assert wait_for(lost, "failed").message is not None


SERVER = """
import sys, time
from pathlib import Path
from core.jobs import JobStore, Supervisor
from tests.core.jobs.conftest import FAKE, LIMITS, settings_for
folder = Path(sys.argv[1])
supervisor = Supervisor(JobStore(folder, LIMITS), settings_for(folder, slots=1), command=FAKE)
supervisor.start()
time.sleep(60)
"""


def test_kill_9_of_the_server_keeps_the_queue_and_requeues_what_ran_once(store, submit, supervise, wait_for):
    running, queued = submit(acts=["with_child", "done"]), submit(owner="bob")
    server = _server(store)
    pid = wait_for(running, "running", when=lambda j: j.pid and len(_group(j.pid)) == 2).pid
    server.kill()
    server.wait()
    assert _eventually(lambda: pid not in _group(pid))  # the worker died with its server
    assert store.get(queued.token, "bob").state == "queued"
    supervise()
    assert wait_for(running, "done").attempts == 2
    assert wait_for(queued, "done").attempts == 1
    assert not _group(pid)  # and so did the child it had


def test_kill_9_of_two_servers_under_one_job_ends_it(store, submit, supervise, wait_for):
    job = submit(acts=["sleep"])
    for attempt in (1, 2):
        server = _server(store)
        wait_for(job, "running", when=lambda j, n=attempt: j.pid and j.attempts == n)
        server.kill()
        server.wait()
    supervise()
    failed = wait_for(job, "failed")
    assert failed.message == interrupted()
    assert not failed.can_retry
    store.rerun(job.token, "ann", {"acts": ["done"]})


def test_the_supervisor_starts_anew_in_a_forked_process(store, submit, wait_for):
    supervisor = Supervisor(store, settings_for(store.database.data_dir), command=FAKE)
    supervisor.start()
    assert _eventually(lambda: supervisor.is_active)
    supervisor.stop()
    supervisor.stop()
    supervisor.start()
    supervisor.start()
    wait_for(submit(), "done")
    supervisor._owner_pid = -1  # what a forked process sees
    supervisor.stop()
    supervisor._owner_pid = os.getpid()
    supervisor.stop()


def test_heartbeat_and_counts(store, submit, supervise, wait_for):
    queue = store.queue()
    assert queue.heartbeat_age_s() is None
    supervise()
    wait_for(submit(), "done")
    assert queue.heartbeat_age_s() < 5
    assert queue.counts() == {"done": 1}


def test_a_round_that_fails_is_logged_and_tried_again(store, submit, supervise, wait_for, caplog, monkeypatch):
    supervisor = supervise()
    assert _eventually(lambda: supervisor.is_active)
    claim, failures = supervisor.queue.claim, iter([OSError("disk full")])

    def failing():
        for error in failures:
            raise error
        return claim()

    monkeypatch.setattr(supervisor.queue, "claim", failing)
    wait_for(submit(), "done")
    assert "could not finish a round" in caplog.text


def test_a_job_left_running_by_a_failing_disk_is_taken_up_again(store, submit, wait_for, monkeypatch):
    job = submit()
    supervisor = Supervisor(store, settings_for(store.database.data_dir), command=FAKE)
    supervisor.queue.claim()  # by a server that died
    put_back, failures = supervisor.queue.put_back, iter([sqlite3.OperationalError("database is locked")])

    def failing(*attempt, **how):
        for error in failures:
            raise error
        return put_back(*attempt, **how)

    monkeypatch.setattr(supervisor.queue, "put_back", failing)
    supervisor.start()
    try:
        wait_for(job, "done")
    finally:
        supervisor.stop()


def test_a_job_that_could_neither_be_started_nor_failed_is_taken_up_again(
    store, submit, supervise, wait_for, monkeypatch
):
    supervisor = supervise()
    assert _eventually(lambda: supervisor.is_active)
    fail, refused = supervisor.queue.fail, iter([sqlite3.OperationalError("disk is full")])
    clear, broken = supervisor_module.clear_for_attempt, iter([OSError("disk full")])

    def failing(*attempt, **how):
        for error in refused:
            raise error
        return fail(*attempt, **how)

    def clearing(folder):
        for error in broken:
            raise error
        return clear(folder)

    monkeypatch.setattr(supervisor.queue, "fail", failing)
    monkeypatch.setattr(supervisor_module, "clear_for_attempt", clearing)
    assert wait_for(submit(), "done").attempts == 2


def test_finished_jobs_are_passed_on(store, submit, wait_for, caplog):
    told = []

    def on_done(job):
        told.append(job.token)
        raise OSError("disk full")

    supervisor = Supervisor(store, settings_for(store.database.data_dir), command=FAKE, on_done=on_done)
    supervisor.start()
    try:
        good, bad, after = submit(owner="ann"), submit(owner="bob", acts=["refuse"]), submit(owner="cid")
        wait_for(bad, "failed")
        wait_for(after, "done")
        assert _eventually(lambda: set(told) == {good.token, after.token})
    finally:
        supervisor.stop()
    assert "could not be passed on" in caplog.text


@pytest.mark.parametrize(
    ("code", "words"),
    [(-9, "probably out of memory"), (-6, "probably out of memory"), (-11, "unexpectedly (code -11)")],
)
def test_words_for_a_silent_death(submit, code, words):
    assert words in died(code, submit()).message


def _server(store: JobStore):
    root = Path(__file__).parents[3]
    assert store.limits == LIMITS
    assert FAKE[0] == sys.executable
    return subprocess.Popen([sys.executable, "-c", SERVER, str(store.database.data_dir)], cwd=root)


def _group(pid):
    found = []
    for process in psutil.process_iter():
        try:
            if os.getpgid(process.pid) == pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def _eventually(check, seconds=10.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.05)
    return False
