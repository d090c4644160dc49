"""Results as files: whole, selected, zipped, and for their owner only."""

import csv
import io
import json
import zipfile
from types import SimpleNamespace

import anndata
import pandas as pd
import pytest

from callbacks.routes.download import FILES, zip_stream


@pytest.fixture
def job(ann, with_result):
    return with_result(ann)


def rows(answer):
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True))))


@pytest.mark.parametrize("name", FILES)
def test_files_of_a_result(ann, job, name):
    answer = ann.get(f"/r/{job.token}/{name}", buffered=True)
    assert answer.status_code == 200
    assert answer.data == (job.folder.result / name).read_bytes()
    assert answer.headers["Content-Disposition"] == f"attachment; filename=b-my-query-{name}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_labels_of_a_selection(ann, job):
    head, *labels = rows(ann.get(f"/r/{job.token}/labels.csv", buffered=True))
    column = head.index("cell_type_ontology_term_id")
    chosen = labels[0][column]
    selected = ann.get(f"/r/{job.token}/labels.csv", query_string={"sel": f"type:{chosen}"}, buffered=True)
    assert "selected-labels.csv" in selected.headers["Content-Disposition"]
    assert rows(selected) == [head, *[row for row in labels if row[column] == chosen]]
    assert 1 < len(rows(selected)) < len(labels)
    assert rows(ann.get(f"/r/{job.token}/labels.csv?sel=all", buffered=True)) == [head, *labels]
    bad = ann.get(f"/r/{job.token}/labels.csv?sel=nonsense")
    assert (bad.status_code, bad.json["code"]) == (400, "selection")


def test_labels_at_another_confidence_level(ann, job):
    head, *labels = rows(ann.get(f"/r/{job.token}/labels.csv", buffered=True))
    status = head.index("status")
    strict = rows(ann.get(f"/r/{job.token}/labels.csv?threshold=0.999", buffered=True))
    assert strict[0] == head
    assert len(strict) == len(labels) + 1
    assert sum(row[status] == "confident" for row in strict) < sum(row[status] == "confident" for row in labels)
    ambiguous = rows(ann.get(f"/r/{job.token}/labels.csv?threshold=0.999&sel=status:ambiguous", buffered=True))
    assert {row[status] for row in ambiguous[1:]} == {"ambiguous"}
    for wrong in ("2", "-1", "nan", "inf", "high", ""):
        assert ann.get(f"/r/{job.token}/labels.csv?threshold={wrong}").status_code == 400


def test_everything_as_one_zip(ann, job):
    answer = ann.get(f"/r/{job.token}/all.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    assert archive.namelist() == list(FILES)
    assert all(archive.read(n) == (job.folder.result / n).read_bytes() for n in FILES)
    assert json.loads(archive.read("report.json"))["filename"] == job.filename


def test_the_labels_in_the_zip_are_those_the_page_shows(ann, job):
    view = "?threshold=0.95&detail=1"
    answer = ann.get(f"/r/{job.token}/all.zip{view}")
    inside = zipfile.ZipFile(io.BytesIO(answer.data)).read("labels.csv")
    shown = ann.get(f"/r/{job.token}/labels.csv{view}")
    with ann.get(f"/r/{job.token}/labels.csv") as first:
        assert inside == shown.data != first.data
    assert "selected" not in shown.headers["Content-Disposition"]
    assert "selected" in ann.get(f"/r/{job.token}/labels.csv?sel=all").headers["Content-Disposition"]


def test_the_methods_follow_the_page(ann, job):
    text = ann.get(f"/r/{job.token}/methods.txt?threshold=0.9&sel=type:CL:0000236").get_data(as_text=True)
    assert "at least 0.9 count as confident" in text
    inside = zipfile.ZipFile(io.BytesIO(ann.get(f"/r/{job.token}/all.zip?threshold=0.9").data)).read("methods.txt")
    assert inside.decode() == text


def test_a_zip_is_made_while_it_is_sent(tmp_path):
    large = tmp_path / "large.parquet"
    large.write_bytes(bytes(range(256)) * 20_000)
    pieces = list(zip_stream([large]))
    assert max(map(len, pieces)) < 400_000
    assert zipfile.ZipFile(io.BytesIO(b"".join(pieces))).read("large.parquet") == large.read_bytes()


def test_one_h5ad_with_the_labels_the_page_shows(ann, job, tmp_path):
    answer = ann.get(f"/r/{job.token}/annotated.h5ad?threshold=0.95")
    assert answer.headers["Content-Disposition"] == "attachment; filename=b-my-query-annotated.h5ad"
    (tmp_path / "x.h5ad").write_bytes(answer.data)
    shown = rows(ann.get(f"/r/{job.token}/labels.csv?threshold=0.95"))
    status = shown[0].index("status")
    assert anndata.read_h5ad(tmp_path / "x.h5ad").obs["scquery_status"].tolist() == [row[status] for row in shown[1:]]
    assert ann.get(f"/r/{job.token}/annotated.h5ad?threshold=2").status_code == 400


def test_an_h5ad_is_removed_when_it_is_sent_or_given_up(ann, job, monkeypatch):
    def left():
        return [path.name for path in job.folder.root.iterdir() if path.name.startswith(".annotated")]

    answer = ann.get(f"/r/{job.token}/annotated.h5ad")
    assert left()
    next(iter(answer.response))
    answer.close()
    assert left() == []
    monkeypatch.setattr("callbacks.routes.download.write_annotated", lambda *_: 1 / 0)
    assert ann.get(f"/r/{job.token}/annotated.h5ad").status_code == 500
    assert left() == []


def test_an_h5ad_needs_room(ann, job, monkeypatch):
    monkeypatch.setattr("core.jobs.disk.shutil.disk_usage", lambda _: SimpleNamespace(free=10, total=10**12))
    answer = ann.get(f"/r/{job.token}/annotated.h5ad")
    assert answer.status_code == 507
    assert answer.json["code"] == "disk-full"


@pytest.mark.parametrize("name", [*FILES, "all.zip", "annotated.h5ad"])
def test_strangers_and_unfinished_searches(ann, bob, job, upload, name):
    assert bob.get(f"/r/{job.token}/{name}").status_code == 404
    waiting = ann.get(f"/r/{upload(ann)}/{name}")
    assert (waiting.status_code, waiting.json["code"]) == (409, "not-done")


def test_only_the_files_of_a_result(ann, job):
    (job.folder.result / "scores.parquet").unlink()
    assert ann.get(f"/r/{job.token}/scores.parquet").status_code == 404
    assert "scores.parquet" not in zipfile.ZipFile(io.BytesIO(ann.get(f"/r/{job.token}/all.zip").data)).namelist()
    for other in ("embedding.npy", "..%2f..%2fjobs.sqlite", "../upload/data", "worker.log"):
        assert ann.get(f"/r/{job.token}/{other}").content_type.startswith("text/html")  # the page, whatever the address


def test_a_parquet_file_can_be_read(ann, job):
    answer = ann.get(f"/r/{job.token}/neighbors.parquet", buffered=True)
    assert {"cell_id", "rank", "ref_study", "distance"} <= set(pd.read_parquet(io.BytesIO(answer.data)).columns)
