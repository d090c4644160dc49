"""The command ``collect``."""

from __future__ import annotations

import argparse
from pathlib import Path

from build_bundle.collection.collect import Sources, collect
from build_bundle.collection.record import Record, read_record
from build_bundle.configuration.reader import read_config


def add_collect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command.

    Parameters
    ----------
    commands : argparse subparsers
        Of the builder's command line.
    """
    parser = commands.add_parser(
        "collect", help="make a configuration for run from a harvested, labelled, counted collection"
    )
    parser.add_argument("--catalogue", type=Path, required=True, metavar="DIR", help="folder that harvest wrote")
    parser.add_argument("--labels", type=Path, metavar="DIR", help="folder that label wrote")
    parser.add_argument("--quantified", type=Path, metavar="DIR", help="folder that quantify wrote")
    parser.add_argument(
        "--base", type=Path, required=True, metavar="FILE.toml", help="name, ontology, genes and settings"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE.toml", help="configuration to write, beside the base"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that $DATA in the base stands for")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the configuration, check it, and say what went in.

    Parameters
    ----------
    options : argparse.Namespace
        As `add_collect` declares.

    Returns
    -------
    int
        0.
    """
    found = collect(Sources(options.catalogue, options.labels, options.quantified), options.base, options.out)
    read_config(options.out, data=options.data)
    for accession, reason in found.left_out:
        print(f"Left out: {accession}: {reason}")
    print(f"The collection: {_by_kind(read_record(options.catalogue, options.labels, options.quantified))}.")
    print(f"{len(found.studies)} studies: {', '.join(found.studies)}")
    print(f"Next: python -m build_bundle run --config {options.out} --out FOLDER")
    return 0


def _by_kind(record: Record) -> str:
    """Say what the statistics of the bundle will count: samples and cells of each kind."""
    kinds = record.samples.groupby("kind")["n_cells"].agg(["size", "sum"]).sort_values("size", ascending=False)
    return "; ".join(
        f"{counted(row['size'], 'sample')} ({counted(row['sum'], 'cell')}) {str(kind).replace('_', ' ')}"
        for kind, row in kinds.iterrows()
    )


def counted(n: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "cell"), counted(2000, "cell")
    ('1 cell', '2,000 cells')
    """
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
