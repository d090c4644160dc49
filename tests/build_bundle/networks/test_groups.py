import gzip

import numpy as np
import pandas as pd
import pytest

from build_bundle.networks.group_tables import annotated, factor_groups, flat_groups, interaction_groups, tree_groups
from build_bundle.networks.groups import group_mask, layer_masks, read_groups, write_groups
from core.errors import ConfigError

GENES = ["CD3D", "CD3E", "MS4A1", "LYZ"]


def test_a_group_file_is_read_as_it_was_written_plain_or_in_gzip(tmp_path):
    groups = {"GO:1": ("CD3D", "CD3E"), "GO:2": ("LYZ",)}
    write_groups(tmp_path / "g.txt", groups)
    assert read_groups(tmp_path / "g.txt") == groups
    (tmp_path / "g.txt.gz").write_bytes(gzip.compress(b"# a remark\n\n" + (tmp_path / "g.txt").read_bytes()))
    assert read_groups(tmp_path / "g.txt.gz") == groups


@pytest.mark.parametrize(("text", "said"), [("", "has no group"), ("a X\na Y\n", "line 2: the group a")])
def test_bad_group_files_are_refused(tmp_path, text, said):
    (tmp_path / "g.txt").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_groups(tmp_path / "g.txt")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_groups(tmp_path / "absent.txt")


def test_the_mask_connects_members_only_and_parallel_units_with_everything():
    mask = group_mask(GENES, {"t": ("cd3d", "Cd3e", "ABSENT"), "none": ("ABSENT",)}, parallel=2)
    assert mask.tolist() == [[1, 0, 1, 1], [1, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_chained_layers_read_the_groups_and_the_parallel_units_below():
    first, second = layer_masks(GENES, [{"t": ("CD3D",), "b": ("MS4A1",)}, {"lymphoid": ("t", "b")}], parallel=1)
    assert first.shape == (4, 3)
    assert second.tolist() == [[1, 1], [1, 1], [0, 1]]


def test_factors_need_ten_targets():
    table = pd.DataFrame({"tf": ["A"] * 10 + ["B"] * 9, "target": [f"g{i}" for i in range(19)]})
    assert {name: len(genes) for name, genes in factor_groups(table).items()} == {"TF:A": 10}


def test_the_proteins_with_most_partners_give_groups_with_themselves_inside():
    hub = [("H", f"g{i}") for i in range(12)] + [("K", f"g{i}") for i in range(10)] + [("L", "g0")]
    found = interaction_groups(pd.DataFrame(hub, columns=["gene_a", "gene_b"]), 1)
    assert found == {"PPI:H": {"H", *(f"g{i}" for i in range(12))}}


def test_genes_are_passed_up_to_wider_terms():
    edges = pd.DataFrame({"child": ["GO:c", "GO:b"], "parent": ["GO:b", "GO:a"]})
    table = pd.DataFrame({"gene_symbol": ["X", "Y"], "go_id": ["GO:c", "GO:a"]})
    assert annotated(table, edges) == {"GO:c": {"X"}, "GO:b": {"X"}, "GO:a": {"X", "Y"}}


def test_flat_groups_leave_out_near_copies_and_other_namespaces():
    ten, eleven = {f"g{i}" for i in range(10)}, {f"g{i}" for i in range(11)}
    genes = {
        "GO:big": eleven,
        "GO:copy": ten,
        "GO:other": {f"h{i}" for i in range(10)},
        "GO:part": {f"k{i}" for i in range(12)},
    }
    terms = pd.DataFrame({"go_id": list(genes), "namespace": ["biological_process"] * 3 + ["cellular_component"]})
    assert list(flat_groups(genes, terms)) == ["GO:big", "GO:other"]
    assert list(flat_groups(genes, terms, n=1)) == ["GO:big"]


def test_the_tree_chains_levels_four_three_two():
    terms = pd.DataFrame({
        "go_id": ["GO:4a", "GO:4b", "GO:3", "GO:3x", "GO:2"],
        "namespace": "biological_process",
        "level": [4, 4, 3, 3, 2],
    })  # fmt: skip
    edges = pd.DataFrame({"child": ["GO:4a", "GO:4b", "GO:3", "GO:4a"], "parent": ["GO:3", "GO:3", "GO:2", "GO:2"]})
    genes = {"GO:4a": {f"g{i}" for i in range(10)}, "GO:4b": {"g0"}}
    fourth, third, second = tree_groups(genes, terms, edges)
    assert list(fourth) == ["GO:4a"]  # the other has too few genes
    assert third == {"GO:3": {"GO:4a"}}
    assert second == {"GO:2": {"GO:3"}}  # the edge that skips a level is not followed


@pytest.mark.shared
def test_the_shared_tables_give_the_sizes_of_the_original(shared_data, tmp_path):
    from build_bundle.networks.group_tables import write_group_files

    ppitf, flat, *tree = (
        read_groups(path) for path in write_group_files(shared_data / "gene_groups", "mouse", tmp_path)
    )
    assert (len(ppitf), len(flat)) == (1036, 300)
    assert all(10 <= len(genes) <= 500 for genes in flat.values())
    assert len(tree[0]) > len(tree[1]) > len(tree[2]) > 3
    assert set().union(*tree[1].values()) <= set(tree[0])
    assert np.all([len(genes) >= 10 for genes in tree[0].values()])
