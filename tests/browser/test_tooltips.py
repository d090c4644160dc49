"""The one bubble that explains numbers and switches."""

import re

import pytest
from playwright.sync_api import Page, expect

from layouts.heatmap import DEFINITION as CLUSTERS
from layouts.scatter import DEFINITION as SPACES
from tests.browser.test_whole_way import upload


@pytest.mark.browser
def test_definitions_come_by_hover_and_by_keyboard_and_go(page: Page, tiny_query):
    upload(page, tiny_query)
    bubble = page.locator("#tooltip")
    page.hover("#space-switch")
    expect(bubble).to_have_text(SPACES)
    page.hover(".panel-studies h2")
    expect(bubble).to_be_hidden()
    page.hover(".kept")
    expect(bubble).to_have_text(re.compile(r"^Until \w{3},? \d+ \w+(,| at) \d\d:\d\d\. Then the upload"))
    page.focus("#cluster-count")
    expect(bubble).to_have_text(CLUSTERS)
    expect(page.locator("#cluster-count")).to_have_attribute("aria-describedby", "tooltip")
    page.keyboard.press("Escape")
    expect(bubble).to_be_hidden()
    expect(page.locator("[aria-describedby=tooltip]")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 420])
def test_the_bubble_stays_in_the_window(page: Page, tiny_query, width):
    page.set_viewport_size({"width": width, "height": 800})
    upload(page, tiny_query)
    page.locator("#space-switch").scroll_into_view_if_needed()
    page.hover("#space-switch")
    expect(page.locator("#tooltip")).to_be_visible()
    box = page.locator("#tooltip").bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
