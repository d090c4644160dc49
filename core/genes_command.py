"""``python -m core genes``: a list of genes against the types of a reference, or against gene sets, as text or as a table.

Part of the command line (``core.__main__``), which turns errors into exit codes.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError, InputError

if TYPE_CHECKING:
    import pandas as pd

    from core.gene_views import ReferenceGenes

SHOWN = 10
SHOWN_GENES = 6


def add_genes(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command; ``--bundle`` is already there.
    """
    parser.add_argument(
        "genes", nargs="+", metavar="GENE", help="symbols, older names, Ensembl or NCBI ids; - reads them"
    )
    parser.add_argument("--sets", type=Path, metavar="FILE.gmt", help="test these gene sets instead of the types")
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the whole table instead of its first rows")


def run_genes(given: argparse.Namespace) -> None:
    """Answer the command.

    Parameters
    ----------
    given : argparse.Namespace
        Its arguments.

    Raises
    ------
    InputError
        When no name is a gene of the reference, or the gene sets cannot be read.
    ConfigError
        When a file is missing.
    """
    from core.engine import Engine  # noqa: PLC0415 - keeps --help and wrong commands quick
    from core.explore.gene_list import flat  # noqa: PLC0415 - as above
    from core.gene_views import ReferenceGenes  # noqa: PLC0415 - as above
    from core.result import to_csv  # noqa: PLC0415 - as above

    engine = Engine.open([given.bundle])
    asked = ReferenceGenes(engine.reference(engine.default).gene_finder, engine.bundles[engine.default])
    listed = asked.read_list(
        sys.stdin.buffer.read().decode("utf-8", "replace") if given.genes == ["-"] else " ".join(given.genes)
    )
    print(f"{len(listed.symbols)} of {listed.n_given} names are genes of the reference.")
    for names, what in ((listed.unknown, "Not a gene, or more than one"), (listed.absent, "Not measured there")):
        if names:
            print(f"{what}: {', '.join(names)}.")
    if not listed.symbols:
        raise InputError(
            "None of these names is a gene of the reference.", next_step="Use symbols or ids.", code="genes"
        )
    table = _sets(asked, given.sets, listed.symbols) if given.sets else _types(asked, listed.symbols)
    if given.out:
        given.out.write_text(to_csv(flat(table)), encoding="utf-8", newline="")
        print(f"{len(table):,} rows written to {given.out}.")


def _types(asked: ReferenceGenes, genes: Sequence[str]) -> pd.DataFrame:
    """Print the types a list fits, the best first."""
    table = asked.fits(genes).table
    print(f"\n{'q':>9} {'rank':>5} {'q rank':>9}  {'overlap':<9} type")
    for row in table.head(SHOWN).to_dict("records"):
        overlap = f"{row['n_overlap']} of {row['n_measured']}"
        names = ", ".join(row["overlap"][:SHOWN_GENES])
        where = f"{row['cell_type']} ({row['cell_type_ontology_term_id']})"
        print(
            f"{_q(row['q_overlap'])} {row['auc']:5.2f} {_q(row['q_rank'])}  {overlap:<9} {where}{': ' if names else ''}{names}"
        )
    return table


def _sets(asked: ReferenceGenes, path: Path, genes: Sequence[str]) -> pd.DataFrame:
    """Print the gene sets that hold more of a list than chance gives, the smallest p first."""
    if not path.is_file():
        raise ConfigError(f"There is no file {str(path)!r}.", next_step="Correct the path.", code="no-file")
    found = asked.enrichment(asked.read_gmt(path.read_bytes()), genes)
    print(f"{found.n_tested:,} sets tested against a background of {found.n_background:,} genes of the reference.")
    print(f"\n{'q':>9} {'ratio':>7}  {'overlap':<12} set")
    for row in found.table.head(SHOWN).to_dict("records"):
        overlap = f"{row['n_overlap']} of {row['n_set']}"
        print(
            f"{_q(row['q_value'])} {row['fold']:7.1f}  {overlap:<12} {row['gene_set']}: {', '.join(row['genes'][:SHOWN_GENES])}"
        )
    return found.table


def _q(value: float) -> str:
    return f"{'-':>9}" if value != value else f"{value:9.2g}"  # noqa: PLR0124 - NaN: not tested
