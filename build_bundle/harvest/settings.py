"""How a harvest asks: where, how fast, how long, and how much it takes. Read from TOML; every value has a default."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from build_bundle import __version__
from build_bundle.configuration.toml_fields import Problems, fill, read_toml
from core.errors import ConfigError, FetchError

SPECIES: Mapping[str, str] = {"mouse": "Mus musculus", "human": "Homo sapiens"}
KEYED_RATE = 10.0

BASE_URLS: Mapping[str, str] = {
    "eutils": "https://eutils.ncbi.nlm.nih.gov/entrez/eutils",
    "ena": "https://www.ebi.ac.uk/ena/portal/api",
    "biostudies": "https://www.ebi.ac.uk/biostudies/api/v1",
    "biostudies_files": "https://www.ebi.ac.uk/biostudies/files",
}
# Hosts that records name for files, and where these are fetched from. A record is written by strangers: an address on
# a host that is not listed here is never asked.
FILE_HOSTS: Mapping[str, str] = {
    "ftp.ncbi.nlm.nih.gov": "https://ftp.ncbi.nlm.nih.gov",
    "ftp.sra.ebi.ac.uk": "https://ftp.sra.ebi.ac.uk",
    "ftp.ebi.ac.uk": "https://ftp.ebi.ac.uk",
    "www.ebi.ac.uk": "https://www.ebi.ac.uk",
    "sra-download.ncbi.nlm.nih.gov": "https://sra-download.ncbi.nlm.nih.gov",
    "sra-pub-run-odp.s3.amazonaws.com": "https://sra-pub-run-odp.s3.amazonaws.com",
    "sra-pub-src-1.s3.amazonaws.com": "https://sra-pub-src-1.s3.amazonaws.com",
    "datasets.cellxgene.cziscience.com": "https://datasets.cellxgene.cziscience.com",
    "sra-pub-src-2.s3.amazonaws.com": "https://sra-pub-src-2.s3.amazonaws.com",
}


def _require(settings: object, above: Sequence[str], not_below: Sequence[str]) -> None:
    wrong = [f"{name} is not above 0." for name in above if not getattr(settings, name) > 0]
    wrong += [f"{name} is below 0." for name in not_below if not getattr(settings, name) >= 0]
    if wrong:
        raise ConfigError(" ".join(wrong))


@dataclass(frozen=True)
class Manners:
    """How the services are treated.

    Parameters
    ----------
    rate_per_s : float
        Requests a second, over all services together. NCBI allows 3, and 10 with a key.
    email, tool : str
        Sent to NCBI, which asks for both so that it can write before it blocks.
    api_key_file : str
        File whose first line is an NCBI key; a key in a command line would be seen by everyone on the machine.
    attempts : int
        Tries of one request before it counts as failed.
    backoff_s, backoff_max_s : float
        The wait before try n is drawn from 0 to ``min(backoff_max_s, backoff_s * 2**n)`` seconds.
    retry_after_max_s : float
        A service that asks to wait longer than this is not waited for.
    timeout_s : float
        Without a byte.
    overlap_days : int
        A later harvest searches this many days before the end of the last one: records appear late.
    retry_hours : float
        What failed is asked for again after this time.
    """

    rate_per_s: float = 3.0
    email: str = ""
    tool: str = "scquery"
    api_key_file: str = ""
    attempts: int = 6
    backoff_s: float = 1.0
    backoff_max_s: float = 60.0
    retry_after_max_s: float = 900.0
    timeout_s: float = 60.0
    overlap_days: int = 7
    retry_hours: float = 12.0

    def __post_init__(self) -> None:
        above, not_below = ("rate_per_s", "attempts", "timeout_s"), ("backoff_s", "backoff_max_s", "retry_after_max_s")
        _require(self, above, (*not_below, "overlap_days", "retry_hours"))


@dataclass(frozen=True)
class Bounds:
    """How much is taken at most.

    Parameters
    ----------
    reply_mb : int
        One reply of a service, unpacked by the connection.
    soft_mb : int
        One family SOFT file, unpacked.
    file_gb : float
        One downloaded file.
    keep_free_gb : float
        Downloads stop before less than this is left on the disk.
    """

    reply_mb: int = 256
    soft_mb: int = 4096
    file_gb: float = 200.0
    keep_free_gb: float = 5.0

    def __post_init__(self) -> None:
        _require(self, ("reply_mb", "soft_mb", "file_gb"), ("keep_free_gb",))


@dataclass(frozen=True)
class Settings:
    """All settings of a harvest.

    Parameters
    ----------
    base_urls : dict of str to str
        Addresses of the services, by the names of `BASE_URLS`.
    file_hosts : dict of str to str
        Host named in a record -> address it is fetched from.
    manners : Manners
        Rates, waits, tries.
    bounds : Bounds
        Sizes.
    """

    base_urls: dict[str, str] = field(default_factory=dict)
    file_hosts: dict[str, str] = field(default_factory=dict)
    manners: Manners = Manners()
    bounds: Bounds = Bounds()

    def __post_init__(self) -> None:
        unknown = sorted(set(self.base_urls) - set(BASE_URLS))
        if unknown:
            raise ConfigError(f"There is no service {', '.join(unknown)}; the services are {', '.join(BASE_URLS)}.")
        addresses = {**self.base_urls, **self.file_hosts}
        bad = sorted(
            n for n, u in addresses.items() if urlsplit(u).scheme not in {"http", "https"} or not urlsplit(u).hostname
        )
        if bad:
            raise ConfigError(f"The address of {', '.join(bad)} is not a web address.")

    def base(self, service: str) -> str:
        """Return the address of a service, without a slash at its end."""
        return (self.base_urls.get(service) or BASE_URLS[service]).rstrip("/")

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that may be asked."""
        addresses = [*(self.base(name) for name in BASE_URLS), *{**FILE_HOSTS, **self.file_hosts}.values()]
        return frozenset(urlsplit(address).netloc for address in addresses)

    def locate(self, url: str) -> str:
        """Return where a file that a record names is fetched from.

        Parameters
        ----------
        url : str
            As in the record: with ``ftp``, ``http`` or ``https``, or without any scheme.

        Returns
        -------
        str
            A web address.

        Raises
        ------
        FetchError
            Where the host is not one of those known to hold such files.
        """
        parts = urlsplit(url if "://" in url else f"ftp://{url}")
        base = {**FILE_HOSTS, **self.file_hosts}.get(parts.hostname or "")
        if base is None or parts.scheme not in {"ftp", "http", "https"}:
            raise FetchError(
                f"A record names a file on {parts.hostname or url[:80]!r}, which is not among the hosts that are asked.",
                next_step="If it is sound, add it to [file_hosts] in the configuration.",
                code="host-not-allowed",
            )
        return f"{base.rstrip('/')}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def key(self) -> str:
        """Return the NCBI key, or an empty text."""
        if not self.manners.api_key_file:
            return ""
        try:
            lines = Path(self.manners.api_key_file).expanduser().read_text(encoding="utf-8").split()
        except OSError as error:
            raise ConfigError(f"The key file {self.manners.api_key_file} cannot be read: {error.strerror}.") from error
        return lines[0] if lines else ""

    @property
    def user_agent(self) -> str:
        """How the harvest presents itself."""
        mail = f"; mailto:{self.manners.email}" if self.manners.email else ""
        return f"{self.manners.tool}/{__version__} (single-cell reference builder{mail})"


@dataclass(frozen=True)
class Window:
    """Days of publication, both ends included."""

    since: dt.date
    until: dt.date


def read_settings(path: Path | None, base_urls: Mapping[str, str]) -> Settings:
    """Read settings from a TOML file.

    Parameters
    ----------
    path : Path or None
        The file; None for the defaults.
    base_urls : mapping of str to str
        Addresses that win over those of the file.

    Returns
    -------
    Settings
        Complete and consistent.

    Raises
    ------
    ConfigError
        With all problems, one a line.
    """
    table = {} if path is None else read_toml(path)
    problems = Problems()
    settings: Settings | None = fill(Settings, table, "", problems)
    if settings is None:
        raise ConfigError("\n".join([f"{path} has problems:", *(f"  {found}" for found in problems.found)]))
    return replace(settings, base_urls={**settings.base_urls, **base_urls})
