import pytest

from layouts import ids, training
from tests.components import ids as ids_of
from tests.components import text
from tests.layouts.figures.test_training import table


def test_the_panel_counts_networks_and_names_what_is_drawn():
    panel = training.panel(table())
    assert ids.TRAINING in ids_of(panel)
    said = text(panel)
    for part in ("2 networks, 3 epochs", "network 1", "network 2", "training", "validation", "kept"):
        assert part in said


def test_only_what_is_there_has_a_key():
    said = text(training.panel(table(validation_loss=None, network=1, epoch=range(1, 7))))
    assert "1 network, 6 epochs" in said
    assert "validation" not in said
    assert "network 1" not in said


@pytest.mark.parametrize(("n", "named"), [(4, True), (5, False)])
def test_many_networks_are_told_apart_by_the_hover(n, named):
    many = table().head(1).loc[[0] * n].assign(network=range(1, n + 1))
    assert ("network 4" in text(training.panel(many))) == named


def test_without_a_training_it_says_so():
    panel = training.panel(table().head(0))
    assert "No training curve." in text(panel)
    assert ids.TRAINING not in ids_of(panel)
