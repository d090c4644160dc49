"""From a library's files to checked reads: SRA and BAM unpacked, mates paired, droplets told from plates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from build_bundle.quantify import programs
from build_bundle.quantify.alignment import Reads
from build_bundle.quantify.droplets import DropletReads, has_cell_tags, reads_of_bam
from build_bundle.quantify.fastq import FastqFacts, check_fastq, check_mates, check_md5
from build_bundle.quantify.library import Chemistry, Library, LibraryFaultError, ReadFile
from build_bundle.quantify.settings import QuantifySettings

_SHORTEST_CDNA = 40  # a barcode read is shorter, a read of the molecule is longer


class NoBarcodesError(LibraryFaultError):
    """The library holds many cells, and nothing says which read is from which."""

    default_code = "no_barcodes"


@dataclass(frozen=True)
class Prepared:
    """Reads ready for an aligner, and how many fragments the files hold."""

    reads: Reads | DropletReads
    n_fragments: int


def prepare_reads(library: Library, scratch: Path, settings: QuantifySettings) -> Prepared:
    """Check and unpack the files of a library.

    Parameters
    ----------
    library : Library
        With at least one file; all of one kind (`library.choose_files`).
    scratch : Path
        Folder for what is unpacked, which the caller removes.
    settings : QuantifySettings
        Time limit.

    Returns
    -------
    Prepared
        Plate reads (single or paired), or droplet reads (molecule and barcode).

    Raises
    ------
    LibraryFaultError
        For files that are missing, damaged, empty or do not fit together.
    NoBarcodesError
        For droplets without barcodes.
    """
    check_md5(library.files)
    bams = [file for file in library.files if file.kind == "bam"]
    if bams:
        return _from_bam(library, bams[0].path, scratch, settings)
    files = [file for file in library.files if file.kind == "fastq"]
    for number, file in enumerate(file for file in library.files if file.kind == "sra"):
        files += unpack_sra(file, scratch / f"sra-{number}", settings)
    return _from_fastq(replace(library, files=tuple(files)))


def unpack_sra(file: ReadFile, out: Path, settings: QuantifySettings) -> list[ReadFile]:
    """Unpack an SRA file with fasterq-dump --split-3.

    Parameters
    ----------
    file : ReadFile
        The file.
    out : Path
        Folder to make.
    settings : QuantifySettings
        Time limit.

    Returns
    -------
    list of ReadFile
        A pair of mates, or one file. Mates that lost their partner stay out.

    Raises
    ------
    LibraryFaultError
        "truncated" where the file cannot be unpacked: fasterq-dump's return code says so.
    """
    out.mkdir()
    command = ["fasterq-dump", "--split-3", "-e", str(settings.threads), "-O", str(out), "-t", str(out / "tmp"),
               str(file.path)]  # fmt: skip
    try:
        programs.run(command, timeout_s=settings.timeout_s)
    except programs.ProgramError as error:
        if error.code == "timeout":
            raise
        raise LibraryFaultError(f"{file.path.name} cannot be unpacked. {error.message}", code="truncated") from error
    mates = {mate: found[0] for mate in (1, 2) if (found := sorted(out.glob(f"*_{mate}.fastq")))}
    if len(mates) == 2:
        return [ReadFile(path, "fastq", file.run, mate) for mate, path in mates.items()]
    single = sorted(out.glob("*.fastq"))
    if not single:
        raise LibraryFaultError(f"{file.path.name} holds no read.", code="empty_fastq")
    return [ReadFile(single[0], "fastq", file.run)]


def _from_bam(library: Library, bam: Path, scratch: Path, settings: QuantifySettings) -> Prepared:
    is_tagged = has_cell_tags(bam, scratch)
    if is_tagged and library.protocol != "plate":
        reads = reads_of_bam(bam, scratch, settings)
        return Prepared(reads, check_fastq(reads.cdna[0]).n_reads)
    if library.protocol == "droplet":
        raise NoBarcodesError(f"{bam.name} holds many cells, but its reads carry no cell barcode and UMI (CB, UB).")
    return _plate_bam(library, bam, scratch, settings)


def _plate_bam(library: Library, bam: Path, scratch: Path, settings: QuantifySettings) -> Prepared:
    """Turn the BAM of one cell back into reads; they are aligned again, to this reference."""
    first, second, single = (scratch / f"{name}.fastq" for name in ("first", "second", "single"))
    collate = ["samtools", "collate", "-O", "-u", str(bam), str(scratch / "collate")]
    write = ["samtools", "fastq", "-F", "0x900", "-1", str(first), "-2", str(second), "-0", str(single),
             "-s", "/dev/null", "-n", "-"]  # fmt: skip
    try:
        programs.run_pipe([collate, write], timeout_s=settings.timeout_s)
    except programs.ProgramError as error:
        if error.code == "timeout":
            raise
        raise LibraryFaultError(f"{bam.name} is cut short or damaged. {error.message}", code="truncated") from error
    is_paired = first.stat().st_size > 0
    files = [ReadFile(first, "fastq", mate=1), ReadFile(second, "fastq", mate=2)] if is_paired else []
    return _from_fastq(replace(library, layout="", files=tuple(files or [ReadFile(single, "fastq")])))


def _from_fastq(library: Library) -> Prepared:
    """Pair the mates run by run, check them, and say what they are."""
    runs: dict[str, dict[int, Path]] = {}
    for file in library.files:
        taken = runs.setdefault(file.run, {})
        if file.mate in taken:
            raise LibraryFaultError(
                f"Run {file.run or library.sample} has two files {taken[file.mate].name} and {file.path.name} "
                "for the same mate.",
                code="two_files",
            )
        taken[file.mate] = file.path
    pairs = [mates for mates in runs.values() if 1 in mates or 2 in mates]
    for mates in pairs:
        _check_pair(mates)
    single = [mates[0] for mates in runs.values() if not (1 in mates or 2 in mates)]
    if library.layout == "PAIRED" and not pairs and library.protocol != "droplet":
        raise LibraryFaultError("The library is paired, but only one file of its reads is there.", code="missing_mate")
    if pairs:  # what has no partner beside pairs is a remainder of --split-3
        return _paired(library, pairs)
    return _single(library, single)


def _check_pair(mates: Mapping[int, Path]) -> None:
    if not {1, 2} <= set(mates):
        have, lack = (1, 2) if 1 in mates else (2, 1)
        raise LibraryFaultError(f"Mate {lack} of {mates[have].name} is missing.", code="missing_mate")


def _paired(library: Library, pairs: Sequence[Mapping[int, Path]]) -> Prepared:
    facts = [(check_fastq(mates[1]), check_fastq(mates[2])) for mates in pairs]
    for mates, pair in zip(pairs, facts, strict=True):
        check_mates(*pair, mates[1].name)
    n_fragments = sum(pair[0].n_reads for pair in facts)
    barcode_mate = _barcode_mate(library, facts)
    first, second = tuple(mates[1] for mates in pairs), tuple(mates[2] for mates in pairs)
    if barcode_mate == 0:
        return Prepared(Reads(first=first, second=second), n_fragments)
    length = min(pair[barcode_mate - 1].min_length for pair in facts)
    chemistry = Chemistry.of(library.chemistry) or Chemistry.of_length(length)
    if chemistry is None or chemistry.length > length:
        raise NoBarcodesError(f"Its barcode reads have {length} bases, which no known barcode layout has.")
    barcodes, cdna = (first, second) if barcode_mate == 1 else (second, first)
    return Prepared(DropletReads(cdna, barcodes, chemistry, library.whitelist), n_fragments)


def _barcode_mate(library: Library, facts: Sequence[tuple[FastqFacts, FastqFacts]]) -> int:
    """Return which mate holds barcodes, 0 for none: the one too short for a molecule beside one that is not."""
    if library.protocol == "plate":
        return 0
    short = [all(pair[mate].max_length < _SHORTEST_CDNA for pair in facts) for mate in (0, 1)]
    if short == [True, False]:
        return 1
    if short == [False, True]:
        return 2
    if library.protocol == "droplet":
        if Chemistry.of(library.chemistry) is not None and short == [False, False]:
            return 1  # barcode reads sequenced further than needed: the convention is mate 1
        raise NoBarcodesError("It holds many cells, but neither mate is a barcode read.")
    return 0


def _single(library: Library, paths: Sequence[Path]) -> Prepared:
    n_fragments = sum(check_fastq(path).n_reads for path in paths)
    if library.protocol == "droplet":
        raise NoBarcodesError("It holds many cells, but its reads come without a barcode read.")
    return Prepared(Reads(single=tuple(paths)), n_fragments)
