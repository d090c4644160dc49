import pytest

from build_bundle.train.settings import TrainSettings
from core.errors import ConfigError


@pytest.mark.parametrize("wrong", [
    {"n_nets": 0}, {"hidden": ()}, {"hidden": (100, 0)}, {"epochs": 0}, {"soft_targets": 1.5}, {"panel_augmentation": -1},
    {"peak_rate": 0.0}, {"weight_decay": -0.1}, {"cells_per_type": 0}, {"profile_cells": -1}, {"patience": -1},
    {"peak_rate": float("inf")}, {"detected": float("inf")}, {"ridge": float("nan")}, {"one_sided": 1.1},
])  # fmt: skip
def test_refuses_values_out_of_range_naming_them(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        TrainSettings(**wrong)


def test_the_defaults_are_the_measured_recipe():
    recipe = TrainSettings()
    assert (recipe.n_nets, recipe.hidden, recipe.n_vocabulary, recipe.epochs) == (3, (100,), 3000, 18)
