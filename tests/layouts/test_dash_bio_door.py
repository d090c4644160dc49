import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = """
import sys
import numpy as np
from dash.development.base_component import ComponentRegistry
from layouts.dash_bio_door import clustergram_traces
data = np.random.default_rng(0).normal(size=(6, 5))
options = dict(data=data, row_labels=list("abcdef"), column_labels=list("vwxyz"), display_ratio=0.1)
import importlib.util
if importlib.util.find_spec("PIL"):
    assert hasattr(sys.modules["PIL.Image"], "Image")  # before the first call, which several threads may be in
before = set(ComponentRegistry.registry)
traces = clustergram_traces(**options)
"""
LIGHT = """
assert (len(traces["row_ids"]), len(traces["column_ids"])) == (6, 5)
assert not {"dash_bio", "sklearn", "sklearn.impute", "Bio", "parmed"} & set(sys.modules)
assert set(ComponentRegistry.registry) == before
assert list(clustergram_traces(**options)["row_ids"]) == list(traces["row_ids"])
data[0, 0] = np.nan
try:
    clustergram_traces(**options, imputer_parameters={"missing_values": "NaN", "strategy": "mean"})
except NotImplementedError as error:
    assert "complete" in str(error)
else:
    raise AssertionError("incomplete data passed")
"""
WHOLE = """
import types, warnings
sys.modules.setdefault("parmed", types.ModuleType("parmed"))  # its readers want it; it needs a compiler
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dash_bio
    expected = dash_bio.Clustergram(return_computed_traces=True, **options)[1]
assert list(traces["row_ids"]) == list(expected["row_ids"])
assert list(traces["column_ids"]) == list(expected["column_ids"])
for side in ("row", "col"):
    mine, theirs = traces["dendro_traces"][side], expected["dendro_traces"][side]
    assert len(mine) == len(theirs) > 0
    assert all(np.array_equal(a["x"], b["x"]) and np.array_equal(a["y"], b["y"]) for a, b in zip(mine, theirs))
"""


def run(code: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_door_brings_the_one_function_and_nothing_around_it():
    run(HEAD + LIGHT)


def test_it_computes_what_the_whole_package_computes():
    run(HEAD + WHOLE)


def test_figures_do_not_open_it():
    run("import sys; import layouts.figures.genes; assert 'plotly.figure_factory' not in sys.modules")
