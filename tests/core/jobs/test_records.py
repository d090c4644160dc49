"""Names, messages and tokens."""

import doctest
import unicodedata
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import LimitError, MatrixRefusedError
from core.jobs import JobMessage, records, turns
from core.jobs.records import MAX_FILENAME, TOKEN, clean_filename, new_token
from core.jobs.turns import Waiting, turn_order


def test_doctests():
    for module in (records, turns):
        assert doctest.testmod(module).failed == 0


@settings(deadline=None)
@given(st.text(max_size=400))
def test_a_file_name_is_short_and_never_a_path(name):
    clean = clean_filename(name)
    assert 0 < len(clean) <= MAX_FILENAME
    assert "/" not in clean
    assert "\\" not in clean
    assert all(unicodedata.category(c)[0] != "C" for c in clean)
    assert clean_filename(clean) == clean


def test_a_long_name_keeps_both_ends():
    short = clean_filename("begin" + "x" * 500 + ".h5ad")
    assert len(short) == MAX_FILENAME - 1
    assert short.startswith("beginx")
    assert short.endswith("x.h5ad")
    assert "…" in short


def test_tokens_are_not_repeated():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(TOKEN.fullmatch(t) for t in tokens)


def test_a_message_carries_the_findings():
    @dataclass(frozen=True)
    class Finding:
        code: str
        level: str

    error = MatrixRefusedError("No.", next_step="Do.", code="scaled", findings=[Finding("a", "ok"), {"code": "b"}, "x"])
    message = JobMessage.of(error)
    assert message == JobMessage("scaled", "No.", "Do.", ({"code": "a", "level": "ok"}, {"code": "b"}))
    assert JobMessage.from_dict(message.to_dict()) == message
    assert JobMessage.of(LimitError("Too big.")) == JobMessage("limit", "Too big.")


owners = st.sampled_from("abcd")


@settings(deadline=None)
@given(st.lists(st.tuples(owners, st.floats(0, 100)), max_size=30), st.lists(owners, max_size=4))
def test_nobody_waits_for_two_of_another(queue, running):
    waiting = [Waiting(str(n), owner, at) for n, (owner, at) in enumerate(queue)]
    order = turn_order(waiting, running, {})
    assert sorted(order, key=int) == [w.token for w in waiting]
    owner_of = {w.token: w.owner for w in waiting}
    for owner in set(owner_of.values()) - set(running):
        first = next(n for n, token in enumerate(order) if owner_of[token] == owner)
        before = [owner_of[token] for token in order[:first]]
        assert len(before) == len(set(before))
