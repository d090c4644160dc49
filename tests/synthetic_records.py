"""Studies that do not exist, and their records in the forms of the public repositories.

The forms follow the services' documentation and recorded replies; every word in them is made up here.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Content = bytes | Path


@dataclass(frozen=True)
class Run:
    """A run; `reads` are one FASTQ file, or two of a pair; `bam` is what the authors deposited."""

    accession: str
    layout: str = "SINGLE"
    reads: tuple[Content, ...] = ()
    bam: Content | None = None
    declared: str = ""  # a layout the archive declares though the files say another

    @property
    def files(self) -> dict[str, Content]:
        names = (
            [f"{self.accession}.fastq.gz"]
            if len(self.reads) == 1
            else [f"{self.accession}_{i + 1}.fastq.gz" for i in range(len(self.reads))]
        )
        return dict(zip(names, self.reads, strict=True))


@dataclass(frozen=True)
class Sample:
    accession: str
    title: str
    source_name: str = "lung"
    characteristics: Mapping[str, str] = field(default_factory=dict)
    organism: str = "Mus musculus"
    strategy: str = "RNA-Seq"
    source: str = "transcriptomic single cell"
    molecule: str = "polyA RNA"
    protocol: str = "Single cells were sorted into plates. Libraries were made with Smart-seq2."
    processing: str = ""
    runs: tuple[Run, ...] = ()
    supplements: Mapping[str, Content] = field(default_factory=dict)

    @property
    def experiment(self) -> str:
        return f"SRX{_digits(self.accession)}"


@dataclass(frozen=True)
class Study:
    accession: str
    title: str
    samples: tuple[Sample, ...] = ()
    released: str = "2017-03-01"
    pubmed_ids: tuple[str, ...] = ()
    supplements: Mapping[str, Content] = field(default_factory=dict)
    repository: str = "geo"
    parts: tuple[str, ...] = ()  # a series of series
    in_ena: bool = True

    @property
    def project(self) -> str:
        return f"{'SRP' if self.repository == 'geo' else 'ERP'}{_digits(self.accession)}"

    @property
    def uid(self) -> str:
        return str(200_000_000 + int(_digits(self.accession)))

    @property
    def runs(self) -> list[tuple[Sample, Run]]:
        return [(sample, run) for sample in self.samples for run in sample.runs]


def _digits(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def content(data: Content) -> bytes:
    return data.read_bytes() if isinstance(data, Path) else data


def fastq_path(run: str, name: str) -> str:
    return f"/vol1/fastq/{run[:6]}/{run}/{name}"


def geo_folder(accession: str) -> str:
    kind = "series" if accession.startswith("GSE") else "samples"
    return f"/geo/{kind}/{accession[:-3]}nnn/{accession}"


def esummary_entry(study: Study) -> dict[str, Any]:
    relations = [{"relationtype": "SRA", "targetobject": study.project, "targetftplink": ""}] if study.runs else []
    return {
        "uid": study.uid,
        "accession": study.accession,
        "title": study.title,
        "entrytype": "GSE",
        "gdstype": "Expression profiling by high throughput sequencing",
        "taxon": "; ".join(sorted({s.organism for s in study.samples})),
        "pdat": study.released.replace("-", "/"),
        "samples": [{"accession": s.accession, "title": s.title} for s in study.samples],
        "extrelations": relations,
        "n_samples": len(study.samples),
        "pubmedids": list(study.pubmed_ids),
        "ftplink": f"ftp://ftp.ncbi.nlm.nih.gov{geo_folder(study.accession)}/",
        "bioproject": f"PRJNA{_digits(study.accession)}",
    }


def family_soft(study: Study) -> bytes:
    """The family file, packed."""
    lines = ["^DATABASE = GeoMiame", "!Database_name = Gene Expression Omnibus (GEO)", *_series_lines(study)]
    lines += [
        "^PLATFORM = GPL13112",
        "!Platform_title = Illumina HiSeq 2000 (Mus musculus)",
        "!Platform_technology = high-throughput sequencing",
    ]
    for sample in study.samples:
        lines += _sample_lines(study, sample)
    return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)


def _series_lines(study: Study) -> list[str]:
    pairs = [
        ("title", study.title),
        ("geo_accession", study.accession),
        ("status", f"Public on {_public(study.released)}"),
        *(("pubmed_id", number) for number in study.pubmed_ids),
        ("summary", f"Made up for a test: {study.title}."),
        ("overall_design", f"{len(study.samples)} libraries"),
        ("type", "Expression profiling by high throughput sequencing"),
        *(("sample_id", sample.accession) for sample in study.samples),
        *(
            ("supplementary_file", f"ftp://ftp.ncbi.nlm.nih.gov{geo_folder(study.accession)}/suppl/{name}")
            for name in study.supplements
        ),
        *(("relation", f"SuperSeries of: {part}") for part in study.parts),
    ]
    if study.runs:
        pairs.append(("relation", f"SRA: https://www.ncbi.nlm.nih.gov/sra?term={study.project}"))
    return [f"^SERIES = {study.accession}", *(f"!Series_{key} = {value}" for key, value in pairs)]


def _sample_lines(study: Study, sample: Sample) -> list[str]:
    pairs = [
        ("title", sample.title),
        ("geo_accession", sample.accession),
        ("status", f"Public on {_public(study.released)}"),
        ("type", "SRA" if sample.strategy else "RNA"),
        ("source_name_ch1", sample.source_name),
        ("organism_ch1", sample.organism),
        *(("characteristics_ch1", f"{name}: {value}") for name, value in sample.characteristics.items()),
        ("molecule_ch1", sample.molecule),
        ("extract_protocol_ch1", sample.protocol),
        ("data_processing", sample.processing),
        ("platform_id", "GPL13112"),
        ("instrument_model", "Illumina HiSeq 2000"),
        ("library_selection", "cDNA"),
        ("library_source", sample.source),
        ("library_strategy", sample.strategy),
        ("relation", f"BioSample: https://www.ncbi.nlm.nih.gov/biosample/SAMN{_digits(sample.accession)}"),
        ("relation", f"SRA: https://www.ncbi.nlm.nih.gov/sra?term={sample.experiment}"),
        *(
            (f"supplementary_file_{i}", f"ftp://ftp.ncbi.nlm.nih.gov{geo_folder(sample.accession)}/suppl/{n}")
            for i, n in enumerate(sample.supplements, 1)
        ),
        ("series_id", study.accession),
        ("data_row_count", "0"),
    ]
    return [f"^SAMPLE = {sample.accession}", *(f"!Sample_{key} = {value}" for key, value in pairs if value)]


def _public(day: str) -> str:
    year, month, number = day.split("-")
    return f"{['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][int(month) - 1]} {number} {year}"


def file_report(study: Study, fields: Iterable[str]) -> bytes:
    """ENA's run table."""
    names = list(fields)
    rows = [[_ena_row(study, sample, run).get(name, "") for name in names] for sample, run in study.runs]
    return "".join("\t".join(row) + "\n" for row in [names, *rows]).encode()


