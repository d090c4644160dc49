"""``python -m core compare``: the cell types of two groups of an answered query, as text or as a table.

Part of the command line (``core.__main__``), which turns errors into exit codes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from core import words
from core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.explore.compare import Comparison
    from core.explore.compare_choice import Choice
    from core.explore.gene_difference import GeneDifference
    from core.explore.own_table import OwnTable
    from core.result import QueryResult

NO_REPLICATES = "none"


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the command; ``--bundle`` is already there.
    """
    parser.add_argument("result", type=Path, metavar="RESULT", help="a folder that annotate wrote")
    parser.add_argument(
        "--table", type=Path, metavar="FILE.csv", help="more metadata: a line a cell, its name first, with a header"
    )
    parser.add_argument("--by", metavar="COLUMN", help="column of the file's metadata that names the groups")
    parser.add_argument("--group", metavar="VALUE", help="group to look at")
    parser.add_argument("--against", metavar="VALUE", help="group to hold it against; * for all other cells")
    parser.add_argument(
        "--replicates", metavar="COLUMN", help=f"column that names donors or samples; {NO_REPLICATES}: test cells"
    )
    parser.add_argument("--out", type=Path, metavar="FILE.csv", help="write the whole table instead of printing it")
    parser.add_argument("--genes", type=Path, metavar="FILE.csv", help="write the genes that differ, too")
    parser.add_argument(
        "--within",
        metavar="TYPE",
        help="id of the type whose genes are compared (default: the most frequent); * for all cells",
    )


def run_compare(given: argparse.Namespace) -> None:
    """Answer the command.

    Parameters
    ----------
    given : argparse.Namespace
        Its arguments.

    Raises
    ------
    InputError
        When the folder is no result, or was made with another reference, or the table cannot be read.
    ConfigError
        When a column or group is not there, or options contradict each other (code ``option``).
    """
    from core.engine import Engine  # noqa: PLC0415 - keeps --help and wrong commands quick
    from core.explore.compare_choice import NONE, OTHERS, groups_of  # noqa: PLC0415 - as above
    from core.explore.compare_words import detail, headline  # noqa: PLC0415 - as above
    from core.explore.gene_difference import EVERYTHING  # noqa: PLC0415 - as above
    from core.result import to_csv  # noqa: PLC0415 - as above

    engine = Engine.open([given.bundle])
    result = engine.result(given.result)
    if given.table:
        result = result.with_obs(_table(given.table, result).obs)
    columns = {c.name: [g.value for g in groups_of(c)] for c in engine.own_columns(result)}
    _known("column with groups", given.by, columns)
    replicates = NONE if given.replicates == NO_REPLICATES else given.replicates
    if replicates != NONE:
        _known("column", replicates, engine.replicate_columns(result))
    choice = engine.compared(result, given.by, given.group, given.against, replicates)
    if choice is None:
        raise ConfigError(
            "This result has no metadata with groups.",
            next_step="Give the cells of the file columns (obs of an .h5ad) with 2 to 30 values.",
            code="option",
        )
    _known(f"group in {choice.column!r}", given.group, columns[choice.column])
    _known(f"group in {choice.column!r}", given.against, [*columns[choice.column], OTHERS])
    _check(given, choice)
    everything = engine.selection_mask(result, engine.parse_selection("all"))
    view = engine.comparison(result, everything, choice)
    print(f"{headline(view)}.\n{detail(view)}")
    if view.lacking:
        print(f"{choice.replicates} cannot be tested as replicates. {view.lacking}")
    if view.method == "cells":
        print("Cells from one donor are not independent: without --replicates these q-values are too small.")
    if given.out:
        given.out.write_text(to_csv(choice.named(view.table)), encoding="utf-8", newline="")
        print(f"{words.count(len(view.table), 'row')} written to {given.out}.")
    else:
        _print(view)
    if given.genes:
        genes = engine.gene_difference(result, everything, choice, given.within)
        _known("type with 10 cells of both groups", given.within, [*genes.offered, EVERYTHING])
        _write_genes(choice, genes, given.genes)


def _check(given: argparse.Namespace, choice: Choice) -> None:
    """Refuse what would be answered by something else than was asked."""
    wrong = ""
    if given.group is not None and given.group == given.against:
        wrong = f"The group {given.group!r} cannot be held against itself."
    elif given.replicates == choice.column:
        wrong = f"The column {choice.column!r} names the groups; it cannot name the replicates too."
    elif given.within is not None and given.genes is None:
        wrong = "--within says whose genes are compared; it needs --genes."
    if wrong:
        raise ConfigError(wrong, next_step="Correct the options.", code="option")


def _write_genes(choice: Choice, genes: GeneDifference, path: Path) -> None:
    from core.explore.compare_words import depth  # noqa: PLC0415 - as above
    from core.explore.markers import Q_SIGNIFICANT  # noqa: PLC0415 - as above
    from core.result import to_csv  # noqa: PLC0415 - as above

    path.write_text(to_csv(choice.named(genes.table)), encoding="utf-8", newline="")
    sure = int((genes.table["q_value"] < Q_SIGNIFICANT).sum())
    where = genes.within_name or "no type: none has 10 cells of both groups"
    print(f"{sure:,} of {words.count(len(genes.table), 'gene')} differ at q < 0.05 in {where}; written to {path}.")
    if deeper := depth(genes, choice):
        print(deeper)
    if genes.lacking:
        print(f"Cells were tested for genes, not replicates, so these q-values are too small. {genes.lacking}")


def _table(path: Path, result: QueryResult) -> OwnTable:
    from core.explore.own_table import read_table  # noqa: PLC0415 - as above
    from core.query import n_not_drawn  # noqa: PLC0415 - as above

    if not path.is_file():
        raise ConfigError(f"There is no file {str(path)!r}.", next_step="Correct the path.", code="no-file")
    table = read_table(path.read_bytes(), result.cell_ids.tolist(), n_not_drawn=n_not_drawn(result.report))
    rest = f"; {table.rest()}" if table.rest() else ""
    print(f"{table.n_matched:,} of {words.count(len(table.obs), 'cell')} matched{rest}.")
    return table


def _known(what: str, name: str | None, names: Iterable[str]) -> None:
    if name is not None and name not in names:
        known = ", ".join(repr(n) for n in names) or "none"
        raise ConfigError(f"There is no {what} named {name!r}.", next_step=f"There are: {known}.", code="option")


def _print(view: Comparison) -> None:
    print(
        f"\n{view.choice.against_name[:16]:>16} {view.choice.group_name[:16]:>16} {'odds ratio':>10} {'95 % interval':>16} {'q':>9}  type"
    )
    for row in view.table.to_dict("records"):
        shares = (f"{row[f'n_{side}']:,} ({100 * row[f'share_{side}']:.1f} %)" for side in ("against", "group"))
        tested = row["q_value"] == row["q_value"]
        interval = f"{row['low']:.2f} to {row['high']:.2f}" if tested else "-"
        ratio, q = (words.ratio(row["odds_ratio"]), words.p_value(row["q_value"])) if tested else ("-", "-")
        print(" ".join(f"{share:>16}" for share in shares), f"{ratio:>10} {interval:>16} {q:>9}  {row['type_name']}")
