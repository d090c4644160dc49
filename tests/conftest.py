"""Fixtures every room may use: the planted world as a bundle and as a query, the shared studies, the demo bundle."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from core.settings import set_default_environment
from tests.world_bundle import write_world_bundle
from tests.worlds import World, write_query

settings.register_profile("house", deadline=None)  # how long an example takes is the machine's business
settings.load_profile("house")

ROOT = Path(__file__).parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let ``make robustness`` try as often as a release is tried, not only as often as every change is."""
    parser.addoption(
        "--full", action="store_true", help="tests marked `tries` try as often as a release is tried (hours)"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tell a test marked ``tries(usual=10, full=4_000)`` how often to try, as ``n_tries``, or make a test of each ``seed``."""
    mark = metafunc.definition.get_closest_marker("tries")
    if mark is None:
        return
    n_tries = mark.kwargs["full" if metafunc.config.getoption("--full") else "usual"]
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(n_tries))
    else:
        metafunc.parametrize("n_tries", [n_tries])


def pytest_configure(config: pytest.Config) -> None:
    """Give all workers, and the commands that tests start, an environment in which they do not hold each other up."""
    if hasattr(config, "workerinput"):
        return  # a worker has the environment of the process that started it
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        set_default_environment(
            name, "1"
        )  # small matrices: threads of several workers would mostly wait for a processor
    # Of a small training, most of the time is the compiler's. The folder is new: no run depends on an earlier one.
    compiled = tempfile.mkdtemp(prefix="scquery-compiled-")
    config.add_cleanup(lambda: shutil.rmtree(compiled, ignore_errors=True))
    set_default_environment("JAX_COMPILATION_CACHE_DIR", compiled)
    set_default_environment("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


SHARED = ROOT.parent / "shared" / "data"
DEMO = ROOT / "data_bundle" / "demo"


@pytest.fixture(scope="session")
def tiny_world() -> World:
    """The planted world itself: genes, markers and fresh cells."""
    return World()


@pytest.fixture(scope="session")
def tiny_builds(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of builds with ``current``, as the builder leaves it. Read-only: copy what you want to damage."""
    out = tmp_path_factory.mktemp("planted")
    write_world_bundle(tiny_world, out)
    return out


@pytest.fixture(scope="session")
def tiny_bundle(tiny_builds: Path) -> Path:
    """The planted bundle: 600 cells, 300 genes, 6 types, 4 studies. Read-only: copy what you want to damage."""
    return (tiny_builds / "current").resolve()


@pytest.fixture(scope="session")
def tiny_query(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """110 planted cells that no study of the bundle holds, as .h5ad of counts; the truth is in obs."""
    return write_query(tiny_world, tmp_path_factory.mktemp("query") / "query.h5ad")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared study collection; skips where it is absent. Mark such tests with ``shared``."""
    if not (SHARED / "README.md").is_file():
        pytest.skip("the shared study collection is not beside this checkout (../shared/data)")
    return SHARED


@pytest.fixture(scope="session")
def demo_bundle() -> Path:
    """The default bundle, built if absent. Mark such tests with ``network``: building fetches packages."""
    if not (DEMO / "current").exists() and not (DEMO / "manifest.json").exists():
        command = [sys.executable, "-m", "build_bundle", "demo", "--out", str(DEMO)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=580)
        if done.returncode:
            pytest.fail(f"the demo bundle could not be built:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return DEMO