def _ena_row(study: Study, sample: Sample, run: Run) -> dict[str, str]:
    files = {name: content(data) for name, data in run.files.items()}
    return {
        "run_accession": run.accession,
        "experiment_accession": sample.experiment,
        "experiment_alias": sample.accession,
        "sample_accession": f"SAMN{_digits(sample.accession)}",
        "library_layout": run.declared or run.layout,
        "library_strategy": sample.strategy,
        "library_source": sample.source.upper(),
        "library_selection": "cDNA",
        "instrument_model": "Illumina HiSeq 2000",
        "read_count": "100",
        "base_count": "5000",
        "first_public": study.released,
        "fastq_ftp": ";".join(f"ftp.sra.ebi.ac.uk{fastq_path(run.accession, name)}" for name in files),
        "fastq_md5": ";".join(hashlib.md5(data).hexdigest() for data in files.values()),
        "fastq_bytes": ";".join(str(len(data)) for data in files.values()),
    }


def packages(found: Iterable[tuple[Study, Sample, Run]]) -> bytes:
    """SRA's XML for some runs."""
    parts = [_package(study, sample, run) for study, sample, run in found]
    return f"<?xml version='1.0'?>\n<EXPERIMENT_PACKAGE_SET>{''.join(parts)}</EXPERIMENT_PACKAGE_SET>".encode()


