import pytest

from build_bundle.networks.spec import ModelGrid, ModelSpec
from core.errors import ConfigError


def test_names_say_what_differs_from_the_defaults():
    assert ModelSpec().name == "dense 100"
    assert ModelSpec(body="ppitf", hidden=(500, 100), pretrain=True, activation="relu").name == "PT PPITF 500-100 relu"
    assert ModelSpec(objective="triplet", margin=0.0).name == "triplet dense 100 soft margin"
    assert (
        ModelSpec(optimizer="sgd", rate=0.05, momentum=0.5, schedule="decay").name
        == "dense 100 sgd rate 0.05 decay momentum 0.5"
    )
    assert ModelSpec(label="ours").name == "ours"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"hidden": ()}, "at least one layer"),
        ({"hidden": (0,)}, "at least one layer"),
        ({"epochs": 0}, "at least 1"),
        ({"n_cells_of_type": 1}, "at least 2"),
        ({"rate": 0.0}, "rate is above 0"),
        ({"momentum": 1.0}, "momentum"),
        ({"soft_targets": 1.5}, "between 0 and 1"),
        ({"patience": -1}, "not negative"),
        ({"objective": "siamese", "margin": 0.0}, "margin is above 0"),
        ({"linear_last": True}, "linear_last"),
    ],
)
def test_values_out_of_range_are_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        ModelSpec(**settings)


def test_a_group_body_needs_no_dense_layer():
    assert ModelSpec(body="flat_go", hidden=()).name == "flat GO"


def test_a_grid_is_every_combination():
    grid = ModelGrid({"hidden": [[100], [50, 20]], "pretrain": [False, True]}, {"activation": "relu"})
    names = [spec.name for spec in grid.models()]
    assert names == ["dense 100 relu", "PT dense 100 relu", "dense 50-20 relu", "PT dense 50-20 relu"]
    with pytest.raises(ConfigError, match="no setting hiden"):
        list(ModelGrid({}, {"hiden": [3]}).models())
