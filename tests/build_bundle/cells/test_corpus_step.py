import dataclasses

import pytest

from build_bundle.builds.runner import build_corpus
from build_bundle.builds.workshop import Workshop
from build_bundle.cells.corpus_step import _unique_ids
from build_bundle.configuration.reader import read_config
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.progress import Watcher
from core.errors import ConfigError


def test_a_reference_without_a_type_to_train_on_is_refused(planted_config, tmp_path):
    config = read_config(planted_config)
    strict = dataclasses.replace(config, selection=dataclasses.replace(config.selection, min_cells=10_000))
    with pytest.raises(ConfigError, match="No cell type has 10000 cells to train on") as caught:
        build_corpus(Workshop(strict, Fetcher({}, tmp_path)), tmp_path / "out", Watcher(quiet=True))
    assert "min_cells" in caught.value.next_step


@pytest.mark.parametrize(
    ("given", "unique"),
    [
        (["a", "b"], ["a", "b"]),
        (["a", "a", "b", "a"], ["a", "a#2", "b", "a#3"]),
        (["a", "a#2", "a"], ["a", "a#2", "a#3"]),
        (["a", "a", "a#2"], ["a", "a#3", "a#2"]),
    ],
)
def test_names_that_repeat_get_a_number_that_no_other_has(given, unique):
    assert _unique_ids(given) == unique
