import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import rail
from core.engine import QueryResult
from core.errors import InputError, JobNotFoundError
from tests.components import text


def test_searching_again_is_a_new_search_of_the_same_file(finished, services, as_ann):
    address, message = rail.search_again(1, finished.url, 50, 0.7, ["kang2018"])
    job = services.store.get(address.rpartition("/")[2], "ann")
    assert message == ""
    assert job.token != finished.token
    assert job.options == {"k": 50, "leave_out": ["kang2018"], "threshold": 0.7, "draw": 0}
    assert services.store.get(finished.token, "ann").state == "done"


def test_searching_again_draws_as_many_cells(finished, services, as_ann):
    token = services.store.rerun(finished.token, "ann", {"draw": 60}).token
    address, _ = rail.search_again(1, f"/r/{token}", 50, 0.7, [])
    assert services.store.get(address.rpartition("/")[2], "ann").options["draw"] == 60


def test_a_refusal_stands_beside_the_button(finished, as_ann):
    address, message = rail.search_again(1, finished.url, 0, 0.5, [])
    assert address is no_update
    assert message


def test_strangers_cannot_search_again(finished, as_bob):
    address, message = rail.search_again(1, finished.url, 50, 0.5, [])
    assert address is no_update
    assert "no such search" in message


def test_an_untouched_button_does_nothing(finished, as_ann):
    with pytest.raises(PreventUpdate):
        rail.search_again(0, finished.url, 50, 0.5, [])
    with pytest.raises(PreventUpdate):
        rail.delete(None, finished.url)


@pytest.mark.parametrize(
    ("k", "threshold", "leave_out"),
    [
        ("50", 0.5, []),
        (None, 0.5, []),
        (50.5, 0.5, []),
        (True, 0.5, []),
        (50, "high", []),
        (50, float("nan"), []),
        (50, 0.5, [1]),
    ],
)
def test_forged_settings_are_refused(k, threshold, leave_out):
    with pytest.raises(InputError):
        rail.read_options(k, threshold, leave_out)


def test_settings_become_plain_json():
    assert rail.read_options(50.0, 1, None) == {"k": 50, "leave_out": [], "threshold": 1.0}


def test_delete_removes_everything_at_once(finished, services, as_ann):
    assert rail.delete(1, finished.url) == (f"/?bundle={finished.bundle}", "")
    with pytest.raises(JobNotFoundError):
        services.store.get(finished.token, "ann")
    assert not finished.folder.root.exists()


def test_strangers_cannot_delete(finished, services, as_bob):
    with pytest.raises(JobNotFoundError):
        rail.delete(1, finished.url)
    assert services.store.get(finished.token, "ann")


REFUSED = {"name": "my.csv", "refused": "This file is not text.", "at": 1}


def test_a_refused_table_is_told(finished, as_ann):
    assert text(rail.tell_table(REFUSED, finished.url)) == "my.csv: This file is not text."
    cell = QueryResult.open(finished.folder.result).cell_ids[0]
    finished.folder.cell_table.write_text(f"cell,donor\n{cell},a\n")
    assert "1 of 110 cells matched, 1 column" in text(rail.tell_table(REFUSED, finished.url))


def test_nothing_is_told_without_news_or_to_strangers(finished, as_bob):
    with pytest.raises(PreventUpdate):
        rail.tell_table(None, finished.url)
    with pytest.raises(PreventUpdate):
        rail.tell_table(REFUSED, finished.url)
