"""Whoever has opened a bundle reads that bundle to the end, whatever is published and switched meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.core.bundle.live_swaps import N_READERS, PUBLISHED_EVERY

ROOT = Path(__file__).parents[3]


@pytest.mark.tries(usual=40, full=1_000)
def test_no_reader_sees_two_generations(tiny_bundle: Path, tmp_path: Path, n_tries: int) -> None:
    command = [sys.executable, "-m", "tests.core.bundle.live_swaps", str(tiny_bundle), str(tmp_path)]
    done = subprocess.run([*command, "--swaps", str(n_tries)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    print(figures)
    assert figures["wrong"] == []
    assert figures["readers"] == N_READERS
    assert figures["builds"] == 1 + n_tries // PUBLISHED_EVERY
    assert figures["crossed"] > n_tries / 2  # most swaps came while somebody read
    assert figures["generations"] > 1
