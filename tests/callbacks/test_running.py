import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import running as handlers
from core.errors import JobNotFoundError
from core.jobs import JobMessage
from tests.components import text


def test_a_waiting_job_is_asked_for_again(queued, as_ann):
    *_, interval, state = handlers.poll(1, queued.url)
    assert interval == 400
    assert state is no_update


def test_a_running_job_tells_its_stage(queued, running, as_ann):
    running("embed", 0.5, "55 of 110 cells")
    title, line, share, words, stages, _, rail, _, state = handlers.poll(2, queued.url)
    assert title == "Embedding: query.h5ad"
    assert line.startswith("Stage 4 of 8.")
    assert 40 < share < 70
    assert text(words).startswith(f"{share:.0f} %")
    assert "55 of 110 cells" in text(stages)
    assert "Searching" in text(rail)
    assert state is no_update


def test_the_end_redraws_the_page(finished, as_ann):
    assert handlers.poll(9, finished.url)[-1] == {"token": finished.token, "state": "done", "attempts": 1}


def test_a_job_that_is_gone_redraws_the_page(queued, services, as_ann):
    services.store.delete(queued.token, "ann")
    *values, state = handlers.poll(1, queued.url)
    assert set(values) == {no_update}
    assert state == {"state": "gone"}


@pytest.mark.parametrize(("lasted", "wait"), [(1, 400), (15, 1000), (60, 2000), (600, 5000)])
def test_long_jobs_are_asked_for_less_often(queued, lasted, wait):
    from dataclasses import replace

    job = replace(queued, started_at=1000.0)
    assert handlers.interval_ms(job, 1000.0 + lasted) == wait


def test_a_job_without_a_start_is_timed_from_its_place_in_the_queue(queued):
    assert handlers.interval_ms(queued, queued.queued_at + 1) == 400


def test_cancel(queued, as_ann):
    assert handlers.cancel(1, queued.url)["state"] == "cancelled"


def test_retry_after_a_death(queued, running, as_ann):
    running.fail(JobMessage("job-died", "The search stopped.", "Search again."), retryable=True)
    assert handlers.retry(1, queued.url)["state"] == "queued"


@pytest.mark.parametrize("handler", [handlers.cancel, handlers.retry])
def test_a_button_that_has_just_appeared_does_nothing(handler, queued, as_ann):
    with pytest.raises(PreventUpdate):
        handler(None, queued.url)


@pytest.mark.parametrize("handler", [handlers.cancel, handlers.retry])
def test_strangers_cannot_touch_a_job(handler, queued, as_bob):
    with pytest.raises(JobNotFoundError):
        handler(1, queued.url)


def test_as_many_cells_as_fit_are_searched(queued, running, services, as_ann):
    running.fail(JobMessage("too-many-cells", "110 cells are in the file.", "Search 60 of them.", fits=60))
    address = handlers.search_some(1, queued.url)
    again = services.store.get(address.removeprefix("/r/"), "ann")
    assert again.options == {**queued.options, "draw": 60}


def test_a_file_is_searched_again_as_before(finished, services, as_ann):
    with pytest.raises(PreventUpdate):
        handlers.search_anew(None, finished.url)
    address = handlers.search_anew(1, finished.url)
    again = services.store.get(address.removeprefix("/r/"), "ann")
    assert again.options == finished.options
    assert again.token != finished.token


def test_nothing_is_drawn_where_nothing_was_offered(queued, as_ann):
    for n_clicks in (None, 1):
        with pytest.raises(PreventUpdate):
            handlers.search_some(n_clicks, queued.url)
