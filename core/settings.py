"""Settings of the server, read once from the environment. The only reader of ``os.environ``.

Every setting has a row in the README (a test holds them together).
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from core.errors import ConfigError

PREFIX = "SCQUERY_"
_CORRECT = "Correct or unset the variable."
DEFAULT_BUNDLES = Path(__file__).parents[1] / "data_bundle"


def _setting(default: object, meaning: str, *, least: int = 1, most: float = math.inf) -> Any:
    """Declare one setting with its default, the sentence shown in the README and, of numbers, the range."""
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """All settings. The environment variable of ``name`` is ``SCQUERY_NAME``.

    Raises
    ------
    ConfigError
        From `from_env`, when a value has the wrong form.
    """

    data_dir: Path = _setting(Path("var"), "folder for uploads, jobs and results")
    secret_key: str = _setting(
        "", "signs the browser's session; required when the server is reached from other machines"
    )
    host: str = _setting("127.0.0.1", "address to listen on")
    port: int = _setting(8050, "port to listen on", most=65535)
    trusted_hosts: str = _setting(
        "", "comma-separated host names the server answers to; empty: those of the address it listens on"
    )
    https: bool = _setting(False, "true behind a proxy that speaks HTTPS: cookies are then sent over HTTPS only")
    slots: int = _setting(2, "queries that run at the same time")
    max_queue: int = _setting(50, "queries that may wait; more are refused with a clear message", least=0)
    max_upload_bytes: int = _setting(4 * 1024**3, "largest upload")
    max_query_cells: int = _setting(100_000, "largest number of cells in one query")
    job_memory_bytes: int = _setting(4 * 1024**3, "memory one query may use; 0: no limit", least=0)
    job_timeout_s: int = _setting(900, "seconds one query may take")
    keep_hours: int = _setting(24, "hours an upload and its result are kept")
    min_free_bytes: int = _setting(
        5 * 1024**3, "disk space that uploads must leave free (at most 10 % of the disk)", least=0
    )
    threads: int = _setting(8, "threads of the built-in web server")
    bundles: str = _setting(
        "", "folders of the references to serve, separated by ':'; empty: every bundle in data_bundle/"
    )

    def bundle_folders(self) -> tuple[Path, ...]:
        """Return the folders of the references to serve: bundles, or folders whose link ``current`` leads to one."""
        if self.bundles:
            return tuple(Path(text) for text in self.bundles.split(os.pathsep) if text)
        inside = sorted(DEFAULT_BUNDLES.iterdir()) if DEFAULT_BUNDLES.is_dir() else []
        return tuple(path for path in inside if (path / "manifest.json").is_file() or (path / "current").exists())

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from the environment.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Stands in for ``os.environ``.

        Returns
        -------
        Settings
            Defaults where a variable is absent or empty.

        Raises
        ------
        ConfigError
            When a value cannot be read, naming the variable.
        """
        env = os.environ if environ is None else environ
        values = {
            f.name: _parse(f.name, env[PREFIX + f.name.upper()], f.default)
            for f in fields(cls)
            if env.get(PREFIX + f.name.upper())
        }
        return _in_range(cls(**values))  # type: ignore[arg-type]

    def overridden(self, **changes: object) -> Settings:
        """Return these settings with those changes that are neither None nor empty, such as arguments of a command."""
        given = {name: value for name, value in changes.items() if value not in (None, "")}
        return _in_range(replace(self, **given))  # type: ignore[arg-type]


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a child process: this process's, with `extra` on top."""
    return {**os.environ, **(extra or {})}


def set_default_environment(name: str, value: str) -> None:
    """Set a variable that a library reads at import, unless the user has set it."""
    os.environ.setdefault(name, value)


def _parse(name: str, text: str, default: object) -> object:
    try:
        if isinstance(default, bool):
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.strip().lower()]
        if isinstance(default, int):
            return int(text)
    except (KeyError, ValueError) as error:
        wanted = "true or false" if isinstance(default, bool) else "a whole number"
        raise ConfigError(f"{PREFIX}{name.upper()} is {text!r}, which is not {wanted}.", next_step=_CORRECT) from error
    return Path(text) if isinstance(default, Path) else text


def _in_range(settings: Settings) -> Settings:
    for setting in fields(settings):
        value, least, most = getattr(settings, setting.name), setting.metadata["least"], setting.metadata["most"]
        if type(value) is int and not least <= value <= most:
            wanted = f"{least} or more" if most == math.inf else f"from {least} to {most}"
            raise ConfigError(f"{PREFIX}{setting.name.upper()} is {value}; it must be {wanted}.", next_step=_CORRECT)
    return settings
