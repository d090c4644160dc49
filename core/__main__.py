"""The engine from a command line: ``python -m core annotate | embed | info | genes | compare``.

Exit codes: 0 good; 1 the file, or the bundle, was refused; 2 the command was wrong; 130 or 143 it was stopped.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from core.compare_command import add_compare, run_compare
from core.errors import BundleDamagedError, BundleError, BundleVersionError, ConfigError, ScQueryError
from core.expression.limits import DEFAULT_LIMITS, Limits
from core.genes_command import add_genes, run_genes
from core.search.confidence import CONFIDENT

GOOD, REFUSED, WRONG_COMMAND, INTERRUPTED = 0, 1, 2, 130
_MAX_CELLS = 1_000_000
_COMMAND_CODES = frozenset({"option", "unknown-study", "out-exists", "nothing-left", "no-file"})
_EPILOG = """\
QUERY is an .h5ad, a 10x .h5, an MTX folder (or .zip/.tar.gz of one), a .csv/.tsv (.gz too) or a .loom file: counts,
CPM, TPM or log values, cells in rows or columns, gene symbols, Ensembl or Entrez ids. What is found out is reported.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Command line without the program's name; that of the process if left out.

    Returns
    -------
    int
        Exit code.
    """
    given = _parser().parse_args(arguments)
    try:
        run: Callable[[argparse.Namespace], None] = given.run
        run(given)
    except ScQueryError as error:
        _explain(error)
        return _exit_code(error)
    except OSError as error:
        print(f"{error.filename or 'The disk'}: {error.strerror or error}. [disk]", file=sys.stderr)
        print("Name places that exist, may be read and written, and have room.", file=sys.stderr)
        return WRONG_COMMAND
    except KeyboardInterrupt:
        print("\nStopped; nothing half done was left.", file=sys.stderr)
        return INTERRUPTED
    return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="Ask what single cells are by comparing them with a reference.",
        epilog="Exit codes: 0 good; 1 the file, or the bundle, was refused; 2 the command was wrong; 130 or 143 it was stopped.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    annotate = _command(commands, "annotate", _annotate, "say what the cells of a file are")
    _add_query(annotate)
    annotate.add_argument("--out", type=Path, required=True, metavar="DIR", help="result folder, new or empty")
    annotate.add_argument("--k", type=int, default=100, metavar="N", help="reference neighbours a cell (default 100)")
    annotate.add_argument(
        "--leave-out", nargs="+", action="extend", default=[], metavar="STUDY", help="studies that must not be found"
    )
    annotate.add_argument(
        "--threshold", type=float, default=0.5, metavar="S", help="smallest score of a confident label (default 0.5)"
    )
    annotate.add_argument(
        "--draw",
        type=int,
        default=0,
        metavar="N",
        help="search N cells of a larger file, drawn at random (default: all)",
    )
    annotate.add_argument(
        "--h5ad",
        type=Path,
        metavar="FILE.h5ad",
        help="write cells, metadata, labels and log expression as one file, too",
    )
    embed = _command(commands, "embed", _embed, "write the embedding of a file's cells")
    _add_query(embed)
    embed.add_argument("--out", type=Path, required=True, metavar="FILE.npy", help="float32, cells x dimensions")
    info = _command(commands, "info", _info, "say what a reference holds, and try its canary cells")
    _add_bundle(info)
    genes = _command(commands, "genes", run_genes, "say which types, or which gene sets, a list of genes fits")
    _add_bundle(genes)
    add_genes(genes)
    compare = _command(
        commands, "compare", run_compare, "hold the cell types of two groups of a result against each other"
    )
    _add_bundle(compare)
    add_compare(compare)
    return parser


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:  # noqa: ANN401 - argparse's own type is private
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=text,
        description=f"{text[0].upper()}{text[1:]}.",
        epilog=_EPILOG if name in {"annotate", "embed"} else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bundle", type=Path, required=True, metavar="DIR", help="a data bundle, or a folder of builds with 'current'"
    )


def _add_query(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("query", type=Path, metavar="QUERY", help="file of cells (see below)")
    _add_bundle(parser)


def _annotate(given: argparse.Namespace) -> None:
    from core.engine import Engine, QueryOptions  # noqa: PLC0415 - keeps --help and wrong commands quick

    left_out = tuple(dict.fromkeys(given.leave_out))
    options = QueryOptions(k=given.k, leave_out=left_out, threshold=given.threshold, draw=given.draw)
    _need(given.query)
    if given.h5ad and (given.h5ad.exists() or not given.h5ad.parent.is_dir()):
        raise ConfigError(
            f"{str(given.h5ad)!r} cannot be made.",
            next_step="Name a new file in a folder that is there.",
            code="no-file",
        )
    engine = Engine.open([given.bundle], limits=_limits())
    with _Bar() as bar:
        result = engine.annotate(given.query, out=given.out, options=options, progress=bar)
    report = result.report
    counts = report["counts"]
    print(
        f"{report['n_cells']:,} cells: {counts['confident']:,} confident, {counts['ambiguous']:,} ambiguous, "
        f"{counts['unknown']:,} unknown."
    )
    types = result.labels["cell_type"][result.labels["status"] == CONFIDENT].value_counts()
    for name, n in types.head(5).items():
        print(f"  {n:>9,}  {name}")
    for finding in report["findings"]:
        if finding["level"] == "warning":
            print(f"{finding['title']}: {finding['text']}")
    if given.h5ad:
        from core.annotated import write_annotated  # noqa: PLC0415 - as above

        write_annotated(result, given.h5ad)
        print(f"Cells with labels written to {given.h5ad}.")
    memory = report["peak_memory_bytes"] / 1e6
    print(f"Written to {given.out} in {report['seconds']:.1f} s, {memory:,.0f} MB of memory at most.")


def _embed(given: argparse.Namespace) -> None:
    import numpy as np  # noqa: PLC0415 - as above

    from core.engine import Engine  # noqa: PLC0415 - as above

    _need(given.query)
    if given.out.is_dir():
        raise ConfigError(f"{str(given.out)!r} is a folder.", next_step="Name a file.", code="no-file")
    if not given.out.parent.is_dir():
        raise ConfigError(
            f"There is no folder {str(given.out.parent)!r}.", next_step="Make it first.", code="no-folder"
        )
    engine = Engine.open([given.bundle], limits=_limits())
    with _Bar() as bar:
        embedding = engine.embed(given.query, progress=bar)
    partial = given.out.with_name(f".{given.out.name}.partial")
    try:
        with partial.open("wb") as stream:
            np.save(stream, embedding)
        partial.replace(given.out)
    finally:
        partial.unlink(missing_ok=True)
    print(f"{embedding.shape[0]:,} cells x {embedding.shape[1]} written to {given.out}.")


def _info(given: argparse.Namespace) -> None:
    from core.engine import Engine  # noqa: PLC0415 - as above
    from core.search.index import way_of_search  # noqa: PLC0415 - as above

    engine = Engine.open([given.bundle])
    bundle = engine.bundles[engine.default]
    facts = bundle.manifest
    counts, trust = facts.counts, facts.confidence
    rows = {
        "Reference": f"{facts.title} ({facts.name}, {facts.bundle_id})",
        "Organism": f"{facts.organism} ({facts.organism_ontology_term_id})",
        "Built": f"{facts.built_at} by scQuery {facts.builder_version}, schema {facts.schema_version}",
        "Holds": f"{counts.n_cells:,} cells, {counts.n_genes:,} genes, {counts.n_cell_types} types, {counts.n_studies} studies",
        "Encoder": f"{facts.encoder.n_nets} nets, {facts.encoder.n_vocabulary:,} genes to {facts.encoder.n_latent} numbers",
        "Index": way_of_search(facts.index),
        "Unknown": f"mean distance to the 10 nearest above {trust.unknown_distance:.3f} ({trust.learned_from})",
        "Ontology": f"{facts.ontology.name} {facts.ontology.release}",
    }
    for name, text in rows.items():
        print(f"{name:<10} {text}")
    print("\nStudies")
    used = bundle.studies[bundle.studies["status"] == "used"]
    for study, n, title in used[["study", "n_cells", "title"]].itertuples(index=False):
        print(f"  {n:>9,}  {study:<24} {title}")
    print("\nCell types")
    for term, name, n in bundle.cell_types.iloc[:, :3].sort_values("n_cells", ascending=False).itertuples(index=False):
        print(f"  {n:>9,}  {term:<16} {name}")
    problems = engine.canary()
    if problems:
        raise BundleDamagedError(
            problems[0], next_step="Copy the bundle again, or rebuild it.", code="canary", problems=problems
        )
    print("\nThe canary cells were encoded and found as at build time.")


def _limits() -> Limits:
    """Nobody else shares this process: more cells than a server takes."""
    return replace(DEFAULT_LIMITS, max_cells=_MAX_CELLS)


def _need(path: Path) -> None:
    if not path.exists():
        raise ConfigError(f"There is no file {str(path)!r}.", next_step="Correct the path.", code="no-file")


def _explain(error: ScQueryError) -> None:
    print(f"{error.message} [{error.code}]", file=sys.stderr)
    if error.next_step:
        print(error.next_step, file=sys.stderr)
    for finding in getattr(error, "findings", ()):
        print(f"- {finding.title}: {finding.text}", file=sys.stderr)
    for problem in getattr(error, "problems", ())[1:]:
        print(f"- {problem}", file=sys.stderr)


def _exit_code(error: ScQueryError) -> int:
    if isinstance(error, BundleDamagedError | BundleVersionError):
        return REFUSED
    return WRONG_COMMAND if isinstance(error, BundleError | ConfigError) or error.code in _COMMAND_CODES else REFUSED


class _Bar(AbstractContextManager["_Bar"]):
    """A progress bar on a terminal, silence elsewhere."""

    def __init__(self) -> None:
        self._bar: Any = None
        if sys.stderr.isatty():
            from tqdm import tqdm  # noqa: PLC0415 - not needed in scripts

            self._bar = tqdm(total=1.0, bar_format="{desc:<12} {percentage:3.0f} %|{bar:30}| {postfix}", leave=False)

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None:
        """Show one stage."""
        if self._bar is not None:
            self._bar.set_description_str(stage, refresh=False)
            self._bar.set_postfix_str(detail, refresh=False)
            self._bar.n = fraction
            self._bar.refresh()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


def _stop(number: int, _: FrameType | None) -> None:
    """End as after Ctrl-C, so that unfinished files are removed."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main())
