import pytest

from core.errors import InputError, JobNotFoundError
from core.jobs import JobMessage
from layouts import ids, states
from tests.components import classes, text, walk
from tests.components import ids as ids_of
from tests.contract.every_layout import job

FINDINGS = (
    {"code": "a", "title": "Scale", "level": "ok", "text": "Counts."},
    {"code": "b", "title": "Genes", "level": "error", "text": "9 of 18,432 names match."},
)


def failed(tmp_path, **changes):
    return states.failed(job(tmp_path, "failed", **changes))


def test_a_result_of_another_reference_is_said_once_with_ways_out(tmp_path):
    page = states.cannot_be_drawn(job(tmp_path, "done"), InputError("It was made with another version of 'x'."))
    assert "It was made with another version of 'x'" in text(page)
    assert ids.SEARCH_ANEW in ids_of(page)
    saved = [part.href for part in walk(page) if getattr(part, "href", None)]
    assert [address.rsplit("/", 1)[-1] for address in saved] == ["labels.csv", "all.zip"]


def test_a_result_whose_files_are_gone_offers_no_downloads(tmp_path):
    error = InputError("There is no finished result in 'result'.", code="no-result")
    page = states.cannot_be_drawn(job(tmp_path, "done"), error)
    assert "The files of this result are gone" in text(page)
    assert "taken along" not in text(page)
    assert ids.SEARCH_ANEW in ids_of(page)
    assert not [part for part in walk(page) if getattr(part, "href", None)]


def test_a_refusal_says_what_why_and_what_next(tmp_path):
    page = failed(tmp_path, message=JobMessage("unknown-genes", "Only 9 names are genes.", "Export again.", FINDINGS))
    words = text(page)
    assert "These cells were not searched: the gene names are not known here" in words
    for part in ("Only 9 names are genes.", "Export again.", "9 of 18,432 names match.", "1 problem", "Your file"):
        assert part in words
    assert ids.RETRY not in ids_of(page)


def test_a_message_without_a_headline_is_its_own(tmp_path):
    page = failed(tmp_path, message=JobMessage("job-died", "The search stopped.", "Search again."), retryable=True)
    assert text(classes(page, "band-text")[0]).startswith("The search stopped Search again.")
    assert ids.RETRY in ids_of(page)
    assert not classes(page, "panel-steps")


def test_a_second_failure_offers_no_third(tmp_path):
    message = JobMessage("job-died", "The search stopped.", "Search again.")
    assert ids.RETRY not in ids_of(failed(tmp_path, message=message, retryable=True, attempts=2))


def test_a_cancelled_search_is_no_error(tmp_path):
    page = states.failed(job(tmp_path, "cancelled", attempts=1))
    assert classes(page, "is-plain")
    assert not classes(page, "is-error")
    assert ids.RETRY in ids_of(page)


def test_several_problems_are_counted(tmp_path):
    message = JobMessage("scaled", "Scaled.", "Upload counts.", FINDINGS + FINDINGS)
    assert "2 problems" in text(failed(tmp_path, message=message))


def test_an_unknown_level_of_a_finding_still_shows():
    assert "Counts." in text(states.findings([{"title": "Scale", "level": "odd", "text": "Counts."}]))


def test_strangers_read_the_same_as_nobody():
    page = states.unknown(JobNotFoundError("There is no such search here.", next_step="It may have expired."))
    assert "There is no such search here. It may have expired." in text(page)


def test_a_wrong_address_leads_back():
    assert "There is no such page." in text(states.nowhere())


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (InputError("No genes.", next_step="Choose another."), "No genes. Choose another."),
        (
            ValueError("secret /path"),
            "This panel could not be drawn. The other panels are not affected. Reload to try again.",
        ),
    ],
)
def test_a_panel_quotes_only_errors_made_on_purpose(error, words):
    assert text(states.panel_sentence(error)) == words


def test_an_empty_panel_may_have_no_action():
    assert text(states.panel_empty("Nothing here.")) == "Nothing here."


def test_a_file_that_is_too_large_offers_some_of_its_cells(tmp_path):
    page = failed(
        tmp_path, message=JobMessage("too-big", "84,112 cells need about 9 GB.", "Search 30,000.", fits=30_000)
    )
    assert "Search 30,000 cells at random" in text(page)
    assert ids.SEARCH_SOME in ids_of(page)
    assert ids.SEARCH_SOME not in ids_of(failed(tmp_path, message=JobMessage("too-big", "It needs 9 GB.", "")))
