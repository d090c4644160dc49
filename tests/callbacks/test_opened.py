import json
import shutil

import plotly.graph_objects as go
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import opened
from core.errors import JobError, JobNotFoundError
from tests.components import text


def test_a_result_opens_for_its_owner(finished, as_ann):
    shown = opened.open_shown(finished.url, "cluster:1/9", None)
    assert shown.job.token == finished.token
    assert 0 < shown.mask.sum() < shown.result.n_query
    assert shown.everything.sum() == shown.result.n_query
    assert shown.bundle.name == finished.bundle


@pytest.mark.parametrize("path", ["/r/unknown", "/", None, "/r/../../etc"])
def test_an_unknown_token_is_refused(finished, as_ann, path):
    with pytest.raises(JobNotFoundError):
        opened.open_shown(path, None, None)


def test_a_stranger_is_refused(finished, as_bob):
    with pytest.raises(JobNotFoundError):
        opened.open_shown(finished.url, None, None)


def test_an_unfinished_search_has_no_result(queued, as_ann):
    with pytest.raises(JobError, match="no result yet"):
        opened.open_shown(queued.url, None, None)


def test_the_confidence_level_of_the_address_counts(finished, as_ann):
    strict = opened.open_shown(finished.url, None, "0.99").result.labels["status"]
    usual = opened.open_shown(finished.url, None, None).result.labels["status"]
    assert (strict == "confident").sum() < (usual == "confident").sum()


def test_without_webgl_points_are_drawn_as_svg():
    figure = go.Figure([go.Scattergl(x=[1], y=[1]), go.Heatmap(z=[[1]])])
    assert opened.drawable(figure, webgl=True) is figure
    assert [t["type"] for t in opened.drawable(figure, webgl=False)["data"]] == ["scatter", "heatmap"]


def test_a_panel_gets_its_values_and_no_message(finished, as_ann):
    assert opened.in_panel(lambda shown, x: (shown.job.token, x), 2, (finished.url, None, None), 7) == [
        finished.token,
        7,
        None,
    ]


def test_a_panel_may_bring_a_message_of_its_own(finished, as_ann):
    assert opened.in_panel(lambda shown: (1, "message"), 1, (finished.url, None, None)) == [1, "message"]


def test_a_refused_panel_says_why_inside(finished, as_ann):
    value, message = opened.in_panel(lambda shown: (1,), 1, (finished.url, "nonsense", None))
    assert value is no_update
    assert "is not a selection of cells" in text(message)


def test_a_broken_panel_tells_nothing_of_its_error(finished, as_ann):
    def broken(shown):
        raise RuntimeError("secret")

    value, message = opened.in_panel(broken, 1, (finished.url, None, None))
    assert value is no_update
    assert "secret" not in text(message)
    assert "could not be drawn" in text(message)


def test_panels_of_another_page_are_left_alone(as_ann):
    with pytest.raises(PreventUpdate):
        opened.in_panel(lambda shown: (1,), 1, ("/reference", None, None))


def test_facts_of_a_finished_file(finished, as_ann):
    facts = opened.file_facts(finished)
    assert (facts.n_cells, facts.n_genes) == (110, 300)
    assert facts.findings


def test_facts_of_a_running_file(queued):
    assert opened.file_facts(queued).findings == []
    queued.folder.work.mkdir(parents=True, exist_ok=True)
    (queued.folder.work / "findings.json").write_text(
        json.dumps([{"title": "Scale", "level": "ok", "text": "Counts."}])
    )
    assert opened.file_facts(queued).findings[0]["title"] == "Scale"
    (queued.folder.work / "findings.json").write_text("{half")
    assert opened.file_facts(queued).findings == []


def test_facts_of_a_refused_file(queued, running, services):
    from core.jobs import JobMessage

    running.fail(
        JobMessage("scaled", "Scaled.", "Upload counts.", ({"title": "Scale", "level": "error", "text": "No."},))
    )
    assert opened.file_facts(services.store.get(queued.token, "ann")).findings[0]["level"] == "error"


def test_a_table_of_the_cells_is_part_of_the_result(finished, services, as_ann):
    cells = opened.open_shown(finished.url, None, None).result.cell_ids
    finished.folder.cell_table.write_text("cell,brought\n" + "\n".join(f"{cell},a" for cell in cells[:7]))
    for detail in (None, "2"):
        shown = opened.open_shown(finished.url, "obs:brought=a", "0.8", detail)
        assert shown.mask.tolist() == [place < 7 for place in range(len(cells))]
        assert shown.result.report["options"]["threshold"] == 0.8
    assert opened.file_facts(finished).table.n_matched == 7


def test_a_table_that_cannot_be_read_any_more_is_left_out(finished, as_ann, caplog):
    finished.folder.cell_table.write_bytes(b"\xff\x00")
    assert "condition" in opened.open_shown(finished.url, None, None).result.obs.columns
    assert opened.file_facts(finished).table is None
    assert [r.message for r in caplog.records if r.levelname == "WARNING"] == ["A table of cells cannot be read"]


def test_a_table_beside_no_result(finished, as_ann):
    finished.folder.cell_table.write_text("cell,brought\nc,a\n")
    shutil.rmtree(finished.folder.result)
    assert opened.own_table_of(finished) is None
