"""What lies in a folder of reads: a harvest, a table ``runs.csv``, or plain files told apart by their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from build_bundle.quantify.author import AuthorMatrix, AuthorStudy
from build_bundle.quantify.from_harvest import CATALOGUE, read_harvest
from build_bundle.quantify.library import Chemistry, Library, Protocol, ReadFile, choose_files, missing_runs
from core.errors import ConfigError

TABLE = "runs.csv"
COLUMNS = (
    "sample", "study", "run", "protocol", "layout", "fastq_1", "fastq_2", "md5_1", "md5_2", "sra", "bam",
    "chemistry", "whitelist", "matrix",
)  # fmt: skip
"""Columns of ``runs.csv``; only `sample` must be there. Paths are relative to the table."""

_FASTQ = re.compile(r"\.(?:fastq|fq)(?:\.gz)?$", re.IGNORECASE)
_ILLUMINA = re.compile(r"^(?P<sample>.+?)_S\d+(?P<run>_L\d{3})?_(?P<mate>[RI][12])_\d{3}$")
_MATE = re.compile(r"^(?P<sample>.+?)[_.](?:R|r)?(?P<mate>[12])$")


@dataclass(frozen=True)
class Sheet:
    """What a folder holds: libraries, sorted by study and sample, and studies with processed matrices."""

    libraries: tuple[Library, ...]
    authors: tuple[AuthorStudy, ...] = ()


def read_sheet(folder: Path, organism: str = "") -> Sheet:
    """List the libraries and processed matrices of a folder.

    Parameters
    ----------
    folder : Path
        A harvest (``catalogue/catalogue.json``), a folder with ``runs.csv``, or a folder of FASTQ, SRA and BAM files;
        its subfolders are then studies.
    organism : str
        "mouse" or "human": take only these samples of a harvest (all where empty); the organism of processed matrices
        in a table.

    Returns
    -------
    Sheet
        At least one library.

    Raises
    ------
    ConfigError
        Where there is nothing, or the table cannot be read.
    """
    if not folder.is_dir():
        raise ConfigError(f"The folder {folder} does not exist.", next_step="Check --reads.")
    folder = folder.resolve()  # a bare name would be an accession to fasterq-dump, which asks the network for it
    if (folder / CATALOGUE).is_file():
        found, authors = read_harvest(folder, organism)
    elif (folder / TABLE).is_file():
        rows = _table_rows(folder / TABLE)
        found, authors = list(_from_table(rows, folder / TABLE)), _authors(rows, folder, organism)
    else:
        found, authors = list(_from_names(folder)), []
    if not found:
        raise ConfigError(
            f"{folder} holds no reads.",
            next_step=f"Expected FASTQ, .sra or .bam files, a table {TABLE}, or a harvest (python -m build_bundle harvest).",
            code="no-reads",
        )
    return Sheet(tuple(sorted(found, key=lambda library: (library.study, library.sample))), tuple(authors))


def _table_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream, restkey="(behind the last)"))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", next_step="Save it as CSV in UTF-8.") from error
    unknown = sorted({str(name) for row in rows for name in row} - set(COLUMNS))
    if unknown or any(not row.get("sample") for row in rows):
        problem = f"unknown columns {', '.join(unknown)}" if unknown else "a row without sample"
        raise ConfigError(f"{path.name}: {problem}.", next_step=f"Columns are {', '.join(COLUMNS)}.")
    clean = [{name: (value or "").strip() for name, value in row.items()} for row in rows]
    return [row | {"study": row.get("study") or path.parent.name} for row in clean]


def _from_table(rows: Sequence[dict[str, str]], path: Path) -> Iterator[Library]:
    samples: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        samples.setdefault((row["study"], row["sample"]), []).append(row)
    for (study, sample), runs in samples.items():
        first = runs[0]
        protocol = _protocol(first.get("protocol", ""), path)
        files = [file for number, row in enumerate(runs, 1) for file in _row_files(row, number, path.parent)]
        yield Library(
            study=study,
            sample=sample,
            protocol=protocol,
            layout=_layout_said(first.get("layout", ""), path),
            files=(chosen := choose_files(files, protocol)),
            chemistry=_chemistry(first.get("chemistry", ""), path),
            whitelist=_whitelist(first.get("whitelist", ""), path),
            fault=missing_runs(files, chosen),
            has_author_matrix=any(row.get("matrix") for row in runs),
        )


def _authors(rows: Sequence[Mapping[str, str]], folder: Path, organism: str) -> list[AuthorStudy]:
    """Take a matrix named by one sample as its own; one named by several holds cells that bear the samples' names."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        if row.get("matrix"):
            found.setdefault(row["study"], {}).setdefault(row["matrix"], []).append(row["sample"])
    return [
        AuthorStudy(
            study,
            organism,
            tuple(AuthorMatrix(folder / name, of[0] if len(of) == 1 else "") for name, of in matrices.items()),
            {sample.lower(): sample for of in matrices.values() for sample in of},
        )
        for study, matrices in found.items()
    ]


