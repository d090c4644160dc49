"""A real server process and a real Chromium.

`page` fails its test on any console error, uncaught exception, policy violation, 5xx answer or request to another host.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser.steps import drawn, upload
from tests.server import Server, servers

ARGUMENTS = (
    "--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
)  # fmt: skip
SIZE = {"width": 1440, "height": 900}
PATIENCE = 15_000  # milliseconds: on a busy machine an answer takes seconds
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def new_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Server]]:
    """Make servers: ``new_server(bundle_folder, SCQUERY_SLOTS="1")``; all are ended with the session."""
    with servers(tmp_path_factory.mktemp("servers")) as make:
        yield make


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
        page.on("pageerror", lambda error: self.append(f"exception: {error.stack}"))
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


def new_visitor(chromium: Browser) -> BrowserContext:
    """Open a browser profile of its own."""
    context = chromium.new_context(viewport=SIZE, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser profile of its own: a new visitor."""
    context = new_visitor(chromium)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, server: Server, problems: Problems) -> Page:
    """The first page of `server`, watched."""
    page = context.new_page()
    problems.watch(page, server.url)
    page.goto(server.url)
    return page


class Answer(NamedTuple):
    """A result of `server`, and the browser profile that may see it."""

    visitor: BrowserContext
    address: str


@pytest.fixture(scope="session")
def answer(chromium: Browser, server: Server, tiny_query: Path) -> Iterator[Answer]:
    """The result of `tiny_query`, found once for all tests that only look at it."""
    visitor = new_visitor(chromium)
    page = visitor.new_page()
    page.goto(server.url)
    upload(page, tiny_query)
    address = page.url
    page.close()
    yield Answer(visitor, address)
    visitor.close()


@pytest.fixture
def returning(answer: Answer, server: Server, problems: Problems) -> Iterator[Page]:
    """An empty page of the visitor who has `answer`, watched; what the browser is told to remember is forgotten."""
    page = answer.visitor.new_page()
    problems.watch(page, server.url)
    yield page
    if page.url.startswith(server.url):
        page.evaluate("localStorage.clear()")
    page.close()


@pytest.fixture
def shown(returning: Page, answer: Answer) -> Page:
    """The results of `answer`, drawn."""
    returning.goto(answer.address)
    drawn(returning)
    return returning
