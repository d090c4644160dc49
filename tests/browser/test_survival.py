"""A search in a real browser: from the file to the panels without a policy violation, and the same address after everything was killed."""

import re
import signal

import pytest

from tests.browser.steps import PAGE, choose, drawn, ready

pytestmark = pytest.mark.browser


@pytest.fixture
def own_server(new_server, tiny_builds):
    server = new_server(tiny_builds)
    server.start()
    yield server
    server.stop(signal.SIGKILL)


def watched(context, server, problems):
    page = context.new_page()
    problems.watch(page, server.url)
    return page


def test_the_same_address_after_reload_and_kill(context, own_server, problems, tiny_query):
    page = watched(context, own_server, problems)
    page.goto(own_server.url)
    ready(page)
    choose(page, tiny_query)
    page.wait_for_url(PAGE)
    drawn(page)
    heading = page.locator("h1").first.text_content()
    address = page.url
    page.reload()
    drawn(page)
    page.goto("about:blank")
    own_server.stop(signal.SIGKILL)
    own_server.start()
    page.goto(address)
    drawn(page)
    assert page.locator("h1").first.text_content() == heading


def test_a_closed_tab_loses_nothing(context, own_server, problems, tiny_query):
    page = watched(context, own_server, problems)
    page.goto(own_server.url)
    ready(page)
    choose(page, tiny_query)
    page.wait_for_url(PAGE)
    address = page.url
    page.close()
    later = watched(context, own_server, problems)
    later.goto(address)
    drawn(later)


def test_somebody_elses_result(chromium, context, own_server, problems, tiny_query):
    page = watched(context, own_server, problems)
    page.goto(own_server.url)
    ready(page)
    choose(page, tiny_query)
    page.wait_for_url(PAGE)
    drawn(page)
    stranger = chromium.new_context()
    other = watched(stranger, own_server, problems)
    answer = other.goto(page.url)
    assert answer.status == 404
    other.get_by_text(re.compile("expired|no such search|another browser", re.IGNORECASE)).first.wait_for()
    assert "query.h5ad" not in other.content()
    problems.forgive("status of 404")
    stranger.close()
