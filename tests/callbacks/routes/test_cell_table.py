import pytest

from callbacks.opened import result_of
from core.explore.own_table import MAX_BYTES


def cells_of(services, job):
    return services.engine.result(job.folder.result).cell_ids.tolist()


def table(services, job, values="ab", column="brought"):
    cells = cells_of(services, job)
    rows = [f"{cell},{values[place % len(values)]}" for place, cell in enumerate(cells)]
    return "\n".join([f"cell,{column}", *reversed(rows)]).encode()


def bring(client, token, content):
    return client.put(f"/api/jobs/{token}/cell-table", data=content, content_type="application/octet-stream")


def columns(services, job):
    return {column.name: column for column in services.engine.own_columns(result_of(services, job))}


def test_a_table_is_checked_and_kept_with_the_job(ann, with_result, services):
    job = with_result(ann)
    content = table(services, job)
    assert bring(ann, job.token, content).json == {"rows": 110, "matched": 110, "columns": 1}
    assert job.folder.cell_table.read_bytes() == content
    assert [p.name for p in job.folder.root.iterdir() if p.name.startswith(".")] == []


def test_its_columns_are_groups_at_once(ann, with_result, services):
    job = with_result(ann)
    assert "brought" not in columns(services, job)
    bring(ann, job.token, table(services, job))
    assert [(g.value, g.n_cells) for g in columns(services, job)["brought"].groups] == [("a", 55), ("b", 55)]
    assert next(iter(columns(services, job))) == "brought"
    bring(ann, job.token, table(services, job, "xyz", "another"))
    assert "brought" not in columns(services, job)
    assert [g.value for g in columns(services, job)["another"].groups] == ["x", "y", "z"]


def test_a_group_of_it_can_be_downloaded(ann, with_result, services):
    job = with_result(ann)
    bring(ann, job.token, table(services, job))
    labels = ann.get(f"/r/{job.token}/labels.csv?sel=obs:brought%3Da").text.splitlines()[1:]
    assert [line.split(",")[0] for line in labels] == cells_of(services, job)[::2]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"cell,donor\nnobody,d1\n", b"cell,donor\nx\n"])
def test_what_is_refused_leaves_the_one_before(ann, with_result, services, content):
    job = with_result(ann)
    before = table(services, job)
    bring(ann, job.token, before)
    answer = bring(ann, job.token, content)
    assert (answer.status_code, answer.json["code"]) == (400, "cell-table")
    assert job.folder.cell_table.read_bytes() == before


def test_too_large_a_file_is_not_read(ann, with_result):
    job = with_result(ann)
    answer = bring(ann, job.token, b"A" * (MAX_BYTES + 2))
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    assert not job.folder.cell_table.exists()


def test_a_full_disk_takes_none(ann, with_result, services, monkeypatch):
    job = with_result(ann)
    content = table(services, job)
    monkeypatch.setattr("core.jobs.disk.floor_bytes", lambda *_: 2**60)
    answer = bring(ann, job.token, content)
    assert (answer.status_code, answer.json["code"]) == (507, "disk-full")
    assert not job.folder.cell_table.exists()


def test_strangers_and_unfinished_searches(ann, bob, with_result, upload, services):
    job = with_result(ann)
    content = table(services, job)
    assert bring(bob, job.token, content).json["code"] == "job-not-found"
    assert bring(ann, "x" * 22, content).status_code == 404
    waiting = upload(ann)
    assert bring(ann, waiting, content).json["code"] == "not-done"


def test_other_sites_may_not_bring_any(ann, with_result):
    job = with_result(ann)
    answer = ann.put(f"/api/jobs/{job.token}/cell-table", data=b"a,b", headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.json["code"]) == (403, "cross-site")


def test_deleted_with_the_job(ann, with_result, services, owner_of):
    job = with_result(ann)
    bring(ann, job.token, table(services, job))
    services.store.delete(job.token, owner_of(job.token))
    assert not job.folder.root.exists()
