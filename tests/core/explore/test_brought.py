import pytest

from core.errors import InputError
from core.explore.brought import one_line, plain_text


def read(content):
    return plain_text(content, max_bytes=1024**2, what="Lists", choose="Choose a list.", code="list")


def test_text_without_its_mark():
    assert read("\ufeffCafé\n".encode()) == "Café\n"


@pytest.mark.parametrize(
    ("content", "says", "advice"),
    [
        (b"\xff\xfea", "is not text", "Choose a list."),
        (b"a\x00", "is not text", "Choose a list."),
        (b"a" * (1024**2 + 1), "has 1 MB", "Lists may have 1 MB."),
    ],
)
def test_refusals_say_what_to_do(content, says, advice):
    with pytest.raises(InputError, match=says) as refused:
        read(content)
    assert (refused.value.code, refused.value.next_step) == ("list", advice)


def test_a_strangers_text_is_one_line():
    assert one_line("a\x1b\u202e\nb", 10) == "a   b"
    assert one_line("x" * 11, 10) == "x" * 9 + "…"
