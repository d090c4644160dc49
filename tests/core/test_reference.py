import shutil

import numpy as np
import pytest

from core.bundle.reader import Bundle
from core.errors import BundleDamagedError, InputError
from core.reference import Reference


@pytest.fixture(scope="module")
def reference(tiny_bundle) -> Reference:
    return Reference(Bundle.open(tiny_bundle), threads=1)


def test_encoder_gives_the_bundles_own_embedding(reference, tiny_world):
    from tests.world_bundle import Reference as Planted

    planted = Planted(tiny_world)
    np.testing.assert_allclose(reference.encoder.forward(planted.z), reference.bundle.embedding, atol=1e-5)


def test_codes_point_into_the_tables(reference):
    bundle = reference.bundle
    types = bundle.cell_types["cell_type_ontology_term_id"].to_numpy()
    assert (types[reference.type_codes] == bundle.cells["cell_type_ontology_term_id"].to_numpy()).all()
    assert (bundle.studies["study"].to_numpy()[reference.study_codes] == bundle.cells["study"].to_numpy()).all()
    assert reference.type_codes.dtype == np.int32


def test_allowed_leaves_out_whole_studies(reference):
    kept = reference.allowed(["okafor2020", "ferreira2021"])
    assert set(reference.bundle.cells["study"][kept]) == {"lindholm2019", "tanaka2022"}
    assert reference.allowed([]) is None


def test_a_study_that_is_not_there_is_named_with_those_that_are(reference):
    with pytest.raises(InputError, match="'nobody2020'") as caught:
        reference.allowed(["nobody2020"])
    assert caught.value.code == "unknown-study"
    assert "lindholm2019" in caught.value.next_step


def test_a_study_that_was_set_aside_cannot_be_left_out(reference):
    studies = reference.bundle.studies
    aside = studies.loc[studies["status"] == "set_aside", "study"].iloc[0]
    with pytest.raises(InputError):
        reference.allowed([aside])


def test_canary_lives(reference):
    assert reference.canary() == []


def test_parts_fit_together(reference):
    assert reference.genes >= set(reference.encoder.inputs.genes)
    assert reference.labeller.type_ids == reference.bundle.cell_types["cell_type_ontology_term_id"].tolist()
    assert all(t in reference.ontology for t in reference.labeller.type_ids)
    assert reference.gene_names.resolve(["CD20"]).symbols.tolist() == ["MS4A1"]
    assert reference.title == '"Planted world" (human)'


@pytest.mark.parametrize("name", ["encoder.safetensors", "index.hnsw"])
def test_a_damaged_file_is_found_before_it_is_loaded(tiny_bundle, tmp_path, name):
    copy = tmp_path / "bundle"
    shutil.copytree(tiny_bundle, copy)
    (copy / name).chmod(0o600)
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    with pytest.raises(BundleDamagedError, match=name):
        Reference(Bundle.open(copy)).canary()
