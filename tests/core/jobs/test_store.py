"""What owners can do with their jobs, and what nobody else can."""

import io
import os
import time

import pytest

from core.errors import InputError, JobError, JobNotFoundError, LimitError
from core.jobs import JobCancelled, JobMessage, JobStore, StoreLimits, disk
from core.jobs.access import MAX_OPEN_PER_OWNER
from core.settings import Settings

ACCESSES = {
    "get": lambda s, t, o: s.get(t, o),
    "received": lambda s, t, o: s.received(t, o),
    "append": lambda s, t, o: s.append(t, o, 0, io.BytesIO(b"x")),
    "submit": lambda s, t, o: s.submit(t, o),
    "cancel": lambda s, t, o: s.cancel(t, o),
    "retry": lambda s, t, o: s.retry(t, o),
    "rerun": lambda s, t, o: s.rerun(t, o, {}),
    "delete": lambda s, t, o: s.delete(t, o),
}


def new(store, owner="ann", size=5, **changes):
    return store.create(owner, **{"bundle": "demo", "filename": "a.csv", "size_bytes": size, **changes})


@pytest.mark.parametrize("access", ACCESSES)
@pytest.mark.parametrize("who", ["bob", ""])
def test_a_job_of_somebody_else_does_not_exist(store, access, who):
    job = new(store)
    with pytest.raises(JobNotFoundError) as strangers:
        ACCESSES[access](store, job.token, who)
    with pytest.raises(JobNotFoundError) as unknown:
        ACCESSES[access](store, "A" * 22, who)
    assert str(strangers.value) == str(unknown.value)
    assert store.get(job.token, "ann") == job
    assert store.list(who) == []


@pytest.mark.parametrize("token", ["", "..", "../../etc/passwd", "a" * 23, "é" * 22, "A" * 21 + "\n", "A" * 21 + "/"])
def test_only_a_token_is_a_token(store, token):
    with pytest.raises(JobNotFoundError):
        store.get(token, "ann")


def test_an_upload_in_pieces(store):
    job = new(store, size=10)
    assert store.received(job.token, "ann") == 0
    assert store.append(job.token, "ann", 0, io.BytesIO(b"01234")) == 5
    with pytest.raises(JobError, match="holds 5 bytes, not 3") as wrong:
        store.append(job.token, "ann", 3, io.BytesIO(b"34"))
    assert wrong.value.code == "upload-offset"
    with pytest.raises(JobError) as early:
        store.submit(job.token, "ann")
    assert early.value.code == "upload-incomplete"
    with pytest.raises(InputError) as much:
        store.append(job.token, "ann", 5, io.BytesIO(b"567890"))
    assert (much.value.code, store.received(job.token, "ann")) == ("upload-size", 5)
    assert store.append(job.token, "ann", 5, io.BytesIO(b"56789")) == 10
    assert store.submit(job.token, "ann").state == "queued"
    assert store.submit(job.token, "ann").state == "queued"
    with pytest.raises(JobError) as closed:
        store.append(job.token, "ann", 10, io.BytesIO(b""))
    assert closed.value.code == "upload-closed"
    assert job.folder.upload.read_bytes() == b"0123456789"


