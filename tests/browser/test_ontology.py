"""The ontology graph while the page changes around it: nothing of it runs later, and a click still hits its node."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.steps import B_CELL, tap

SHORTEST_LAYOUT_MS = 100  # dash-cytoscape waits so long after a change before it would lay out


@pytest.mark.browser
def test_nothing_touches_a_graph_that_is_gone(shown):
    shown.evaluate("""() => {
        const cy = window.leftGraph = document.getElementById('ontology')._cyreg.cy;
        const change = () => { if (!cy.destroyed()) { cy.add({ data: {} }).remove(); window.setTimeout(change, 10); } };
        change();
    }""")
    shown.locator(".tabs a", has_text="Genes").click()
    shown.wait_for_function("() => window.leftGraph.destroyed()")
    shown.wait_for_timeout(5 * SHORTEST_LAYOUT_MS)


@pytest.mark.browser
def test_an_opened_address_is_drawn_for_the_panel_beside_the_rail(shown):
    with shown.expect_request(lambda request: '"ontology-size"' in (request.post_data or "")) as asked:
        shown.reload()
    (width,) = (given["value"][0] for given in asked.value.post_data_json["inputs"] if given["id"] == "ontology-size")
    assert abs(width - shown.locator("#ontology").bounding_box()["width"]) <= 10  # sizes go in steps of 20


@pytest.mark.browser
def test_the_graph_fills_its_panel_after_a_change(shown):
    shown.locator("#composition .share-button").first.click()
    shown.wait_for_function("""() => {
        const cy = document.getElementById('ontology')._cyreg.cy;
        const box = cy.elements().renderedBoundingBox({ includeLabels: false });
        const inside = box.x1 >= -1 && box.y1 >= -1 && box.x2 <= cy.width() + 1 && box.y2 <= cy.height() + 1;
        return inside && (box.w > cy.width() * .5 || box.h > cy.height() * .5 || cy.zoom() >= cy.maxZoom());
    }""")


@pytest.mark.browser
def test_a_click_hits_its_node_after_the_panels_moved(shown):
    shown.hover("#ontology")
    top = "() => document.getElementById('ontology').getBoundingClientRect().top"
    before = shown.evaluate(top)
    shown.mouse.move(5, 400)
    shown.evaluate("() => { document.getElementById('answer').style.marginTop = '94px'; }")  # as a warning does
    assert shown.evaluate(top) == before + 94
    tap(shown, B_CELL)
    expect(shown.locator(".card-title h1")).to_have_text("B cell")


@pytest.mark.browser
def test_the_tools_stand_beside_the_graph_and_not_on_it(shown):
    zoom = "() => document.getElementById('ontology')._cyreg.cy.zoom()"
    fitted = shown.evaluate(zoom)
    tools = [shown.get_by_role("button", name=name) for name in ("Zoom in", "Zoom out", "Show all", "Save as PNG")]
    graph_top = shown.locator("#ontology").bounding_box()["y"]
    boxes = [tool.locator("visible=true").last.bounding_box() for tool in tools]
    assert all(box["y"] + box["height"] <= graph_top for box in boxes)
    tools[0].click()
    assert shown.evaluate(zoom) == pytest.approx(1.25 * fitted, rel=0.01)
    tools[2].click()
    assert shown.evaluate(zoom) == pytest.approx(fitted, rel=0.01)
