"""Every recorded reply of the public services is read, and says what its file is known to say."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from build_bundle.harvest.assemble import assemble
from build_bundle.harvest.client import BadReplyError
from build_bundle.harvest.ena import read_report, run_of
from build_bundle.harvest.eutils import read_elink, read_esearch, read_esummary
from build_bundle.harvest.geo import found_of
from build_bundle.harvest.geo_series import is_sequenced, read_series, sample_of
from build_bundle.harvest.mage_tab import read_idf, read_sdrf
from build_bundle.harvest.records import Characteristic
from build_bundle.harvest.run_table import read_run_table, records_of
from build_bundle.harvest.sdrf_study import draft_of, runs_of
from build_bundle.harvest.settings import SPECIES
from build_bundle.harvest.soft import read_soft, soft_lines
from build_bundle.harvest.sra_runs import runs_of as sra_runs_of
from build_bundle.harvest.sra_xml import read_sra_xml

pytestmark = pytest.mark.shared

Bytes = Callable[[str], bytes]
# ffq's own output, which no service answers, and the notes on where the files come from.
NO_REPLIES = {"geo/ffq_output_gse_single.json", "geo/README.md", "arrayexpress/README.md"}


def soft(body: bytes) -> list:
    return list(read_soft(soft_lines(body, 1 << 30)))


READERS: list[tuple[str, Callable[[bytes], object]]] = [
    ("esearch", read_esearch), ("esummary", read_esummary), ("elink", read_elink), (r"\.idf", read_idf), (r"\.sdrf", read_sdrf),
    ("ena_portal", read_report), (r"\.xml", read_sra_xml), ("SraRunTable", read_run_table), (r"soft", soft),
]  # fmt: skip


@pytest.fixture(scope="module")
def body(shared_data: Path) -> Bytes:
    """The bytes of a recorded reply."""
    return lambda name: (shared_data / "metadata" / name).read_bytes()


def test_esearch(body: Bytes) -> None:
    reply = read_esearch(body("geo/eutils_gds_esearch_GSE93374.json"))
    assert (reply.count, reply.ids) == (13, ("200093374",))
    reply = read_esearch(body("geo/eutils_esearch_pubmed.xml"))
    assert (reply.count, len(reply.ids), reply.ids[0]) == (63, 20, "41282813")
    assert read_esearch(body("geo/eutils_esearch_error.xml")).count == 0


def test_esummary(body: Bytes) -> None:
    (summary,) = read_esummary(body("geo/eutils_gds_esummary_GSE93374.json"))
    found = found_of(summary)
    assert (found.accession, found.hints["uid"], found.hints["projects"]) == (
        "GSE93374",
        "200093374",
        "SRP096361 PRJNA360829",
    )
    (sample,) = read_esummary(body("geo/eutils_gds_esummary_GSM3717978.json"))
    assert (sample["uid"], sample["accession"]) == ("303717978", "GSM3717978")
    with pytest.raises(BadReplyError, match="Neither query_key nor id specified"):
        read_esummary(body("geo/eutils_esummary_error.xml"))


def test_elink(body: Bytes) -> None:
    ids = read_elink(body("geo/eutils_elink.xml"))
    assert ids[:3] == ("9298984", "8794856", "9700164")
    assert len(ids) == len(set(ids)) > 100


def test_sra_packages(body: Bytes) -> None:
    one = read_sra_xml(body("geo/eutils_sra_efetch_EXPERIMENT_PACKAGE_SET_ERS3331676.xml"))
    experiment = one.experiments[0]
    assert (experiment.accession, experiment.strategy, experiment.source, experiment.layout) == (
        "ERX4190585",
        "WGS",
        "GENOMIC",
        "PAIRED",
    )
    many = read_sra_xml(gzip.decompress(body("geo/eutils_sra_efetch_EXPERIMENT_PACKAGE_SET_multi.xml.gz")))
    assert len(many.experiments) == len({e.accession for e in many.experiments}) > 10
    assert {run.experiment for run in many.runs} <= {e.accession for e in many.experiments}
    assert {e.sample for e in many.experiments} <= {sample.accession for sample in many.samples}


def test_a_droplet_run_whose_barcodes_are_left_in_the_deposited_alignment(body: Bytes) -> None:
    (run,) = sra_runs_of(read_sra_xml(body("geo/eutils_sra_efetch_runinfo_SRR6835844.xml")))
    assert (run.run.run_accession, run.run.read_count, run.run.library_layout) == ("SRR6835844", 271485896, "SINGLE")
    assert {"GSM3040890", "SRX3791763"} <= run.names
    alignment, archive = run.files
    assert (alignment.kind, alignment.name, alignment.bytes) == ("bam", "10X_P4_0.bam", 17093057664)
    assert alignment.md5 == "5355fe6a07155026085ce46631268ab1"
    assert archive.kind == "sra"


def test_ena_browser_records(body: Bytes) -> None:
    for name in ("SRX3517583", "SRX5692097"):
        experiment = read_sra_xml(body(f"geo/ena_browser_xml_EXPERIMENT_{name}.xml")).experiments[0]
        assert (experiment.accession, experiment.strategy) == (name, "RNA-Seq")
    sample = read_sra_xml(body("geo/ena_browser_xml_SAMPLE_SRS4237519_mouse_dropseq.xml")).samples[0]
    assert sample.external["GEO"] == "GSM3557675"
    run = read_sra_xml(body("geo/ena_browser_xml_RUN_SRR8426358.xml")).runs[0]
    assert (run.accession, run.experiment, run.read_count) == ("SRR8426358", "SRX5234128", 109256158)


def test_ena_tables(body: Bytes) -> None:
    (row,) = read_report(body("geo/ena_portal_search_fastq_report.tsv"))
    run = run_of({**row, "library_layout": "PAIRED"})
    assert [(f.mate, f.name, f.bytes) for f in run.files] == [
        (1, "SRR8426358_1.fastq.gz", 5507959060), (2, "SRR8426358_2.fastq.gz", 7194107512),
    ]  # fmt: skip
    assert run.run.state == "ok"
    rows = read_report(body("geo/ena_portal_search_read_experiment_first12.json"))
    assert len(rows) == 12
    assert run_of(rows[0]).run.read_count == 38883498


def test_run_selector_tables(shared_data: Path) -> None:
    (brain,) = records_of(shared_data / "metadata" / "GSE67835_human_brain_SraRunTable.tsv", "human")
    assert (brain.study.study_accession, brain.study.n_samples, brain.study.n_kept) == ("SRP057196", 466, 466)
    cell = brain.samples[0]
    assert Characteristic("cell type", "fetal_quiescent") in cell.characteristics
    assert (cell.source_name, cell.library_layout, cell.organism) == ("Brain", "PAIRED", "Homo sapiens")
    assert len({run.run_accession for run in brain.runs}) == 466
    (embryo,) = records_of(shared_data / "metadata" / "GSE57249_mouse_embryo_SraRunTable.excerpt.csv", "mouse")
    assert (embryo.study.study_accession, embryo.study.n_samples) == ("SRP041618", 6)
    assert embryo.samples[0].source_name == "zygote"
    assert Characteristic("developmental stage", "zygote") in embryo.samples[0].characteristics
    (none,) = records_of(shared_data / "metadata" / "GSE57249_mouse_embryo_SraRunTable.excerpt.csv", "human")
    assert (none.study.state, none.study.reason_code) == ("excluded", "other_organism")


def test_soft_records(body: Bytes) -> None:
    series = read_series(soft(body("GSE781_family.trimmed.soft.txt")), "GSE781")
    assert len(series.draft.samples) == len(series.draft.arrays) == 34
    record = assemble(series.draft, [], SPECIES, "human")
    assert (record.study.state, record.study.reason_code, record.study.n_samples) == ("excluded", "array", 34)
    series = read_series(soft(body("geo/GSE105845_family.soft")), "GSE105845")
    assert assemble(series.draft, [], SPECIES, "mouse").study.reason_code == "no_samples"
    assert series.draft.study.summary.startswith("miRNA-seq on embryonic 12.5 day mouse forebrain")
    assert [file.kind for file in series.draft.files] == ["supplement"]


@pytest.mark.parametrize(
    "name", ["GSM11805.soft.txt", "geo/GSM2795971.soft.txt", "geo/soft_ex_family.soft", "geo/soft_ex_series.soft"]
)
def test_soft_entities_alone(body: Bytes, name: str) -> None:
    entities = soft(body(name))
    assert all(entity.kind in {"SERIES", "SAMPLE", "PLATFORM"} and entity.attributes for entity in entities)
    samples = [entity for entity in entities if entity.kind == "SAMPLE"]
    rows = [sample_of(entity, entities[0]) for entity in samples]
    assert all(row.title for row in rows)
    assert [is_sequenced(entity) for entity in samples] == [name == "geo/GSM2795971.soft.txt"] * len(samples)


def test_a_plate_study_of_arrayexpress(body: Bytes) -> None:
    idf, rows = read_idf(body("arrayexpress/E-MTAB-6077.idf.txt")), read_sdrf(body("arrayexpress/E-MTAB-6077.sdrf.txt"))
    draft = draft_of("E-MTAB-6077", idf, rows, ())
    assert (len(draft.samples), draft.study.sra_studies) == (102, ("ERP104575",))
    cell = next(sample for sample in draft.samples if sample.title == "XY_control1")
    assert (cell.sample_accession, cell.sra_experiment, cell.library_source) == (
        "ERS1952868",
        "ERX2203510",
        "TRANSCRIPTOMIC SINGLE CELL",
    )
    assert (cell.molecule, cell.instrument) == ("polyA RNA", "Illumina HiSeq 2500")
    assert Characteristic("age", "10 hour") in cell.characteristics
    assert "pronase" in cell.extract_protocol
    runs = runs_of(rows)
    assert len(runs) == 102
    assert all([file.mate for file in run.files] == [1, 2] for run in runs)


def test_wells_without_one_sound_cell_are_left_out(body: Bytes) -> None:
    idf, rows = read_idf(body("arrayexpress/E-MTAB-6077.idf.txt")), read_sdrf(body("arrayexpress/E-MTAB-6077.sdrf.txt"))
    record = assemble(draft_of("E-MTAB-6077", idf, rows, ()), runs_of(rows), {"mouse": "Danio rerio"}, "mouse")
    left_out = [sample for sample in record.samples if not sample.is_scrna]
    assert {sample.excluded_code for sample in left_out} == {"control"}
    assert (len(record.samples), len(left_out), len(record.runs)) == (102, 6, 96)
    assert {sample.technology for sample in record.samples} == {"Smart-seq"}


def test_every_recorded_reply_has_a_reader(shared_data: Path) -> None:
    folder = shared_data / "metadata"
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - NO_REPLIES
    assert names
    for name in names:
        content = (folder / name).read_bytes()
        reader = next(read for pattern, read in READERS if re.search(pattern, name))
        if name == "geo/eutils_esummary_error.xml":
            with pytest.raises(BadReplyError):
                reader(content)
        else:
            assert reader(gzip.decompress(content) if name.endswith(".gz") else content)
