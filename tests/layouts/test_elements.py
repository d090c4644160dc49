from dash import html

from layouts import elements as el
from tests.components import classes, text, walk


def tip_of(part):
    return part.to_plotly_json()["props"]["data-tip"]


def test_icons_are_silent():
    props = el.icon("check", size="small", class_name="x").to_plotly_json()["props"]
    assert props["className"] == "glyph glyph-check is-small x"
    assert props["aria-hidden"] == "true"


def test_a_number_can_be_reached_with_its_definition():
    shown = el.number("71 %", "Share of held-out cells.")
    assert tip_of(shown) == "Share of held-out cells."
    assert shown.tabIndex == 0


def test_pills_have_word_and_icon():
    assert text(el.pill("3 studies agree", "ok")) == "3 studies agree"
    assert classes(el.pill("3 studies agree", "ok"), "glyph-check")
    assert not classes(el.pill("plain"), "glyph")
    assert tip_of(el.pill("x", "ok", definition="Why.")) == "Why."


def test_links_outside_tell_nothing():
    link = el.outside("PubMed", "https://pubmed.ncbi.nlm.nih.gov/1/", title="Article")
    assert (link.target, link.rel, link.title) == ("_blank", "noopener noreferrer", "Article")


def test_icon_buttons_have_a_name():
    button = el.icon_button("x", "Close", id="close")
    assert button.to_plotly_json()["props"]["aria-label"] == "Close"
    assert button.id == "close"


def test_a_panel_starts_busy_and_is_named():
    panel = el.panel("Scores", html.Div("body"), name="heatmap", message_id="m", legend=html.Div("legend"))
    assert panel.to_plotly_json()["props"]["aria-label"] == "Scores"
    assert classes(panel, "skeleton")
    assert any(getattr(p, "id", None) == "m" for p in walk(panel))
    assert "legend" in text(panel)


def test_a_panel_without_message_and_enlarging():
    panel = el.panel("Facts", [html.Div("a"), html.Div("b")], name="facts", expandable=False)
    assert not classes(panel, "panel-message")
    assert not classes(panel, "icon-button")
    assert text(panel).endswith("a b")


def test_choosing_a_file_is_an_attribute():
    assert el.choose_file("Choose").to_plotly_json()["props"]["data-upload"] == "choose"
