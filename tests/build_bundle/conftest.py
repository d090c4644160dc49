"""Corpora of the planted world and an encoder trained on one, shared by the tests of build steps."""

from __future__ import annotations

import pytest

from build_bundle.corpus import Corpus
from build_bundle.train.encoder import TrainedEncoder, train_encoder
from build_bundle.train.settings import TrainSettings
from tests.build_bundle.planted_corpus import planted_corpus

QUICK = TrainSettings(n_nets=2, hidden=(16,), n_vocabulary=150, epochs=6, batch_size=64)


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