def _row_files(row: Mapping[str, str], number: int, folder: Path) -> Iterator[ReadFile]:
    run = row.get("run") or (row["sample"] if number == 1 else f"{row['sample']}#{number}")
    is_paired = bool(row.get("fastq_2")) or row.get("layout", "").upper() == "PAIRED"
    for mate in (1, 2):
        if row.get(f"fastq_{mate}"):
            path, md5 = folder / row[f"fastq_{mate}"], row.get(f"md5_{mate}", "")
            yield ReadFile(path, "fastq", run, mate if is_paired else 0, md5)
    if row.get("sra"):
        yield ReadFile(folder / row["sra"], "sra", run)
    if row.get("bam"):
        yield ReadFile(folder / row["bam"], "bam", run)


def _protocol(text: str, path: Path) -> Protocol:
    if text not in {"plate", "droplet", ""}:
        raise ConfigError(f"{path.name}: protocol is {text!r}, expected plate, droplet or nothing.")
    return text  # type: ignore[return-value] # one of the three


def _layout_said(text: str, path: Path) -> str:
    if text.upper() not in {"SINGLE", "PAIRED", ""}:
        raise ConfigError(f"{path.name}: layout is {text!r}, expected SINGLE, PAIRED or nothing.")
    return text.upper()


def _whitelist(text: str, path: Path) -> Path | None:
    whitelist = path.parent / text
    if text and not whitelist.is_file():
        raise ConfigError(
            f"{path.name}: the whitelist {whitelist} is not there.", next_step="Paths are relative to it."
        )
    return whitelist if text else None


def _chemistry(text: str, path: Path) -> str:
    if text and Chemistry.of(text) is None:
        raise ConfigError(f"{path.name}: chemistry is {text!r}, expected for example 16+12, or 10x v3.")
    return text


def _from_names(folder: Path) -> Iterator[Library]:
    studies = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    for study in (folder, *studies):
        samples: dict[str, list[ReadFile]] = {}
        for path in sorted(p for p in study.iterdir() if p.is_file()):
            for sample, file in _named(path):
                samples.setdefault(sample, []).append(file)
        for sample, files in samples.items():
            chosen = choose_files(files, "")
            yield Library(study.name, sample, layout=_layout(chosen), files=chosen)


def _layout(files: Sequence[ReadFile]) -> str:
    return "PAIRED" if any(file.mate for file in files) else ""


def _named(path: Path) -> Iterator[tuple[str, ReadFile]]:
    """Tell sample, run and mate from a file name; index reads (I1, I2) are left alone."""
    if path.suffix in {".sra", ".bam"}:
        yield path.stem, ReadFile(path, "sra" if path.suffix == ".sra" else "bam", path.stem)
    elif _FASTQ.search(path.name):
        stem = _FASTQ.sub("", path.name)
        lane, mates = _ILLUMINA.match(stem), _MATE.match(stem)
        if lane:
            if lane["mate"].startswith("R"):
                run = f"{lane['sample']}{lane['run'] or ''}"
                yield lane["sample"], ReadFile(path, "fastq", run, int(lane["mate"][1]))
        elif mates:
            yield mates["sample"], ReadFile(path, "fastq", mates["sample"], int(mates["mate"]))
        else:
            yield stem, ReadFile(path, "fastq", stem)