def test_a_broken_connection_leaves_a_valid_beginning(store):
    class Broken(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise ConnectionResetError
            return super().read(4)

    job = new(store, size=10)
    with pytest.raises(ConnectionResetError):
        store.append(job.token, "ann", 0, Broken(b"0123456789"))
    assert store.received(job.token, "ann") == 4


def test_an_upload_removed_underneath_is_not_found(store):
    job = new(store)
    disk.remove(job.folder)
    with pytest.raises(JobNotFoundError):
        store.append(job.token, "ann", 0, io.BytesIO(b"x"))


@pytest.mark.parametrize(("size", "code"), [(0, "empty-file"), (-1, "empty-file"), (1001, "upload-too-large")])
def test_sizes_are_refused(store, size, code):
    with pytest.raises(InputError) as refused:
        new(store, size=size)
    assert refused.value.code == code
    assert store.list("ann") == []


def test_uploads_leave_room_on_the_disk(tmp_path, monkeypatch):
    store = JobStore(tmp_path, StoreLimits(min_free_bytes=1000, max_upload_bytes=10**6))
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: disk.shutil._ntuple_diskusage(10**6, 0, 10_000))
    assert disk.floor_bytes(tmp_path, 10**9) == 10**5
    first = new(store, size=6000)
    with pytest.raises(LimitError) as full:
        new(store, size=4000)  # 6,000 are promised already
    assert full.value.code == "disk-full"
    os.utime(first.folder.upload, (0, 0))  # nothing came for long: its promise no longer counts
    store.delete(new(store, size=4000).token, "ann")
    gone = new(store, size=1)
    disk.remove(gone.folder)
    store.delete(new(store, size=4000).token, "ann")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: disk.shutil._ntuple_diskusage(10**6, 0, 2000))
    with pytest.raises(LimitError):
        store.append(first.token, "ann", 0, io.BytesIO(b"x"))


def test_one_owner_cannot_take_all(store):
    for _ in range(MAX_OPEN_PER_OWNER):
        new(store)
    with pytest.raises(LimitError) as refused:
        new(store)
    assert refused.value.code == "too-many-open"
    new(store, owner="bob")
    store.cancel(store.list("ann")[0].token, "ann")
    new(store)


def test_the_queue_is_bounded_and_the_upload_kept(store, submit):
    for n in range(5):
        submit(owner=f"user{n}")
    job = new(store, size=1)
    store.append(job.token, "ann", 0, io.BytesIO(b"x"))
    with pytest.raises(LimitError, match="5 searches are waiting") as full:
        store.submit(job.token, "ann")
    assert full.value.code == "queue-full"
    assert store.get(job.token, "ann").state == "uploading"
    assert store.received(job.token, "ann") == 1
    store.queue().claim()
    assert store.submit(job.token, "ann").state == "queued"


def test_positions_are_round_robin(store, submit):
    first, second = submit("ann"), submit("ann")
    other = submit("bob")
    assert [store.get(j.token, j.owner).position for j in (first, other, second)] == [1, 2, 3]
    assert [j.position for j in store.list("ann")] == [3, 1]
    assert store.queue().claim().token == first.token
    assert store.queue().claim().token == other.token
    assert store.get(first.token, "ann").position == 0


def test_a_job_from_a_file_of_ours(store, tmp_path):
    source = tmp_path / "example.h5ad"
    source.write_bytes(b"cells")
    job = store.create_from("ann", source, bundle="demo", filename="An example", options={"k": 5}, example="pbmc")
    assert (job.state, job.example, job.options, job.size_bytes) == ("queued", "pbmc", {"k": 5}, 5)
    store.delete(job.token, "ann")
    assert source.read_bytes() == b"cells"


def test_a_job_that_is_answered_at_once(store, tmp_path):
    source = tmp_path / "example.h5ad"
    source.write_bytes(b"cells")

    def answer(job):
        job.folder.result.mkdir()
        return {"read": 0.5}

    done = store.create_from("ann", source, bundle="demo", filename="An example", answer=answer)
    assert (done.state, done.timings, done.fraction, done.attempts) == ("done", {"read": 0.5}, 1.0, 0)
    assert done.started_at == done.finished_at
    asked = store.create_from("ann", source, bundle="demo", filename="An example", answer=lambda _job: None)
    assert asked.state == "queued"


def test_a_full_queue_leaves_no_half_made_example(store, submit, tmp_path):
    for n in range(5):
        submit(owner=f"user{n}")
    source = tmp_path / "example.h5ad"
    source.write_bytes(b"cells")
    with pytest.raises(LimitError):
        store.create_from("ann", source, bundle="demo", filename="An example")
    assert store.list("ann") == []


