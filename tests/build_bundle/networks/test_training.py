"""What a model with gene groups needs. That models are trained is seen in the study (`tests/build_bundle/study`)."""

import pytest

from build_bundle.networks.spec import ModelSpec
from build_bundle.networks.training import GroupFiles, Workbench
from build_bundle.train.settings import TrainSettings
from core.errors import ConfigError


@pytest.mark.parametrize("named", [None, "nowhere"])
def test_without_tables_of_gene_groups_it_says_where_to_name_them(tmp_path, named):
    with pytest.raises(ConfigError, match="need the tables of gene groups") as caught:
        GroupFiles.made(tmp_path / named if named else None, "human", tmp_path / "groups")
    assert "gene_groups = DIR" in caught.value.next_step


def test_groups_that_were_made_need_no_tables(tmp_path):
    (tmp_path / "tree_go_2.txt").write_text("apoptosis\tBAX\tBCL2\n")
    assert GroupFiles.made(None, "human", tmp_path) == GroupFiles(tmp_path)


def test_a_model_with_groups_is_refused_where_there_are_none(planted):
    bench = Workbench(planted, TrainSettings(), seed=0)
    assert bench.masks(ModelSpec(body="dense")) == ()
    with pytest.raises(ConfigError, match="needs gene groups"):
        bench.masks(ModelSpec(body="ppitf"))
