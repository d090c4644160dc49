import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_bundle.label.words import MAX_TEXT, comparable, key_of, singular, words_of


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("T-cells", ("t", "cell")),
        ("αβ T cells", ("alpha", "beta", "t", "cell")),
        ("Müller glia", ("muller", "glia")),
        ("CD14+ monocytes", ("cd14", "monocyte")),
        ("CD14-positive, CD16-positive monocyte", ("cd14", "cd16", "monocyte")),
        ("CD14-low monocyte", ("cd14", "low", "monocyte")),
        ("CD4+CD8- thymocytes", ("cd4", "cd8", "negative", "thymocyte")),
        ("CD4-CD8+", ("cd4", "negative", "cd8")),
        ("CD8-negative", ("cd8", "negative")),
        ("double positive thymocyte", ("double", "positive", "thymocyte")),
        ("DCs and NKs", ("dc", "and", "nk")),
        ("Tcells", ("t", "cell")),
        ("quiescent_stellate", ("quiescent", "stellate")),
    ],
)
def test_a_text_has_comparable_words(text: str, key: tuple[str, ...]) -> None:
    assert key_of(text) == key


@pytest.mark.parametrize(
    ("one", "many"),
    [("cell", "cells"), ("body", "bodies"), ("process", "processes"), ("thymus", "thymuses"), ("testis", "testes"),
     ("nucleus", "nuclei"), ("ganglion", "ganglia"), ("branch", "branches"), ("pancreas", "pancreas"), ("axon", "axons")],
)  # fmt: skip
def test_one_and_many_are_alike(one: str, many: str) -> None:
    assert singular(one) == singular(many) == one


def test_a_sentence_ends_where_a_list_or_line_ends() -> None:
    words = words_of("Skin. Fibroblast\nlung; liver, kidney e.g.this")
    assert [word.text for word in words if word.follows_break] == ["fibroblast", "lung", "liver"]


@given(st.text(max_size=300))
def test_words_point_at_their_place(text: str) -> None:
    end = 0
    for word in words_of(text):
        assert 0 <= word.start < word.end <= len(text)
        assert word.start >= end or word.end == end  # several words may come from one token
        end = word.end
        spelled = text[word.start : word.end]
        assert word.text == "negative" or word.text in comparable(spelled.rstrip("+")) or word.text in key_of(spelled)


@given(st.text(alphabet=st.characters(max_codepoint=0x24F), max_size=60))
def test_case_does_not_matter(text: str) -> None:
    plain = text.lower()
    if plain.upper().lower() == plain and not any(word.isupper() for word in text.split()):
        assert key_of(plain) == key_of(plain.title()) or any(c in plain for c in "'’")


def test_very_long_texts_are_cut() -> None:
    assert words_of("cell " * MAX_TEXT)[-1].end <= MAX_TEXT
