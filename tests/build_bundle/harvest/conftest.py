"""A harvest from the loopback repository, through the command line as users start it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from build_bundle.cli import main
from build_bundle.harvest.client import Client
from build_bundle.harvest.replies import ReplyStore
from build_bundle.harvest.settings import read_settings
from tests.synthetic_repository import SyntheticRepository

Harvest = Callable[..., int]


def arguments(
    server: SyntheticRepository, out: Path, *more: str, until: str = "2018-01-01", **manners: float
) -> list[str]:
    out.mkdir(parents=True, exist_ok=True)
    config = out / "loopback.toml"
    config.write_text(server.config_text(**manners), encoding="utf-8")
    return [
        "harvest",
        "--organism",
        "mouse",
        "--since",
        "2013-01-01",
        "--until",
        until,
        "--out",
        str(out),
        "--config",
        str(config),
        "--quiet",
        *more,
    ]


@pytest.fixture
def harvest(tmp_path: Path) -> Harvest:
    """Run ``harvest`` against a server, into ``tmp_path / "out"`` unless told otherwise; returns the exit code."""

    def run(server: SyntheticRepository, *more: str, out: Path | None = None, **options: object) -> int:
        return main(arguments(server, out or tmp_path / "out", *more, **options))

    return run


@pytest.fixture
def client_of(tmp_path: Path) -> Callable[..., Client]:
    """A client of a server."""

    def make(server: SyntheticRepository, extra: str = "", **manners: float) -> Client:
        config = tmp_path / "client.toml"
        config.write_text(server.config_text(**manners) + extra, encoding="utf-8")
        return Client(read_settings(config, {}), ReplyStore(tmp_path / "replies"))

    return make
