"""The command ``harvest``: read its options, run it, say what came of it."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from build_bundle.harvest.arrayexpress import ArrayExpress
from build_bundle.harvest.census import CENSUS, Census
from build_bundle.harvest.client import Client
from build_bundle.harvest.downloads import KINDS
from build_bundle.harvest.geo import Geo
from build_bundle.harvest.geo_series import GEO
from build_bundle.harvest.harvester import Harvester, Outcome
from build_bundle.harvest.journal import Journal
from build_bundle.harvest.replies import ReplyStore
from build_bundle.harvest.report import REPORT
from build_bundle.harvest.repository import Repository
from build_bundle.harvest.run_table import records_of
from build_bundle.harvest.sdrf_study import ARRAYEXPRESS
from build_bundle.harvest.settings import SPECIES, Window, read_settings
from build_bundle.steps.progress import Watcher
from core.bundle.publish import build_lock
from core.errors import ConfigError

SOURCES = (GEO, ARRAYEXPRESS, CENSUS)
GOOD, PROBLEMS = 0, 1
REPLIES = "replies"
_PLURALS = {"study": "studies", "sample": "samples", "run": "runs", "file": "files"}


def add_harvest(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the builder's command line."""
    parser = commands.add_parser(
        "harvest",
        help="ask GEO, ArrayExpress and the sequence archives for single-cell studies; write a catalogue",
        description="Asks only for what is not known yet: repeat the same command every two weeks. It goes on where it was broken off.",
    )
    parser.add_argument("--organism", choices=sorted(SPECIES), required=True)
    parser.add_argument("--since", type=_day, required=True, metavar="YYYY-MM-DD", help="first day of publication")
    parser.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help="last day of publication; today by default")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="gets catalogue/, report.html and downloads"
    )
    parser.add_argument("--config", type=Path, metavar="FILE.toml", help="addresses, rates, bounds")
    parser.add_argument(
        "--base-url", action="append", default=[], metavar="NAME=URL", help="address of a service, over --config"
    )
    parser.add_argument(
        "--source",
        type=_sources,
        default=(GEO, ARRAYEXPRESS),
        metavar="LIST",
        help=f"of {','.join(SOURCES)}; geo,arrayexpress by default",
    )
    parser.add_argument(
        "--download",
        type=_kinds,
        default=frozenset(),
        metavar="LIST",
        help=f"kinds of files to fetch, of {','.join(KINDS)}",
    )
    parser.add_argument(
        "--run-table",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a table saved from NCBI's Run Selector",
    )
    parser.add_argument("--census-version", default="stable", metavar="NAME", help="release of CELLxGENE Census")
    parser.add_argument("--retry", action="store_true", help="ask again at once for what failed, not after half a day")
    parser.add_argument(
        "--refresh", action="append", default=[], metavar="ACCESSION", help="ask anew for a study that is known"
    )
    parser.add_argument("--quiet", action="store_true", help="print errors and the result only")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Harvest: command ``harvest``."""
    settings = read_settings(options.config, dict(map(_pair, options.base_url)))
    window = Window(options.since, options.until or dt.datetime.now(dt.UTC).date())
    if window.since > window.until:
        raise ConfigError(f"--since {window.since} is after --until {window.until}.")
    given = [record for path in options.run_table for record in records_of(path, options.organism)]
    watcher = Watcher(quiet=options.quiet)
    with (
        build_lock(options.out),
        Journal(options.out, options.organism) as journal,
        Client(settings, ReplyStore(options.out / REPLIES)) as client,
    ):
        harvester = Harvester(options.out, options.organism, client, journal, watcher.say, frozenset(options.refresh))
        outcome = harvester.run(
            _repositories(options, client), window, kinds=options.download, given=given, retry=options.retry
        )
    for line in _lines(outcome, options.out):
        print(line)
    return PROBLEMS if outcome.problems else GOOD


def _repositories(options: argparse.Namespace, client: Client) -> Sequence[Repository]:
    made: dict[str, Repository] = {
        GEO: Geo(client, options.organism),
        ARRAYEXPRESS: ArrayExpress(client, options.organism),
        CENSUS: Census(options.organism, options.census_version),
    }
    return [made[name] for name in options.source]


def _lines(outcome: Outcome, out: Path) -> list[str]:
    tables = ", ".join(f"{number:,} {name}" for name, number in outcome.rows.items())
    now = f"{outcome.n_read:,} studies read and {outcome.n_downloaded:,} files downloaded now"
    return [
        f"{tables} in {out / 'catalogue'}; {now}, with {outcome.n_asked:,} requests.",
        *outcome.problems,
        *(f"{accession} was not known: there was nothing to ask for anew." for accession in outcome.unknown),
        *_lacking(outcome),
        f"Report: {out / REPORT}",
    ]


def _lacking(outcome: Outcome) -> list[str]:
    counted = ", ".join(f"{n:,} {_PLURALS[what] if n > 1 else what}" for what, n in outcome.lacking.items())
    words = (
        f"Failed or incomplete: {counted}. The report says why; a later harvest asks again, or this one with --retry."
    )
    return [words] if counted else []


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2017-01-31") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, url = text.partition("=")
    if not equals:
        raise ConfigError(f"--base-url {text} is not of the form NAME=URL.")
    return name, url


def _sources(text: str) -> tuple[str, ...]:
    chosen = tuple(_chosen(text, SOURCES))
    if not chosen:
        raise argparse.ArgumentTypeError(f"no source is named; known are {', '.join(SOURCES)}")
    return chosen


def _kinds(text: str) -> frozenset[str]:
    return frozenset(_chosen(text, KINDS))


def _chosen(text: str, known: Sequence[str]) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is not among {', '.join(known)}")
    return names
