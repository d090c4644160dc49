import json
import os
import time

import pandas as pd
import pytest
from dash.exceptions import PreventUpdate

from callbacks import compare, page
from core.explore.compare import COLUMNS
from core.explore.compare_choice import NONE
from core.result import write_obs
from tests.components import text, walk

NOTHING = (None, None, None, None)  # column, group, against, replicates
ALL = ("all", None, None)  # selection, threshold, detail


def test_the_controls_show_what_stands_in_for_no_choice(finished, as_ann):
    shown, *values = compare.update_controls(*NOTHING, "id", finished.url)
    assert shown == {"by": "condition", "group": "disease", "against": "healthy", "replicates": "donor"}
    assert [values[i] for i in (1, 3, 5, 7)] == ["condition", "disease", "healthy", "donor"]
    shown, *_ = compare.update_controls("donor", "donor2", None, None, "id", finished.url)
    assert shown == {"by": "donor", "group": "donor2", "against": "*", "replicates": NONE}


def test_the_answer_is_between_donors(finished, as_ann):
    answer, note = compare.update_answer(*NOTHING, *ALL, "id", finished.url)
    assert "between disease and healthy" in text(answer)
    assert "3 in both groups, column donor" in text(answer)
    assert note == []
    answer, note = compare.update_answer(None, None, None, NONE, *ALL, "id", finished.url)
    assert "Fisher's exact test on cells" in text(answer)
    assert "not independent" in text(note)


def test_bars_and_types(finished, as_ann):
    bars, line, message = compare.update_bars(*NOTHING, *ALL, "id", finished.url)
    assert message is None
    assert "share of the group's cells" in line
    assert len([p for p in walk(bars) if "is-compared" in str(getattr(p, "className", ""))]) == 2
    plot, line, message = compare.update_types(*NOTHING, *ALL, "plot", "light", finished.url)
    assert message is None
    (graph,) = (part for part in walk(plot) if type(part).__name__ == "Graph")
    assert "healthy" in graph.figure.layout.annotations[0].text
    table, *_ = compare.update_types(*NOTHING, *ALL, "table", "light", finished.url)
    assert any(type(part).__name__ == "AgGrid" for part in walk(table))


@pytest.mark.parametrize("detail", ["1", "2"])
def test_wider_types_are_compared(finished, as_ann, detail):
    *_, message = compare.update_types(*NOTHING, "all", None, detail, "plot", "dark", finished.url)
    assert message is None


def test_the_summary_tells_of_the_groups_compared(finished, as_ann):
    link = compare.summary_link("donor", "donor 2", "*", None, "0.9", None, "id", finished.url)
    assert link == f"/r/{finished.token}/summary.html?threshold=0.9&by=donor&group=donor%202&against=%2A"
    with pytest.raises(PreventUpdate):
        compare.summary_link(*NOTHING, None, None, "id", "/")


def test_nothing_selected(finished, as_ann):
    nobody = ("type:CL:9999999", None, None)
    answer, _ = compare.update_answer(*NOTHING, *nobody, "id", finished.url)
    assert "No selected cell is disease" in text(answer)
    *_, message = compare.update_bars(*NOTHING, *nobody, "id", finished.url)
    assert "No cells are selected." in text(message)
    *_, message = compare.update_types(*NOTHING, *nobody, "plot", "light", finished.url)
    assert "no selected cell" in text(message)


def test_an_address_that_cannot_be_read(finished, as_ann):
    wrong = ("nonsense", None, None)
    answer, _ = compare.update_answer(*NOTHING, *wrong, "id", finished.url)
    assert "is not a selection" in text(answer)
    *_, message = compare.update_bars(*NOTHING, *wrong, "id", finished.url)
    assert "is not a selection" in text(message)


def test_the_table_as_a_file(finished, as_ann):
    file = compare.save(1, *NOTHING, *ALL, finished.url)
    assert file["filename"] == "scquery-compare.csv"
    assert file["content"].splitlines()[0] == ",".join(("group", "against", *COLUMNS))
    assert file["content"].splitlines()[1].startswith("disease,healthy,")
    groups = compare.save_bars(1, *NOTHING, *ALL, finished.url)
    assert groups["filename"] == "scquery-compare-groups.csv"
    assert groups["content"].startswith("group,type_id,type_name,n,share\ndisease,")
    for save in (compare.save, compare.save_bars):
        with pytest.raises(PreventUpdate):
            save(None, *NOTHING, *ALL, finished.url)


def test_strangers_see_nothing(finished, as_bob):
    with pytest.raises(PreventUpdate):
        compare.update_controls(*NOTHING, "id", finished.url)
    answer, _ = compare.update_answer(*NOTHING, *ALL, "id", finished.url)
    assert "healthy" not in text(answer)


def test_before_the_browser_has_told_its_colours(finished, as_ann):
    with pytest.raises(PreventUpdate):
        compare.update_types(*NOTHING, *ALL, "plot", None, finished.url)


def test_a_refused_table_is_told_beside_the_button():
    assert "a.csv: It is empty." in text(compare.tell_table({"name": "a.csv", "refused": "It is empty."}))
    assert compare.tell_table({"name": "a.csv", "refused": ""}) == []


def test_the_tab_of_a_file_with_and_without_groups(finished, as_ann):
    view = (None, None, None, None, None, None)
    main, *_ = page.show(finished.url, None, None, "compare", None, *view)
    assert "Difference by type" in text(main)
    write_obs(finished.folder.result, pd.DataFrame(index=range(110)))
    later = time.time_ns() + 10**9
    os.utime(finished.folder.result / "report.json", ns=(later, later))  # nothing of the result is remembered
    main, *_ = page.show(finished.url, None, None, "compare", None, *view)
    assert "No groups to compare" in text(main)


def test_a_result_whose_reference_has_another_version_now_says_so(finished, as_ann):
    report = finished.folder.result / "report.json"
    told = json.loads(report.read_text())
    told["bundle"]["bundle_id"] = "0" * 12
    report.write_text(json.dumps(told))
    answer, _ = compare.update_answer(*NOTHING, *ALL, "id", finished.url)
    assert "another version of the reference" in text(answer)
    assert "Search again" in text(answer)
