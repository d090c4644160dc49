"""The builder's command line.

Exit codes: 0 good, 1 problems found or a build that failed, 2 a mistake in the command or configuration,
3 too many studies set aside.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from build_bundle import __version__
from build_bundle import commands as run_command
from build_bundle.builds.runner import TooManySetAsideError
from build_bundle.collection.cli import add_collect
from build_bundle.harvest.cli import add_harvest
from build_bundle.label import command as label_command
from build_bundle.quantify.cli import add_quantify
from build_bundle.sources.fetch import DEFAULT_CACHE
from core.errors import BuildLockedError, ConfigError, ScQueryError

PROBLEMS, USER_ERROR, TOO_MANY_SET_ASIDE, INTERRUPTED = 1, 2, 3, 130
CONFIGS = Path(__file__).parent / "configs"
DEMO_CONFIG = CONFIGS / "demo.toml"

_EPILOG = """\
exit codes:
  0  good
  1  problems found, or the build failed (finished steps are kept: add --resume)
  2  a mistake in the command or the configuration
  3  more studies were set aside than the configuration allows

examples:
  python -m build_bundle demo --out data_bundle/demo
  python -m build_bundle plan --config build_bundle/configs/human.toml --data ../data
  python -m build_bundle run --config build_bundle/configs/human.toml --data ../data --out data_bundle/human --resume
  python -m build_bundle verify data_bundle/human --deep
  python -m build_bundle harvest --organism mouse --since 2013-01-01 --out harvest
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit code.
    """
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except ScQueryError as error:
        print(f"Error: {error}", file=sys.stderr)
        return _exit_code(error)
    except KeyboardInterrupt:
        print(f"\nStopped. {_how_to_go_on(options)}", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"Error: {place}{error.strerror or error}. {_how_to_go_on(options)}", file=sys.stderr)
        return PROBLEMS
    return code


def _how_to_go_on(options: argparse.Namespace) -> str:
    again = "again" if getattr(options, "resume", True) else "with --resume"
    return f"What is finished is kept: run the same command {again}."


def _exit_code(error: ScQueryError) -> int:
    if isinstance(error, TooManySetAsideError):
        return TOO_MANY_SET_ASIDE
    return USER_ERROR if isinstance(error, ConfigError | BuildLockedError) else PROBLEMS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m build_bundle",
        description="Build the data bundle that scQuery serves: from published studies to one folder of checked files.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"scQuery {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_demo(commands)
    _add_plan(commands)
    label_command.add_to(commands, print)
    add_collect(commands)
    add_quantify(commands)
    add_harvest(commands)
    _add_train(commands)
    _add_study(commands)
    verify = commands.add_parser("verify", help="check a bundle and print all its problems")
    verify.add_argument("bundle", type=Path, help="a bundle, or a folder with a link 'current'")
    verify.add_argument(
        "--deep", action="store_true", help="also read every value, and try encoder and index on known cells"
    )
    verify.set_defaults(run=run_command.verify)
    diff = commands.add_parser("diff", help="say what differs between two bundles (exit 1 if anything does)")
    diff.add_argument("old", type=Path)
    diff.add_argument("new", type=Path)
    diff.set_defaults(run=run_command.diff)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    run = commands.add_parser("run", help="build the bundle a configuration describes and publish it")
    _add_config(run)
    _add_build(run)
    run.add_argument("--resume", action="store_true", help="take up the finished steps of an earlier build in OUT")
    run.set_defaults(run=run_command.run)


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = commands.add_parser("demo", help="build the default bundle (about 100 MB of downloads the first time)")
    _add_build(demo)
    demo.set_defaults(run=run_command.run, config=DEMO_CONFIG, data=None, resume=True)


def _add_plan(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    plan = commands.add_parser("plan", help="check a configuration and print what a build would do")
    _add_config(plan)
    plan.add_argument("--out", type=Path, help="folder of builds: say which steps are finished there")
    _add_sources(plan)
    plan.set_defaults(run=run_command.plan)


def _add_train(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    train = commands.add_parser("train", help="train one model of a list of models on a whole reference")
    _add_config(train)
    train.add_argument("--model", metavar="NAME", help="which one; left out: print the names")
    train.add_argument("--reference", default="", metavar="NAME", help="on which reference; default: the list's first")
    train.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets the weights, genes and model.json")
    _add_cache(train)
    train.set_defaults(run=run_command.train)


def _add_study(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    study = commands.add_parser("study", help="compare a list of models on held-out studies (long, resumable)")
    _add_config(study)
    study.add_argument("--out", type=Path, required=True, metavar="DIR", help="gets tables, figures and finished runs")
    study.add_argument("--phase", choices=("final", "inner", "both", "growth"), default="final",
                       help="final: the test studies; inner: studies left out of what remains, to choose by; "
                            "growth: the default on references that grow study by study")  # fmt: skip
    study.add_argument("--rivals", type=Path, metavar="PYTHON",
                       help="interpreter of an environment with build_bundle/study/rivals.txt; left out: no rivals")  # fmt: skip
    study.add_argument(
        "--minutes", type=float, default=0, metavar="N", help="start no run after N minutes (0: no limit)"
    )
    _add_cache(study)
    study.set_defaults(run=run_command.study)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE.toml", help="what to build")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder that $DATA in the configuration stands for")


def _add_build(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="gets the bundle, a link 'current', .build/"
    )
    parser.add_argument("--quiet", action="store_true", help="print errors and the result only")
    _add_sources(parser)


def _add_cache(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE, metavar="DIR", help="where fetched files are kept")


def _add_sources(parser: argparse.ArgumentParser) -> None:
    _add_cache(parser)
    parser.add_argument(
        "--find-links", type=Path, metavar="DIR", help="take packages from this folder of wheels, not from a registry"
    )
