"""A real server process on the loopback address, for tests that start, stop, kill and measure it."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from core.settings import child_environment

ROOT = Path(__file__).parents[1]
START_S = 60.0


@dataclass
class Server:
    """A server that can be stopped, killed and started again on the same port and data.

    Parameters
    ----------
    bundles : tuple of Path
        Folders of the references.
    data_dir : Path
        Uploads, jobs, results; also holds the server's log.
    port : int
        Free port of the loopback address.
    settings : dict of str to str
        More environment variables.
    command : list of str, optional
        Another command than ``python app.py`` with the references and the port.
    """

    bundles: tuple[Path, ...]
    data_dir: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    command: list[str] | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of the first page, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What the server has logged."""
        return (self.data_dir / "server.log").read_text()

    def start(self) -> float:
        """Start, wait for the first answer, and return the seconds it took."""
        began = time.monotonic()
        self.data_dir.mkdir(parents=True, exist_ok=True)
        environment = child_environment(
            {"SCQUERY_DATA_DIR": str(self.data_dir), "SCQUERY_MIN_FREE_BYTES": "0", **self.settings}
        )
        given = [part for bundle in self.bundles for part in ("--bundle", str(bundle))]
        command = self.command or [sys.executable, "app.py", *given, "--port", str(self.port)]
        with (self.data_dir / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
        while time.monotonic() - began < START_S:
            if self.process.poll() is not None:
                break
            if self._answers():
                return time.monotonic() - began
            time.sleep(0.02)
        raise AssertionError(f"the server did not start:\n{self.log}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        """End the server in order, or with SIGKILL."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=20)
            self.process = None

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[Callable[..., Server]]:
    """Give a maker of servers, ``make(bundle_folder, SCQUERY_SLOTS="1")``; all are ended afterwards."""
    made: list[Server] = []

    def make(*bundles: Path, **settings: str) -> Server:
        made.append(Server(bundles, folder / f"server{len(made)}", free_port(), settings))
        return made[-1]

    try:
        yield make
    finally:
        for server in made:
            server.stop(signal.SIGKILL)


class Client:
    """One browser's requests, as a script sends them: cookies kept, JSON in and out.

    Parameters
    ----------
    server : Server
        Whom to ask.
    """

    def __init__(self, server: Server) -> None:
        self._home = server.url
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor()).open

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        """Send a request and return the answer's bytes; HTTPError for a refusal."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(self._home + path, raw, {"Content-Type": kind}, method=method)
        with self._open(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content

    def json(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Send a request and return the answer's JSON."""
        found: dict[str, object] = json.loads(self.ask(method, path, body))
        return found

    def upload(self, content: bytes, filename: str = "query.h5ad", **options: object) -> str:
        """Bring a file to the queue and return its token."""
        told = {"filename": filename, "size": len(content), "options": options}
        token = str(self.json("POST", "/api/uploads", told)["token"])
        for offset in range(0, len(content), 2**20):
            self.ask("PUT", f"/api/uploads/{token}?offset={offset}", content[offset : offset + 2**20])
        self.json("POST", f"/api/uploads/{token}/finish")
        return token

    def wait(self, token: str, *states: str, seconds: float = 60) -> dict[str, object]:
        """Poll a job until it is in one of the states."""
        deadline = time.monotonic() + seconds
        while True:
            job = self.json("GET", f"/api/jobs/{token}")
            if job["state"] in states:
                return job
            if time.monotonic() > deadline:
                raise AssertionError(f"{job} is not {states}")
            time.sleep(0.05)
