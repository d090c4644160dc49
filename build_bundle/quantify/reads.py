"""From a library's files to checked reads: SRA and BAM unpacked, mates paired, droplets told from plates."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from build_bundle.quantify import programs
from build_bundle.quantify.alignment import Reads
from build_bundle.quantify.droplets import DropletReads, has_cell_tags, reads_of_bam
from build_bundle.quantify.fastq import FastqFacts, check_fastq, check_mates, check_md5, first_lengths
from build_bundle.quantify.library import Chemistry, Library, LibraryFaultError, Protocol, ReadFile
from build_bundle.quantify.settings import QuantifySettings

_SHORTEST_CDNA = 40  # a barcode read is shorter, a read of the molecule is longer
_LONGEST_INDEX = 12  # an index read tells samples apart, not cells


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
    bams = [file.path for file in library.files if file.kind == "bam"]
    if bams:
        return _from_bams(library, bams, scratch, settings)
    files = [file for file in library.files if file.kind == "fastq"]
    for number, file in enumerate(file for file in library.files if file.kind == "sra"):
        files += unpack_sra(file, scratch / f"sra-{number}", settings, library.protocol)
    return _from_fastq(replace(library, files=tuple(files)))


def unpack_sra(file: ReadFile, out: Path, settings: QuantifySettings, protocol: Protocol = "") -> list[ReadFile]:
    """Unpack an SRA file with fasterq-dump.

    Parameters
    ----------
    file : ReadFile
        The file.
    out : Path
        Folder to make.
    settings : QuantifySettings
        Time limit.
    protocol : str
        Of the library.

    Returns
    -------
    list of ReadFile
        A barcode read with its molecule where there is one, else a pair of mates, or one file. Mates that lost their
        partner stay out.

    Notes
    -----
    Archives keep barcodes as technical reads, which ``--split-3`` leaves out; so what may be droplets is unpacked with
    all its reads first.

    Raises
    ------
    LibraryFaultError
        "truncated" where the file cannot be unpacked: fasterq-dump's return code says so.
    """
    if protocol != "plate":
        paths = _dump(file, out / "all", settings, "--split-files", "--include-technical")
        pair = _barcode_and_molecule(paths, protocol)
        if pair:
            return [ReadFile(path, "fastq", file.run, mate) for mate, path in enumerate(pair, 1)]
        shutil.rmtree(out / "all")
    _dump(file, out, settings, "--split-3")
    mates = {mate: found[0] for mate in (1, 2) if (found := sorted(out.glob(f"*_{mate}.fastq")))}
    if len(mates) == 2:
        return [ReadFile(path, "fastq", file.run, mate) for mate, path in mates.items()]
    single = sorted(out.glob("*.fastq"))
    if not single:
        raise LibraryFaultError(f"{file.path.name} holds no read.", code="empty_fastq")
    return [ReadFile(single[0], "fastq", file.run)]


def _dump(file: ReadFile, out: Path, settings: QuantifySettings, *how: str) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    command = ["fasterq-dump", *how, "-e", str(settings.threads), "-O", str(out), "-t", str(out / "tmp"),
               str(file.path)]  # fmt: skip
    try:
        programs.run(command, timeout_s=settings.timeout_s)
    except programs.ProgramError as error:
        if error.code == "timeout":
            raise
        raise LibraryFaultError(f"{file.path.name} cannot be unpacked. {error.message}", code="truncated") from error
    return sorted(out.glob("*.fastq"))


def _barcode_and_molecule(paths: Sequence[Path], protocol: Protocol) -> list[Path]:
    """Return the barcode reads and those of the molecules; nothing where their lengths do not tell which is which."""
    longest = {path: first_lengths(path)[1] for path in paths}
    reads = sorted((path for path in paths if longest[path] > _LONGEST_INDEX), key=lambda path: longest[path])
    if len(reads) != 2 or not longest[reads[0]] < _SHORTEST_CDNA <= longest[reads[1]]:
        return []
    return reads if protocol == "droplet" or Chemistry.of_length(longest[reads[0]]) else []


def _from_bams(library: Library, bams: Sequence[Path], scratch: Path, settings: QuantifySettings) -> Prepared:
    """Join the BAM files of a library, one a run."""
    folders = [scratch / f"bam-{number}" for number in range(len(bams))]
    for folder in folders:
        folder.mkdir(exist_ok=True)
    pairs = list(zip(bams, folders, strict=True))
    bare = [bam for bam, folder in pairs if not has_cell_tags(bam, folder)]
    is_plate = library.protocol == "plate" or (library.protocol == "" and len(bare) == len(bams))
    if is_plate:
        files = [file for bam, folder in pairs for file in _plate_bam(bam, folder, settings)]
        return _from_fastq(replace(library, layout="", files=tuple(files)))
    if bare:
        raise NoBarcodesError(f"{bare[0].name} holds many cells, but its reads carry no cell barcode and UMI (CB, UB).")
    return _tagged([reads_of_bam(bam, folder, settings) for bam, folder in pairs])


def _tagged(parts: Sequence[DropletReads]) -> Prepared:
    if len({part.chemistry for part in parts}) > 1:
        raise LibraryFaultError("Its BAM files have barcodes of different lengths.", code="two_layouts")
    cdna, barcodes = (tuple(path for part in parts for path in getattr(part, name)) for name in ("cdna", "barcodes"))
    reads = DropletReads(cdna, barcodes, parts[0].chemistry)
    return Prepared(reads, sum(check_fastq(path).n_reads for path in cdna))


def _plate_bam(bam: Path, scratch: Path, settings: QuantifySettings) -> list[ReadFile]:
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
    run = scratch.name
    if first.stat().st_size > 0:
        return [ReadFile(first, "fastq", run, 1), ReadFile(second, "fastq", run, 2)]
    return [ReadFile(single, "fastq", run)]


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
    if pairs and single:
        names = ", ".join(sorted(run or library.sample for run, mates in runs.items() if set(mates) == {0})[:5])
        raise LibraryFaultError(
            f"Some of its runs come in pairs, others do not ({names}): list them as two samples.", code="two_layouts"
        )
    if pairs:
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
