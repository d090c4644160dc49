"""A real server process and a real Chromium.

`page` fails its test on any console error, uncaught exception, policy violation, 5xx answer or request to another host.
"""

from __future__ import annotations

import shutil
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

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, sync_playwright

from core.settings import child_environment

ROOT = Path(__file__).parents[2]
ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
START_S = 30.0
SIZE = {"width": 1440, "height": 900}


@dataclass
class Server:
    """A server that can be stopped, killed and started again on the same port and data.

    Parameters
    ----------
    bundle : Path
        Folder of the reference.
    data_dir : Path
        Uploads, jobs, results; also holds the server's log.
    port : int
        Free port of the loopback address.
    settings : dict of str to str
        More environment variables.
    """

    bundle: Path
    data_dir: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
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
        command = [sys.executable, "app.py", "--bundle", str(self.bundle), "--port", str(self.port)]
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


@pytest.fixture(scope="session")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Make servers: ``new_server(bundle_folder, SCQUERY_SLOTS="1")``; all are ended with the session."""
    made: list[Server] = []

    def make(bundle: Path, **settings: str) -> Server:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        made.append(Server(bundle, tmp_path_factory.mktemp("server"), port, settings))
        return made[-1]

    yield make
    for server in made:
        server.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def server(new_server: Callable[..., Server], tiny_builds: Path) -> Server:
    """The server on the planted bundle, shared by the tests of a session."""
    running = new_server(tiny_builds)
    running.start()
    return running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


class Problems(list[str]):
    """What went wrong in a page; a test that provokes something removes it with `forgive`."""

    def watch(self, page: Page, home: str) -> None:
        """Note everything that a page in order does not do."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.append(f"exception: {error}"))
        page.on("response", self._response)
        page.on("request", lambda request: self._request(request, home))

    def forgive(self, text: str) -> None:
        """Remove the problems that hold `text`."""
        self[:] = [problem for problem in self if text not in problem]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.append(f"answer {response.status}: {response.url}")

    def _request(self, request: Request, home: str) -> None:
        if not request.url.startswith((home, "data:", "blob:")):
            self.append(f"request elsewhere: {request.url}")


@pytest.fixture
def problems() -> Iterator[Problems]:
    """Problems of all pages of a test; asserted empty at its end."""
    found = Problems()
    yield found
    assert found == []


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own: a new visitor."""
    context = chromium.new_context(viewport=SIZE, accept_downloads=True)
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: Server, problems: Problems) -> Page:
    """The first page of `server`, watched."""
    page = context.new_page()
    problems.watch(page, server.url)
    page.goto(server.url)
    return page