def _package(study: Study, sample: Sample, run: Run) -> str:
    files = ""
    if run.bam is not None:
        data, name = content(run.bam), f"{sample.accession}.bam"
        url = f"https://sra-pub-src-1.s3.amazonaws.com/{run.accession}/{name}.1"
        md5 = hashlib.md5(data).hexdigest()
        files += f'<SRAFile filename="{name}" url="{url}" size="{len(data)}" md5="{md5}" semantic_name="TenX" supertype="Original"/>'
    return f"""<EXPERIMENT_PACKAGE><EXPERIMENT accession="{sample.experiment}" alias="{sample.accession}"><TITLE>{escape(sample.title)}</TITLE>
<STUDY_REF accession="{study.project}"/><DESIGN><SAMPLE_DESCRIPTOR accession="SRS{_digits(sample.accession)}"/><LIBRARY_DESCRIPTOR>
<LIBRARY_STRATEGY>{sample.strategy}</LIBRARY_STRATEGY><LIBRARY_SOURCE>{sample.source.upper()}</LIBRARY_SOURCE>
<LIBRARY_SELECTION>cDNA</LIBRARY_SELECTION><LIBRARY_LAYOUT><{run.layout}/></LIBRARY_LAYOUT></LIBRARY_DESCRIPTOR></DESIGN>
<PLATFORM><ILLUMINA><INSTRUMENT_MODEL>Illumina HiSeq 2000</INSTRUMENT_MODEL></ILLUMINA></PLATFORM></EXPERIMENT>
<SAMPLE accession="SRS{_digits(sample.accession)}" alias={quoteattr(sample.accession)}><SAMPLE_NAME><TAXON_ID>10090</TAXON_ID>
<SCIENTIFIC_NAME>{sample.organism}</SCIENTIFIC_NAME></SAMPLE_NAME></SAMPLE>
<RUN_SET><RUN accession="{run.accession}" total_spots="100" total_bases="5000" published="{study.released} 00:00:00">
<EXPERIMENT_REF accession="{sample.experiment}"/><SRAFiles>{files}</SRAFiles></RUN></RUN_SET></EXPERIMENT_PACKAGE>"""


def idf(study: Study) -> bytes:
    rows = [
        ["MAGE-TAB Version", "1.1"],
        ["Investigation Title", study.title],
        ["Public Release Date", study.released],
        ["PubMed ID", *study.pubmed_ids],
        ["Experiment Description", f"Made up for a test: {study.title}."],
        ["Protocol Name", "P-1", "P-2"],
        ["Protocol Type", "nucleic acid library construction protocol", "growth protocol"],
        ["Protocol Description", study.samples[0].protocol, "Kept warm."],
        ["SDRF File", f"{study.accession}.sdrf.txt"],
        ["Comment [SecondaryAccession]", study.project],
        ["Comment [AEExperimentType]", "RNA-seq of coding RNA from single cells"],
    ]
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def sdrf(study: Study) -> bytes:
    names = list(dict.fromkeys(name for sample in study.samples for name in sample.characteristics))
    header = ["Source Name", "Comment[ENA_SAMPLE]", "Characteristics[organism]", *(f"Characteristics[{n}]" for n in names), "Protocol REF",
              "Comment[LIBRARY_LAYOUT]", "Comment[LIBRARY_SOURCE]", "Comment[LIBRARY_STRATEGY]", "Technology Type", "Comment[ENA_EXPERIMENT]",
              "Comment[ENA_RUN]", "Comment [FASTQ_URI]"]  # fmt: skip
    rows = [header]
    for sample, run in study.runs:
        for name in run.files:
            url = f"ftp://ftp.sra.ebi.ac.uk{fastq_path(run.accession, name)}"
            rows.append([sample.title, sample.accession, sample.organism, *(sample.characteristics.get(n, "") for n in names), "P-1",
                         run.layout, sample.source.upper(), sample.strategy, "sequencing assay", sample.experiment, run.accession, url])  # fmt: skip
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def listing(study: Study) -> bytes:
    """BioStudies' record of a study: its files stand in nested lists."""
    files = [{"path": name, "size": len(content(data)), "type": "file"} for name, data in study.supplements.items()]
    tables = [{"path": f"{study.accession}.{kind}.txt", "size": 1, "type": "file"} for kind in ("idf", "sdrf")]
    section = {
        "type": "Study",
        "subsections": [{"type": "Processed Data", "files": [files]}, [{"type": "MAGE-TAB", "files": tables}]],
    }
    return json.dumps({"accno": study.accession, "section": section}).encode()


def hit(study: Study) -> dict[str, Any]:
    return {
        "accession": study.accession,
        "type": "study",
        "title": study.title,
        "release_date": study.released,
        "isPublic": True,
    }
