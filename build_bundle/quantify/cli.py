"""The part of the builder's command line that quantifies."""

from __future__ import annotations

import argparse
from pathlib import Path

from build_bundle.quantify import commands as run_command
from build_bundle.quantify.settings import DROPLET_STRANDS, RPKM_TOTALS, QuantifySettings
from build_bundle.workflow.groups import GROUP_SIZE

_DEFAULT = QuantifySettings()


def add_quantify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands ``quantify-reference``, ``quantify`` and ``quantify-run``."""
    _add_reference(commands)
    quantify = commands.add_parser("quantify", help="count reads (FASTQ, SRA, BAM) by gene: one .h5ad a study")
    quantify.add_argument(
        "--reads", type=Path, required=True, metavar="DIR", help="files, files with runs.csv, or a harvest"
    )
    quantify.add_argument("--reference", type=Path, required=True, metavar="REF", help="from quantify-reference")
    quantify.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets STUDY.h5ad, runs.parquet")
    quantify.add_argument("--organism", choices=("mouse", "human"), help="take only these samples of a harvest")
    quantify.add_argument("--labels", type=Path, metavar="DIR", help="what 'label' wrote: samples without are marked")
    quantify.add_argument(
        "--gene-names", type=Path, metavar="FILE.csv", help="symbol, ensembl, entrez, aliases: for authors' matrices"
    )
    quantify.add_argument("--quiet", action="store_true", help="print the result only")
    _add_settings(quantify)
    _add_engine(quantify)
    quantify.set_defaults(run=run_command.quantify)
    job = commands.add_parser("quantify-run", help="quantify one group of a plan (jobs of a cluster call this)")
    job.add_argument("--plan", type=Path, required=True, metavar="FILE.json")
    job.add_argument("--group", required=True)
    job.add_argument("--done", type=Path, required=True, metavar="FILE.json", help="written when the group is done")
    job.add_argument("--quiet", action="store_true")
    job.set_defaults(run=run_command.quantify_run)


def positive(text: str) -> int:
    """Read a whole number above 0."""
    number = int(text) if text.strip().isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return number


def _add_reference(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    reference = commands.add_parser("quantify-reference", help="prepare a genome and its coding intervals")
    reference.add_argument("--genome", type=Path, required=True, metavar="FASTA", help="also gzip")
    annotation = reference.add_mutually_exclusive_group(required=True)
    annotation.add_argument("--ccds", type=Path, metavar="FILE", help="CCDS.current.txt of the same assembly")
    annotation.add_argument("--gtf", type=Path, metavar="FILE", help="GTF of the same assembly (for droplets)")
    reference.add_argument("--out", type=Path, required=True, metavar="REF")
    reference.add_argument(
        "--droplets", action="store_true", help="also make STAR's index (mouse, human: 32 GB memory)"
    )
    reference.add_argument("--threads", type=positive, default=2, metavar="N")
    reference.add_argument("--quiet", action="store_true")
    reference.set_defaults(run=run_command.quantify_reference)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("how to count").add_argument
    add("--min-alignment-rate", type=float, default=_DEFAULT.min_alignment_rate, metavar="SHARE",
        help="set libraries below this share aside (default %(default)s)")  # fmt: skip
    add("--rate", choices=("overall", "coding"), default=_DEFAULT.rate,
        help="which share: reads that align, or reads counted in a gene (default %(default)s)")  # fmt: skip
    add("--rpkm-total", choices=tuple(RPKM_TOTALS), default=_DEFAULT.rpkm_total,
        help="N of RPKM: fragments assigned to a gene, or aligned (default %(default)s)")  # fmt: skip
    add(
        "--strandedness",
        type=int,
        choices=(0, 1, 2),
        default=_DEFAULT.strandedness,
        help="of plates, as featureCounts -s",
    )
    add(
        "--droplet-strand",
        choices=DROPLET_STRANDS,
        default=_DEFAULT.droplet_strand,
        help="Reverse for 5' kits (default %(default)s)",
    )
    add("--cell-filter", choices=("CellRanger2.2", "EmptyDrops_CR"), default=_DEFAULT.cell_filter,
        help="which barcodes are cells (default %(default)s)")  # fmt: skip
    add("--expected-cells", type=int, default=_DEFAULT.expected_cells, metavar="N",
        help="cells in a droplet library (default %(default)s)")  # fmt: skip
    add("--threads", type=int, default=_DEFAULT.threads, metavar="N", help="of one aligner (default %(default)s)")
    add("--timeout", type=float, default=_DEFAULT.timeout_s, metavar="SECONDS", help="of one program and library")


def _add_engine(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("where to run").add_argument
    add("--engine", choices=("local", "snakemake"), default="local", help="this process, or Snakemake")
    add("--jobs", type=positive, default=None, metavar="N", help="libraries (local) or jobs (cluster) at a time")
    add("--executor", default="local", metavar="NAME", help="Snakemake's executor: local, slurm, kubernetes")
    add(
        "--group-size",
        type=positive,
        default=GROUP_SIZE,
        metavar="N",
        help="plate libraries a job (default %(default)s)",
    )
    add("--job-threads", type=positive, default=4, metavar="N", help="cores of one job (default %(default)s)")
    add(
        "--snakemake-option",
        action="append",
        default=[],
        metavar="OPTION",
        help="passed on, may be repeated (--snakemake-option=--profile=...)",
    )
