from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from build_bundle.cli import main
from build_bundle.quantify.reference import GENES, MANIFEST, SAF, Reference, ReferenceRequest, prepare
from core.errors import ConfigError
from tests.build_bundle.quantify.conftest import require
from tests.synthetic_genome import SyntheticGenome


def test_lengths_are_the_genome_s(reference: Reference, genome: SyntheticGenome) -> None:
    expected = {gene.gene_id: gene.length for gene in genome.genes}
    assert dict(zip(reference.genes["gene_id"], reference.genes["length"], strict=True)) == expected
    assert reference.manifest["n_splice_sites"] == sum(len(gene.exons) - 1 for gene in genome.genes)
    assert reference.has_droplets


def test_ccds_and_gtf_give_the_same_intervals(
    reference: Reference, sources: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--genome", str(sources["genome.fa.gz"]), "--ccds", str(sources["CCDS.current.txt"])]
    assert main(["quantify-reference", *arguments, "--out", str(tmp_path / "ccds"), "--quiet"]) == 0
    assert "160 genes with coding intervals (CCDS)" in capsys.readouterr().out
    assert (tmp_path / "ccds" / SAF).read_text() == (reference.folder / SAF).read_text()


def test_a_prepared_reference_is_taken_up(reference: Reference, sources: dict[str, Path]) -> None:
    before = (reference.folder / MANIFEST).stat().st_mtime_ns
    request = ReferenceRequest(sources["genome.fa.gz"], sources["genes.gtf"], is_ccds=False, droplets=True)
    assert prepare(request, reference.folder).digest == reference.digest
    assert (reference.folder / MANIFEST).stat().st_mtime_ns == before


def test_damage_is_found(reference: Reference, tmp_path: Path) -> None:
    copy = tmp_path / "ref"
    shutil.copytree(reference.folder, copy)
    data = bytearray((copy / SAF).read_bytes())
    data[100] ^= 1
    (copy / SAF).write_bytes(data)
    with pytest.raises(ConfigError, match=r"damaged: coding\.saf") as caught:
        Reference.open(copy)
    assert caught.value.code == "reference-damaged"
    (copy / MANIFEST).write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="no prepared reference"):
        Reference.open(copy)


def test_the_manifest_names_sources_and_programs(reference: Reference) -> None:
    manifest = json.loads((reference.folder / MANIFEST).read_text(encoding="utf-8"))
    assert set(manifest["programs"]) == {"STAR", "hisat2", "hisat2-build"}
    assert manifest["genome"]["name"] == "genome.fa.gz"
    assert all(len(facts["sha256"]) == 64 for facts in manifest["files"].values())
    assert not any("/tmp" in str(value) for value in manifest.values())


def test_a_symbol_of_two_genes_gives_way_to_their_ids(reference: Reference, tmp_path: Path) -> None:
    table = pq.read_table(reference.folder / GENES).to_pandas()
    table.loc[:1, "gene_symbol"] = "Twin"
    pq.write_table(pa.Table.from_pandas(table), tmp_path / GENES)
    names = Reference(tmp_path, reference.manifest).genes["name"]
    assert names.is_unique
    assert names[:2].tolist() == table["gene_id"][:2].tolist()


def test_missing_sources_are_named(tmp_path: Path) -> None:
    require("hisat2", "hisat2-build")
    request = ReferenceRequest(tmp_path / "none.fa", tmp_path / "none.gtf", is_ccds=False)
    with pytest.raises(ConfigError, match=r"none\.fa"):
        prepare(request, tmp_path / "ref")
