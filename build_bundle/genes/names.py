"""All names of an organism's genes, from the tables that packages carry: the bundle's ``gene_names``.

GENCODE gives today's symbols and Ensembl ids, NCBI Gene gives Entrez ids and aliases. NCBI's table is distributed as
Python source; it is read as text and never executed. Not here: resolving ids (`core.expression.genes`).
"""

from __future__ import annotations

import ast
import csv
import gzip
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from core.errors import ConfigError

_TEXT = r"""('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_NCBI_GENE = re.compile(rf"GeneID=(\d+),.*?\bStatus={_TEXT},\s*Symbol={_TEXT},\s*Aliases={_TEXT},")
_MIN_GENES = 1000  # fewer is no gene table of a whole organism, but a wrong file


@dataclass
class _Names:
    ensembl: list[str] = field(default_factory=list)
    entrez: list[str] = field(default_factory=list)
    aliases: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class NcbiGene:
    """One gene of NCBI's table: Entrez id, official symbol of its time, aliases."""

    entrez_id: str
    symbol: str
    aliases: tuple[str, ...]


def read_gencode(path: Path) -> list[tuple[str, str]]:
    """Read a table of Ensembl id, symbol, version, length, type without a header.

    Parameters
    ----------
    path : Path
        CSV, also gzip.

    Returns
    -------
    list of (ensembl_id, symbol)
        In file order. A gene without a name of its own has its Ensembl id as symbol.

    Raises
    ------
    ConfigError
        Where the file is no such table.
    """
    rows = [(row[0], row[1]) for row in _csv_rows(path) if len(row) == 5 and row[0].startswith("ENS")]
    if len(rows) < _MIN_GENES:
        raise _no_table(path, f"{len(rows)} rows of Ensembl id, symbol, version, length, type")
    return rows


def read_ncbi(path: Path) -> list[NcbiGene]:
    """Read NCBI genes from the Python source that carries them, as text.

    Parameters
    ----------
    path : Path
        File with one ``NtData(...)`` record a gene.

    Returns
    -------
    list of NcbiGene
        Live genes in file order.

    Raises
    ------
    ConfigError
        Where the file holds no such records.
    """
    genes = []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _NCBI_GENE.search(line)
        if found:
            status, symbol, aliases = (str(ast.literal_eval(text)) for text in found.groups()[1:])
            if status == "live":
                genes.append(NcbiGene(found[1], symbol, tuple(a for a in aliases.split(", ") if a)))
    if len(genes) < _MIN_GENES:
        raise _no_table(path, f"{len(genes)} records of NCBI Gene")
    return genes


def join_gene_names(gencode: Sequence[tuple[str, str]], ncbi: Sequence[NcbiGene]) -> pd.DataFrame:
    """Join the two tables to one row a gene.

    Parameters
    ----------
    gencode : sequence of (ensembl_id, symbol)
        Today's symbols.
    ncbi : sequence of NcbiGene
        Possibly older symbols.

    Returns
    -------
    pandas.DataFrame
        Columns of ``schema.GENE_NAMES``, sorted by symbol.

    Notes
    -----
    An NCBI symbol that GENCODE does not know, with exactly one alias that is a GENCODE symbol and no NCBI symbol, is
    taken for the older name of that gene. Otherwise it stays a gene of its own, so that data of its time keep it.
    """
    genes: dict[str, _Names] = {}
    for ensembl_id, symbol in gencode:
        genes.setdefault(symbol, _Names()).ensembl.append(ensembl_id)
    current = set(genes)
    ncbi_symbols = {gene.symbol for gene in ncbi}
    for gene in ncbi:
        heirs = {a for a in gene.aliases if a in current and a not in ncbi_symbols}
        symbol = heirs.pop() if gene.symbol not in current and len(heirs) == 1 else gene.symbol
        names = genes.setdefault(symbol, _Names())
        names.entrez.append(gene.entrez_id)
        names.aliases += [name for name in (gene.symbol, *gene.aliases) if name != symbol]
    return _table(genes)


def read_gene_table(path: Path) -> pd.DataFrame:
    """Read a plain table ``symbol, ensembl, entrez, aliases`` (CSV with header; several values joined by ``;``)."""
    rows = list(_csv_rows(path))
    if not rows or rows[0] != ["symbol", "ensembl", "entrez", "aliases"]:
        raise _no_table(path, "a header that is not symbol, ensembl, entrez, aliases")
    uneven = [number for number, row in enumerate(rows, start=1) if len(row) != len(rows[0])]
    if uneven or len(rows) == 1:
        raise _no_table(path, f"not four columns in line {uneven[0]}" if uneven else "no gene")
    split = [[tuple(filter(None, cell.split(";"))) for cell in row[1:]] for row in rows[1:]]
    return _table({row[0]: _Names(*map(list, parts)) for row, parts in zip(rows[1:], split, strict=True)})


def _table(genes: dict[str, _Names]) -> pd.DataFrame:
    """Make the table, keeping aliases that are no gene's symbol."""
    ordered = sorted(genes.items())
    return pd.DataFrame(
        {
            "gene_symbol": [symbol for symbol, _ in ordered],
            "ensembl_ids": [sorted(set(n.ensembl)) for _, n in ordered],
            "entrez_ids": [sorted(set(n.entrez), key=lambda text: (len(text), text)) for _, n in ordered],
            "aliases": [sorted({alias for alias in n.aliases if alias not in genes}) for _, n in ordered],
        }
    )


def _csv_rows(path: Path) -> Iterator[list[str]]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"The gene table {path.name} cannot be read: {error}.", next_step="Check the file."
        ) from error
    yield from csv.reader(io.StringIO(text))


def _no_table(path: Path, found: str) -> ConfigError:
    return ConfigError(f"{path.name} is no gene table: it has {found}.", next_step="Correct the table [genes].")
