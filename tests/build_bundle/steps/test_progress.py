from __future__ import annotations

import io

from build_bundle.steps.progress import Watcher


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    watcher = Watcher(stream)
    watcher.skip(1, 12, "Read a")
    with watcher.step(2, 12, "Read b") as progress:
        progress(0.5, "half")
    lines = stream.getvalue().splitlines()
    assert lines[0].startswith("[ 1/12] Read a")
    assert lines[0].endswith("finished before")
    assert lines[1].startswith("[ 2/12] Read b")
    assert lines[1].endswith("s")
    assert len(lines) == 2


def test_a_bar_with_stage_and_time_left_on_a_terminal() -> None:
    stream = Terminal()
    with Watcher(stream).step(3, 4, "Train the encoder") as progress:
        for i in range(1, 11):
            progress(i / 10, f"epoch {i} of 10")
        progress(0.2, "never back")
    assert "[3/4] Train the encoder" in stream.getvalue()
    assert " left" in stream.getvalue()
    assert "|" in stream.getvalue()


def test_quiet_says_nothing() -> None:
    stream = Terminal()
    watcher = Watcher(stream, quiet=True)
    watcher.say("x")
    with watcher.step(1, 1, "x") as progress:
        progress(1.0, "x")
    assert stream.getvalue() == ""
