import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAMME = """
import sys
from dash.development.base_component import ComponentRegistry
from layouts.dash_bio_door import dash_bio
assert "dash_bio" not in sys.modules, "importing the door opens nothing"
before = set(ComponentRegistry.registry)
module = dash_bio()
assert dash_bio() is module
assert set(ComponentRegistry.registry) == before, sorted(set(ComponentRegistry.registry) - before)
assert callable(module.Clustergram) and callable(module.VolcanoPlot)
assert "parmed" in sys.modules
"""


def test_the_door_opens_once_and_leaves_the_registry_alone():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAMME], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_figures_do_not_open_it():
    code = "import sys; import layouts.figures.genes; assert 'dash_bio' not in sys.modules and 'sklearn' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