def test_link_or_copy_copies_where_it_cannot_link(tmp_path, monkeypatch):
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"1")
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError("another disk")))
    disk.link_or_copy(source, target)
    assert target.read_bytes() == b"1"
    assert not target.samefile(source)


def test_rerun_searches_the_same_upload_with_other_options(store, submit):
    job = submit()
    job.folder.cell_table.write_bytes(b"cell,arm")
    again = store.rerun(job.token, "ann", {"k": 7})
    store.delete(job.token, "ann")
    assert again.token != job.token
    assert (again.options, again.filename, again.state) == ({"k": 7}, "a.csv", "queued")
    assert again.folder.upload.read_bytes() == b"cells"
    assert again.folder.cell_table.read_bytes() == b"cell,arm"
    assert not again.folder.gene_sets.exists()
    unfinished = new(store)
    with pytest.raises(JobError):
        store.rerun(unfinished.token, "ann", {})


def test_what_cannot_be_retried(store, submit):
    job = new(store)
    for state in ("uploading", "cancelled"):
        with pytest.raises(JobError) as refused:
            store.retry(job.token, "ann")
        assert refused.value.code == "no-retry"
        assert store.get(job.token, "ann").state == state
        store.cancel(job.token, "ann")
    waiting = submit()
    store.cancel(waiting.token, "ann")
    assert store.cancel(waiting.token, "ann").state == "cancelled"
    assert store.retry(waiting.token, "ann").state == "queued"


def test_the_worker_holds_its_attempt_only(store, submit):
    job = submit()
    with pytest.raises(JobCancelled):
        store.attach(job.token, 0)
    store.queue().claim()
    run = store.attach(job.token, 1)
    run("read", 0.2, "a")
    run("read", 0.9)  # too soon to be written
    assert store.get(job.token, "ann").fraction == 0.2
    run("score", 7)
    assert store.get(job.token, "ann").fraction == 1.0
    store.cancel(job.token, "ann")
    store.retry(job.token, "ann")
    store.queue().claim()
    for late in (lambda: run("draw", 0.1), lambda: run.finish({}), lambda: run.fail(JobMessage("a", "b"))):
        with pytest.raises(JobCancelled):
            late()
    assert store.get(job.token, "ann").state == "running"
    store.attach(job.token, 2).finish({"read": 1}, 5)
    assert store.get(job.token, "ann").state == "done"


def test_what_expired_is_gone(tmp_path):
    store = JobStore(tmp_path, StoreLimits(keep_hours=0, min_free_bytes=0))
    job, running = new(store, size=1), new(store, size=1)
    store.append(running.token, "ann", 0, io.BytesIO(b"x"))
    store.submit(running.token, "ann")
    store.queue().claim()
    stray, fresh = store.database.jobs_dir / ("s" * 22), store.database.jobs_dir / ("f" * 22)
    stray.mkdir()
    fresh.mkdir()
    os.utime(stray, (0, 0))
    time.sleep(0.01)
    assert store.queue().expire() == 1
    with pytest.raises(JobNotFoundError):
        store.get(job.token, "ann")
    assert not job.folder.root.exists()
    assert not stray.exists()
    assert fresh.exists()
    assert store.get(running.token, "ann").state == "running"


def test_the_store_follows_the_settings(tmp_path):
    store = JobStore.from_settings(Settings(data_dir=tmp_path, keep_hours=2, max_queue=3, max_upload_bytes=4))
    assert store.limits == StoreLimits(2, 3, 4, Settings.min_free_bytes)
    assert store.keep_s == 7200


def test_files_are_for_the_servers_user_only(store):
    job = new(store)
    for path in (store.database.data_dir, store.database.jobs_dir, job.folder.root, job.folder.upload):
        assert path.stat().st_mode & 0o077 == 0
