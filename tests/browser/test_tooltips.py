"""The one bubble that explains numbers and switches."""

import re

import pytest
from playwright.sync_api import Page, expect

from layouts.heatmap import DEFINITION as CLUSTERS
from layouts.scatter import DEFINITION as SPACES
from tests.browser.steps import drawn


@pytest.mark.browser
def test_definitions_come_by_hover_and_by_keyboard_and_go(shown: Page):
    bubble = shown.locator("#tooltip")
    shown.hover("#space-switch")
    expect(bubble).to_have_text(SPACES)
    shown.hover(".panel-studies h2")
    expect(bubble).to_be_hidden()
    shown.hover(".kept")
    expect(bubble).to_have_text(re.compile(r"^Until \w{3},? \d+ \w+(,| at) \d\d:\d\d\. Then the upload"))
    shown.focus("#cluster-count")
    expect(bubble).to_have_text(CLUSTERS)
    expect(shown.locator("#cluster-count")).to_have_attribute("aria-describedby", "tooltip")
    shown.keyboard.press("Escape")
    expect(bubble).to_be_hidden()
    expect(shown.locator("[aria-describedby=tooltip]")).to_have_count(0)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 420])
def test_the_bubble_stays_in_the_window(returning: Page, answer, width):
    returning.set_viewport_size({"width": width, "height": 800})
    returning.goto(answer.address)
    drawn(returning)
    returning.locator("#space-switch").scroll_into_view_if_needed()
    returning.hover("#space-switch")
    expect(returning.locator("#tooltip")).to_be_visible()
    box = returning.locator("#tooltip").bounding_box()
    assert box["x"] >= 0
    assert box["y"] >= 0
    assert box["x"] + box["width"] <= width
