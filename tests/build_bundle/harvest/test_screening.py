"""Which samples are RNA of single cells, told by texts as submitters write them."""

from __future__ import annotations

import pytest

from build_bundle.harvest.records import Characteristic, SampleRow
from build_bundle.harvest.screening import screen
from build_bundle.harvest.technology import technology_of

SINGLE = "Single cells were picked by mouth pipette; libraries were made with Smart-seq2."


def sample(**fields: object) -> SampleRow:
    known: dict[str, object] = {
        "organism": "Mus musculus", "library_strategy": "RNA-Seq", "library_source": "TRANSCRIPTOMIC", "molecule": "polyA RNA",
        "title": "cell 17", "extract_protocol": SINGLE,
    }  # fmt: skip
    return SampleRow("GSM1", "GSE1", "geo", **{**known, **fields})


def code(row: SampleRow, title: str = "A study of lungs", *, sequencing: bool = True) -> str:
    verdict = screen(row, organism="Mus musculus", study_title=title, is_sequencing=sequencing)
    assert bool(verdict.code) == bool(verdict.reason)
    return verdict.code


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ""),
        ({"library_strategy": ""}, ""),
        ({"library_strategy": "scRNA-seq"}, ""),
        ({"library_source": "TRANSCRIPTOMIC SINGLE CELL", "extract_protocol": ""}, ""),
        ({"molecule": "total RNA"}, ""),
        ({"molecule": "nuclear RNA", "extract_protocol": "Single nuclei were sorted."}, ""),
        ({"extract_protocol": "", "data_processing": "Reads were processed with Cell Ranger 2.0"}, ""),
        ({"extract_protocol": "", "title": "Drop-seq of arcuate nucleus"}, ""),
        ({"extract_protocol": "Libraries were prepared."}, "not_single_cell"),
        ({"organism": "Homo sapiens"}, "other_organism"),
        ({"organism": "Homo sapiens, Mus musculus"}, "other_organism"),
        ({"organism": ""}, "other_organism"),
        ({"library_strategy": "ATAC-seq"}, "not_rna"),
        ({"library_strategy": "ChIP-Seq"}, "not_rna"),
        ({"library_strategy": "OTHER"}, "not_rna"),
        ({"library_strategy": "miRNA-Seq"}, "small_rna"),
        ({"library_strategy": "ncRNA-Seq"}, "small_rna"),
        ({"library_selection": "size fractionation"}, "small_rna"),
        ({"library_source": "GENOMIC"}, "not_transcriptomic"),
        ({"molecule": "genomic DNA"}, "not_transcriptomic"),
        ({"molecule": "protein"}, "not_transcriptomic"),
        ({"title": "bulk lung"}, "not_single_cell"),
        ({"title": "lung, 100 cells"}, "not_single_cell"),
        ({"description": "pool of 50 cells"}, "not_single_cell"),
        ({"title": "single cell 4", "description": "sequenced beside a bulk sample"}, ""),
        ({"title": "no cell control"}, "control"),
        ({"description": "empty well"}, "control"),
        ({"characteristics": (Characteristic("single cell quality", "not OK"),)}, "control"),
        ({"characteristics": (Characteristic("number of cells", "0"),)}, "control"),
        ({"characteristics": (Characteristic("number of cells", "799"),)}, ""),
        ({"characteristics": (Characteristic("well", "4000 cells (tube control)"),)}, "control"),
    ],
)  # fmt: skip
def test_samples(fields: dict[str, object], expected: str) -> None:
    assert code(sample(**fields)) == expected


def test_arrays_are_left_out() -> None:
    assert code(sample(), sequencing=False) == "array"


def test_a_study_title_counts_where_the_sample_says_nothing_else() -> None:
    title = "Single-cell transcriptomes of the mouse lung"
    assert code(sample(extract_protocol="Cells were lysed in the well."), title) == ""
    assert code(sample(extract_protocol="Total RNA was extracted with the RNeasy kit."), title) == "not_single_cell"


@pytest.mark.parametrize(
    ("text", "technology", "family"),
    [
        ("10x Genomics Chromium Single Cell 3' Library v2", "10x 3' v2", "droplet"),
        ("loaded on the 10X Chromium, v3.1 chemistry", "10x 3' v3", "droplet"),
        ("Chromium Next GEM 5' kit, 10x Genomics", "10x 5'", "droplet"),
        ("10X Genomics", "10x", "droplet"),
        ("Drop-seq was run as published", "Drop-seq", "droplet"),
        ("the inDrop platform", "inDrop", "droplet"),
        ("CEL-Seq2 on 384-well plates", "CEL-Seq2", "pooled"),
        ("MARS-seq", "MARS-seq", "pooled"),
        ("a modified Smart-Seq2 protocol", "Smart-seq2", "plate"),
        ("SMARTer Ultra Low RNA kit on the Fluidigm C1", "Smart-seq", "plate"),
        ("captured on a Fluidigm C1 chip", "Fluidigm C1", "plate"),
        ("a drop of serum", "", ""),
        ("libraries were sequenced at 10x coverage", "", ""),
    ],
)
def test_technologies(text: str, technology: str, family: str) -> None:
    assert technology_of(text) == (technology, family)
