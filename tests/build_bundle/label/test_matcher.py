from hypothesis import given
from hypothesis import strategies as st

from build_bundle.label.matcher import Matcher
from build_bundle.label.vocabulary import Vocabulary
from build_bundle.label.words import key_of
from tests.build_bundle.label.conftest import TERMS

LONG_NAMES = sorted({t for term in TERMS.values() for t in (term.name, *term.synonyms) if sum(map(str.isalnum, t)) > 3})
FILLERS = st.sampled_from(["from", "plate 12;", "sorted,", "(P7)", "wild-type.", "and"])


def _found(vocabulary: Vocabulary, text: str) -> list[str]:
    return [text[m.start : m.end] for m in Matcher(vocabulary).find(text)]


def test_whole_words_only(vocabulary: Vocabulary) -> None:
    assert _found(vocabulary, "lungfish, eyelet, macrophagelike") == []
    assert _found(vocabulary, "a lung-derived macrophage") == ["lung", "macrophage"]


def test_the_longest_name_wins(vocabulary: Vocabulary) -> None:
    assert _found(vocabulary, "alveolar macrophages of the lung") == ["alveolar macrophages", "lung"]
    assert _found(vocabulary, "CD4+ αβ memory T cells") == ["CD4+ αβ memory T cells"]


def test_no_name_reaches_over_the_end_of_a_sentence(vocabulary: Vocabulary) -> None:
    assert _found(vocabulary, "embryonic. Fibroblast") == ["Fibroblast"]
    assert _found(vocabulary, "embryonic fibroblast") == ["embryonic fibroblast"]


def test_the_word_after_a_name_is_known(vocabulary: Vocabulary) -> None:
    assert [m.next_word for m in Matcher(vocabulary).find("NK cells, NK. Cells")] == ["nk", "", ""]
    assert [m.next_word for m in Matcher(vocabulary).find("ARC cells and lung; cell")] == ["cell", "and", "", ""]


@given(st.lists(st.tuples(st.sampled_from(LONG_NAMES), FILLERS), min_size=1, max_size=6))
def test_spans_point_at_the_matched_text(vocabulary: Vocabulary, parts: list[tuple[str, str]]) -> None:
    text = " ".join(f"{filler} {name}" for name, filler in parts)
    matches = Matcher(vocabulary).find(text)
    assert matches
    end = 0
    for match in matches:
        assert match.start >= end
        end = match.end
        assert key_of(text[match.start : match.end]) in vocabulary.names
        assert vocabulary.names[key_of(text[match.start : match.end])] == match.names
