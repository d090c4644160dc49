"""The tables of the contract in Markdown, as they stand in ``data_bundle/README.md``.

``python -m core.bundle.words data_bundle/README.md`` renews that section after a change of ``core.bundle.schema``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from core.bundle.schema import TABLES, Column, TableSpec

BEGIN = "<!-- tables: begin, written by python -m core.bundle.words -->"
END = "<!-- tables: end -->"


def tables_in_words() -> str:
    """Return one Markdown section a table: what a row is, its key, and every column."""
    return "\n\n".join(_section(spec) for spec in TABLES)


def renewed(text: str) -> str:
    """Return a README with the section between the two marks written anew.

    Raises
    ------
    ValueError
        When a mark is missing.
    """
    head, rest = text.split(BEGIN, 1)
    _, tail = rest.split(END, 1)
    return f"{head}{BEGIN}\n\n{tables_in_words()}\n\n{END}{tail}"


def main(path: Path) -> None:
    """Renew the section of the README at `path`."""
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


def _section(spec: TableSpec) -> str:
    facts = [f"One row: {spec.meaning}."]
    if spec.key:
        facts.append(f"Key: {', '.join(f'`{name}`' for name in spec.key)}.")
    if spec.aligned_with:
        facts.append(f"Rows in the order of `{spec.aligned_with}`.")
    lines = [f"#### `{spec.file}`", "", " ".join(facts), "", "| column | type | meaning |", "|---|---|---|"]
    return "\n".join([*lines, *(_line(column) for column in spec.columns)])


def _line(column: Column) -> str:
    kind = str(column.type).replace("element: ", "").replace("item: ", "").replace(" not null", "")
    missing = ", may be missing" if column.nullable else ""
    return f"| `{column.name}` | `{kind}`{missing} | {column.meaning.replace('|', '/')} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
