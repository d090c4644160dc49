import pytest

from layouts import ids, running
from tests.components import classes, text
from tests.components import ids as ids_of
from tests.contract.every_layout import NOW, job

LIMIT = 4 * 1024**3


def test_weights_cover_every_stage():
    assert set(running.WEIGHTS) == set(running.STAGE_NAMES)
    assert sum(running.WEIGHTS.values()) == pytest.approx(1)


def test_stages_are_those_of_the_engine():
    from core.engine import STAGES

    assert tuple(running.STAGE_NAMES) == STAGES


def test_a_running_job_says_stage_share_and_times(tmp_path):
    at = running.progress(
        job(tmp_path, "running", stage="neighbours", fraction=0.5, memory_bytes=312 * 2**20),
        now=NOW,
        memory_limit=LIMIT,
    )
    assert at.title == "Finding neighbours: query.h5ad"
    assert at.line.startswith("Stage 6 of 8.")
    assert 0.7 < at.share < 0.75
    assert at.times.startswith("4.0 s so far · about ")
    assert at.times.endswith("312 MB of 4 GB memory")


def test_no_guess_before_there_is_ground_for_one(tmp_path):
    at = running.progress(job(tmp_path, "running", stage="read", started_at=NOW - 1), now=NOW, memory_limit=LIMIT)
    assert at.times == "1.0 s so far"


@pytest.mark.parametrize(
    ("position", "words"), [(1, "Next in line."), (3, "2 searches before this one."), (2, "1 search before")]
)
def test_a_queued_job_says_its_place(tmp_path, position, words):
    at = running.progress(job(tmp_path, "queued", position=position), now=NOW, memory_limit=LIMIT)
    assert at.line.startswith(words)
    assert at.share == 0


def test_an_upload_that_waits(tmp_path):
    assert "Bring the file again" in running.progress(job(tmp_path, "uploading"), now=NOW, memory_limit=LIMIT).line


def test_shares_grow_and_end_at_one(tmp_path):
    shares = [
        running.share_done(job(tmp_path, "running", stage=stage, fraction=f))
        for stage in running.STAGE_NAMES
        for f in (0, 0.5, 1)
    ]
    assert shares == sorted(shares)
    assert shares[-1] == 0.99
    assert running.share_done(job(tmp_path, "done")) == 1
    assert running.share_done(job(tmp_path, "running", stage="")) == 0


def test_stages_show_done_now_and_next(tmp_path):
    shown = running.stages(
        job(tmp_path, "running", stage="embed", detail="1,610 of 2,638 cells", timings={"read": 0.6, "check": 0.3}), NOW
    )
    assert len(classes(shown, "is-done")) == 3
    assert len(classes(shown, "is-now")) == 1
    assert len(classes(shown, "is-next")) == 4
    assert "1,610 of 2,638 cells" in text(shown)
    assert "3.1 s" in text(classes(shown, "is-now")[0])


def test_the_page_holds_a_clock_and_the_findings(tmp_path):
    found = [{"title": "Scale", "level": "ok", "text": "Counts."}]
    page = running.layout(job(tmp_path, "running", stage="embed"), found, now=NOW, memory_limit=LIMIT)
    assert ids.POLL in ids_of(page)
    assert "Counts." in text(page)


def test_before_the_check_the_panel_says_what_will_come():
    assert "Orientation" in text(running.check([]))


def test_a_worker_that_has_said_nothing_begins_with_the_first_stage(tmp_path):
    assert "Read the file" in text(classes(running.stages(job(tmp_path, "running"), NOW), "is-now")[0])
    assert not classes(running.stages(job(tmp_path, "queued"), NOW), "is-now")
