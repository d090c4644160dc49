import pytest

from core.explore.gene_sets import MAX_BYTES

GMT = b"B_CELLS\tx\tMS4A1\tCD79A\tCD79B\tnobody\n"


def bring(client, token, content):
    return client.put(f"/api/jobs/{token}/gene-sets", data=content, content_type="application/octet-stream")


def test_gene_sets_are_checked_and_kept_with_the_job(ann, with_result):
    job = with_result(ann)
    answer = bring(ann, job.token, GMT)
    assert answer.json == {"sets": 1, "names": 4, "known": 3}
    assert job.folder.gene_sets.read_bytes() == GMT
    assert [p.name for p in job.folder.root.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"no tabs", b"A\tx\tnobody"])
def test_what_is_refused_leaves_the_one_before(ann, with_result, content):
    job = with_result(ann)
    bring(ann, job.token, GMT)
    answer = bring(ann, job.token, content)
    assert (answer.status_code, answer.json["code"]) == (400, "gene-sets")
    assert job.folder.gene_sets.read_bytes() == GMT


def test_too_large_a_file_is_not_read(ann, with_result):
    job = with_result(ann)
    answer = bring(ann, job.token, b"A" * (MAX_BYTES + 2))
    assert (answer.status_code, answer.json["code"]) == (413, "too-large")
    assert not job.folder.gene_sets.exists()


def test_strangers_and_unfinished_searches(ann, bob, with_result, upload):
    job = with_result(ann)
    assert bring(bob, job.token, GMT).json["code"] == "job-not-found"
    assert bring(ann, "x" * 22, GMT).status_code == 404
    waiting = upload(ann)
    assert bring(ann, waiting, GMT).json["code"] == "not-done"


def test_other_sites_may_not_bring_any(ann, with_result):
    job = with_result(ann)
    answer = ann.put(f"/api/jobs/{job.token}/gene-sets", data=GMT, headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.json["code"]) == (403, "cross-site")


def test_deleted_with_the_job(ann, with_result, services, owner_of):
    job = with_result(ann)
    bring(ann, job.token, GMT)
    services.store.delete(job.token, owner_of(job.token))
    assert not job.folder.root.exists()
