import subprocess
import sys

import pytest

from core.memory import largest_child, own_peak, peak_memory


def run(code: str) -> list[int]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return [int(n) for n in done.stdout.split()]


def test_a_large_array_shows_in_the_peak_after_it_is_gone():
    before, after = run(
        "from core.memory import own_peak; print(own_peak()); x = bytearray(200_000_000); x[::4096] = b'1' * len(x[::4096]);"
        "del x; print(own_peak())"
    )
    assert after - before > 190_000_000


def test_a_child_counts_beside_its_parent():
    child, peak = run(
        "import subprocess, sys; from core.memory import largest_child, peak_memory;"
        "subprocess.run([sys.executable, '-c', 'x = bytearray(300_000_000); x[::4096] = bytes(len(x[::4096]))'], check=True);"
        "print(largest_child(), peak_memory())"
    )
    assert child > 290_000_000
    assert peak > child


def test_peak_is_never_below_the_own_peak():
    assert peak_memory() >= own_peak() > 1_000_000
    assert largest_child() >= 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
def test_without_proc_the_system_call_answers(monkeypatch, tmp_path):
    true = own_peak()
    monkeypatch.setattr("core.memory._STATUS", tmp_path / "absent")
    assert own_peak() > 0.5 * true
