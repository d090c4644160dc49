import json

from layouts import ids, page, theme
from tests.components import find, text, walk
from tests.components import ids as ids_of

ONE = page.ReferenceChoice("one", "Human blood", "5,037 cells")
TWO = page.ReferenceChoice("two", "Mice", "9 cells")


def test_the_rail_is_shown_where_it_means_something():
    assert page.navbar(shown=True, drawer=False)["collapsed"] == {"desktop": False, "mobile": True}
    assert page.navbar(shown=False, drawer=True)["collapsed"] == {"desktop": True, "mobile": True}
    assert page.navbar(shown=True, drawer=True)["collapsed"]["mobile"] is False


def test_one_reference_needs_no_menu():
    assert "Other references" not in text(page.chip(ONE, [], "home"))
    assert "Other references Mice" in text(page.chip(ONE, [TWO], "home"))


def test_another_reference_is_chosen_by_its_address():
    def target(where: str) -> str:
        return next(p.href for p in walk(page.chip(ONE, [TWO], where)) if type(p).__name__ == "MenuItem")

    assert target("home") == "/?bundle=two"
    assert target("reference") == "/reference?bundle=two"


def test_tabs_lead_only_where_there_is_something():
    assert [text(tab) for tab in page.tabs("home", "", "mouse")] == ["Search", "Reference"]
    assert [text(tab) for tab in page.tabs("reference", "abc", "mouse")] == ["Results", "Genes", "Compare", "Reference"]
    current = page.tabs("reference", "abc", "mouse")[3].to_plotly_json()["props"]
    assert current["aria-current"] == "page"


def test_tabs_stay_with_the_reference_in_sight():
    search, about = (tab.children.href for tab in page.tabs("home", "", "mouse"))
    assert search == "/?bundle=mouse"
    assert about == "/reference?bundle=mouse"


def test_the_upload_knows_reference_and_options():
    props = page.upload_settings("one", {"k": 50}).to_plotly_json()["props"]
    assert props["data-bundle"] == "one"
    assert json.loads(props["data-options"]) == {"k": 50}


def test_the_frame_holds_what_the_upload_script_needs():
    frame = page.layout([ONE, TWO], "two")
    assert {ids.UPLOAD_STATE, ids.UPLOAD_PROGRESS, ids.UPLOAD_STATUS, ids.UPLOAD_CANCEL} <= set(ids_of_strings(frame))
    assert find(frame, ids.URL).refresh == "callback-nav"
    assert "Mice" in text(find(frame, ids.REFERENCE_CHIP))


def ids_of_strings(node):
    return [name for name in ids_of(node) if isinstance(name, str)]


def test_the_page_has_no_inline_script():
    assert page.INDEX_STRING.count("<script") == 1
    assert '<script src="THEME_SCRIPT">' in page.INDEX_STRING


def test_mantine_palettes_have_ten_steps():
    assert {len(colours) for colours in theme.MANTINE["colors"].values()} == {10}
