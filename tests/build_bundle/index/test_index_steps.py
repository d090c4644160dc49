import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file

from build_bundle.cells.step_context import StepContext
from build_bundle.index import run as index
from build_bundle.index.anchoring import anchored
from build_bundle.index.embed import run as embed
from build_bundle.index.projection import ProjectionSettings
from build_bundle.index.projection import run as project
from build_bundle.index.settings import EmbedSettings, IndexSettings
from build_bundle.train import run as train
from build_bundle.train.training_step import read_encoder
from core.bundle.manifest import IndexFacts
from core.bundle.schema import CANARY, EMBEDDING, INDEX, PROJECTION, PROJECTION_LOADINGS
from core.errors import ConfigError
from core.expression.matrix import ExpressionMatrix
from core.search.canary import check_canary
from core.search.index import NeighborIndex


@pytest.fixture(scope="module")
def built(planted, quick_training, tmp_path_factory):
    """The steps train, embed, index, projection in a row: folders and facts."""
    root = tmp_path_factory.mktemp("steps")
    folders, facts = {}, {}
    settings = {
        "train": quick_training, "embed": EmbedSettings(cells_per_batch=64), "index": IndexSettings(threads=1),
        "projection": ProjectionSettings(),
    }  # fmt: skip
    for name, step in {"train": train, "embed": embed, "index": index, "projection": project}.items():
        out = root / name
        out.mkdir()
        facts[name] = json.loads(
            json.dumps(step(StepContext(planted, dict(folders), dict(facts), settings[name], out)))
        )
        folders[name] = out
    return folders, facts


def test_row_i_is_cell_i_as_the_app_would_encode_it_drawn_to_its_type(planted, built):
    folders, facts = built
    embedding = np.load(folders["embed"] / EMBEDDING)
    encoder = read_encoder(folders["train"], facts["train"])
    assert embedding.dtype == np.float32
    assert embedding.shape == (planted.n_ref, encoder.n_latent)
    app = np.empty_like(embedding)
    for matrix in planted.matrices():
        ids = np.arange(matrix.x.shape[0]).astype(str).astype(object)
        app[matrix.rows] = encoder.encode(ExpressionMatrix(matrix.x, ids, planted.genes[matrix.genes]))
    np.testing.assert_allclose(embedding, anchored(app, planted.cells.iloc[: planted.n_ref]), atol=1e-5)


def test_the_index_finds_nearly_all_and_the_canary_sings(built):
    folders, facts = built
    found = IndexFacts(**facts["index"]["index"])
    embedding = np.load(folders["embed"] / EMBEDDING)
    assert (found.n, found.dim, found.space) == (*embedding.shape, "l2")
    assert found.recall >= 0.99
    opened = NeighborIndex(folders["index"] / INDEX, embedding, found, threads=1)
    canary = load_file(folders["index"] / CANARY)
    encoder = read_encoder(folders["train"], facts["train"])
    assert len(canary["x"]) == 8
    assert check_canary(encoder.forward, opened, canary) == []
    broken = {**canary, "embedding": canary["embedding"] + 0.01}
    assert check_canary(encoder.forward, opened, broken)


def test_maps_hold_every_cell_and_the_largest_variance_first(planted, built):
    folders, facts = built
    table = pd.read_parquet(folders["projection"] / PROJECTION.file)
    loadings = load_file(folders["projection"] / PROJECTION_LOADINGS)
    embedding = np.load(folders["embed"] / EMBEDDING)
    assert len(table) == planted.n_ref
    by_hand = (embedding - loadings["embedding_mean"]) @ loadings["embedding_components"].T
    np.testing.assert_allclose(table[["pc1", "pc2"]], by_hand, atol=1e-4)
    for space in ("embedding", "raw"):
        first, second = facts["projection"]["explained_variance"][space]
        assert 0 < second <= first < 1
    assert table["raw_pc1"].std() > table["raw_pc2"].std()


def test_axes_fitted_on_some_cells_place_all(planted, built, tmp_path):
    folders, facts = built
    told = []
    context = StepContext(planted, folders, facts, ProjectionSettings(max_fit_cells=50), tmp_path)
    project(replace(context, progress=lambda share, text: told.append((share, text))))
    assert len(pd.read_parquet(tmp_path / PROJECTION.file)) == planted.n_ref
    assert told[-1] == (1.0, "placing 600 of 600 cells")
    assert (0.5, "fitting 50 of 50 cells") in told


@pytest.mark.parametrize(("settings", "wrong"), [
    (IndexSettings, {"m": 1}), (IndexSettings, {"m": 10**10}), (IndexSettings, {"threads": 100_000}), (IndexSettings, {"threads": -1}), (EmbedSettings, {"cells_per_batch": 0}),
    (ProjectionSettings, {"max_fit_cells": 1}),
])  # fmt: skip
def test_settings_out_of_range_are_refused(settings, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        settings(**wrong)
