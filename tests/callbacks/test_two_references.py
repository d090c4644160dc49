"""A server with two references: each has its first page and its page about it, and a result keeps to its own."""

import os

import pytest

from callbacks import page
from core.bundle.publish import build_lock
from layouts import links
from tests.callbacks.conftest import settings_for
from tests.callbacks.test_page import show
from tests.components import text, walk
from tests.republished import republish

SECOND = "Second world"


@pytest.fixture(scope="module")
def second(tiny_bundle, tmp_path_factory):
    out = tmp_path_factory.mktemp("second")
    with build_lock(out):
        return republish(tiny_bundle, out, {}, {}, name="second", title=SECOND)


@pytest.fixture
def settings(tmp_path, tiny_builds, second):
    return settings_for(tmp_path / "var", os.pathsep.join([str(tiny_builds), str(second)]))


@pytest.mark.parametrize("path", ["/", "/reference"])
@pytest.mark.parametrize(
    ("bundle", "name"), [("second", "second"), ("planted", "planted"), (None, "planted"), ("no-such", "planted")]
)
def test_the_page_is_about_the_reference_of_the_address(services, as_ann, path, bundle, name):
    titles = {choice.name: choice.title for choice in page.choices(services)}
    other = next(choice for choice in titles if choice != name)
    shown = show(path, bundle=bundle)
    current, *offered = [part for part in walk(shown["chip"]) if getattr(part, "href", None)]
    assert titles[name] in text(current)
    to = links.home if path == "/" else links.reference
    assert [(titles[other] in text(entry), entry.href) for entry in offered] == [(True, to(other))]
    assert titles[other] not in text(shown["main"])
    assert path == "/" or titles[name] in text(shown["main"])
    assert shown["upload"].to_plotly_json()["props"]["data-bundle"] == name


def test_a_result_belongs_to_its_reference(finished, as_ann):
    shown = show(finished.url)
    assert "Planted" in text(shown["chip"])
    assert SECOND not in text(shown["chip"])
