"""Corpora of the planted world and an encoder trained on one, shared by the tests of build steps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from build_bundle.cells.corpus import Corpus
from build_bundle.train.encoder import TrainedEncoder, train_encoder
from build_bundle.train.settings import TrainSettings
from tests.build_bundle.builder_world import write_sources
from tests.build_bundle.planted_corpus import planted_corpus

QUICK = TrainSettings(n_nets=2, hidden=(16,), n_latent=24, n_vocabulary=150, epochs=6, batch_size=64)


@pytest.fixture(scope="session")
def quick_training() -> TrainSettings:
    """Settings with which the planted world is learned in a second."""
    return QUICK


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """Four reference studies, 600 cells, 6 types."""
    return planted_corpus(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="session")
def trained(planted: Corpus) -> TrainedEncoder:
    """An encoder trained on `planted`."""
    return train_encoder(planted, QUICK, seed=0)


@pytest.fixture(scope="session")
def planted_config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose source files hold the planted world. Copy what you want to change."""
    return write_sources(tmp_path_factory.mktemp("planted_sources"))


@pytest.fixture(scope="session")
def built(planted_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of builds that the builder's command line made from `planted_config`. Read-only: copy it to change it."""
    out = tmp_path_factory.mktemp("planted_build")
    command = [sys.executable, "-m", "build_bundle", "run", "--config", str(planted_config), "--out", str(out)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"the planted bundle could not be built:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
    return out
