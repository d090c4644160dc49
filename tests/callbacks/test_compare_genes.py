import os
import time

import pandas as pd
import pytest
from dash.exceptions import PreventUpdate

from callbacks import compare_genes
from core.result import write_obs
from tests.callbacks.test_compare import ALL, NOTHING
from tests.components import text, walk


def test_genes_that_differ(finished, as_ann):
    within = (None, "light", True, "id")
    body, line, offered, value, shown, message = compare_genes.update(*NOTHING, *ALL, *within, finished.url)
    assert message is None
    assert {type(part).__name__ for part in walk(body)} >= {"Graph", "AgGrid"}
    assert "Wilcoxon on cells" in line  # no type has ten cells of a donor
    assert value == shown == offered[0]["value"]
    everything = ("*", "dark", False, "id")
    _, line, _, value, *_ = compare_genes.update(*NOTHING, *ALL, *everything, finished.url)
    assert "moderated paired t-test over 3 replicates" in line
    assert value == "*"
    nobody = ("type:CL:9999999", None, None)
    *_, message = compare_genes.update(*NOTHING, *nobody, *within, finished.url)
    assert "The groups do not have 10 selected cells each." in text(message)
    with pytest.raises(PreventUpdate):
        compare_genes.update(*NOTHING, *ALL, None, "light", None, "id", finished.url)


def test_the_genes_as_a_file(finished, as_ann):
    file = compare_genes.save(1, *NOTHING, *ALL, "*", finished.url)
    assert file["filename"] == "scquery-compare-genes.csv"
    assert file["content"].startswith("group,against,gene_symbol,log2_fold_change")
    with pytest.raises(PreventUpdate):
        compare_genes.save(0, *NOTHING, *ALL, "*", finished.url)


def test_a_long_name_of_a_group_leaves_the_axis_readable(finished, as_ann):
    obs = pd.DataFrame({"side": ["<b>" + "x" * 300, "y" * 300] * 55})
    write_obs(finished.folder.result, obs)
    later = time.time_ns() + 10**9
    os.utime(finished.folder.result / "report.json", ns=(later, later))
    body, *_, message = compare_genes.update(*NOTHING, *ALL, "*", "light", True, "id", finished.url)
    assert message is None
    graph = next(part for part in walk(body) if type(part).__name__ == "Graph")
    title = graph.figure["layout"]["xaxis"]["title"]["text"]
    assert "&lt;b&gt;" in title
    assert "<b>" not in title
    assert len(title) < 100
