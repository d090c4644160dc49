import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ontology.text import ELLIPSIS, brief_name, clip_text, plural, short_name, short_names, text_width, wrap_text

names = st.text(alphabet=st.sampled_from("abcXYZ +-,()0123456789γ"), min_size=1, max_size=60).filter(
    lambda t: t.strip()
)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("naive thymus-derived CD4-positive, alpha-beta T cell", "naive CD4 T cell"),
        ("CD8-positive, alpha-beta T cell", "CD8 T cell"),
        ("CD4-positive, alpha-beta memory T cell", "CD4 memory T cell"),
        ("CD14-low, CD16-positive monocyte", "CD16+ monocyte"),
        ("CD14-positive monocyte", "CD14+ monocyte"),
        ("natural killer cell", "NK cell"),
        ("gamma-delta T cell", "γδ T cell"),
        ("mature alpha-beta T cell", "mature αβ T cell"),
        ("phagocyte (sensu Vertebrata)", "phagocyte"),
        ("B cell", "B cell"),
    ],
)
def test_short_names(name, short):
    assert short_name(name) == short


@pytest.mark.parametrize(
    ("name", "brief"),
    [("type B pancreatic cell", "type B pancreatic"), ("T cell", "T cell"), ("dendritic cell", "dendritic cell")],
)
def test_brief_names_still_say_enough(name, brief):
    assert brief_name(name) == brief


def test_brief_names_stay_different():
    names = {"a": "pancreatic A cell", "b": "pancreatic A"}
    assert short_names(names, brief_name) == names


def test_short_names_stay_different():
    found = short_names({"a": "phagocyte", "b": "phagocyte (sensu Vertebrata)", "c": "natural killer cell"})
    assert found == {"a": "phagocyte", "b": "phagocyte (sensu Vertebrata)", "c": "NK cell"}


@settings(deadline=None)
@given(name=names)
def test_short_names_are_never_longer(name):
    assert len(short_name(name)) <= len(name)


@settings(deadline=None)
@given(name=names, width=st.floats(10, 300))
def test_clipped_text_fits_or_is_an_ellipsis(name, width):
    text = clip_text(name, width, 11.5)
    assert text == name or text.endswith(ELLIPSIS)
    assert text == ELLIPSIS or text_width(text, 11.5) <= width


@settings(deadline=None)
@given(name=names, width=st.floats(10, 300))
def test_wrapping_keeps_every_word(name, width):
    lines = wrap_text(name, width, 10.5)
    assert len(lines) <= 2
    assert " ".join(lines) == name
    assert max(text_width(line, 10.5) for line in lines) <= text_width(name, 10.5)


def test_bold_and_large_text_is_wider():
    assert text_width("monocyte", 11.5, bold=True) > text_width("monocyte", 11.5) > text_width("monocyte", 10.5)


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("B cell", "B cells"),
        ("monocyte", "monocytes"),
        ("lymphocyte of B lineage", "lymphocytes of B lineage"),
        ("phagocyte (sensu Vertebrata)", "phagocytes (sensu Vertebrata)"),
        ("epithelium", "epithelium"),
        ("kidney", "kidneys"),
        ("body", "bodies"),
        ("pancreas", "pancreas"),
        ("endothelium of vein", "endothelium of vein"),
    ],
)
def test_plurals(name, many):
    assert plural(name) == many
