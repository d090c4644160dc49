"""Sound files of five formats, changed at random: each is answered within ten seconds, clearly or with sound values.

A failure names format and number, which give the same file again.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.errors import InputError
from core.expression import sandbox
from core.expression.doctor import Diagnosis
from tests.attacks import corpus_archives, corpus_tenx
from tests.attacks.answers import answer, assert_clear
from tests.attacks.corpus import CELLS, csv, h5ad, mtx_files, tenx
from tests.attacks.forked_reader import ForkedReader

HEAD = 6_000
"""Most changes hit the first bytes, where the structure is."""


def _close(write: Callable[[Path], object]) -> Callable[[Path], None]:
    def written(path: Path) -> None:
        write(path).close()

    return written


FORMATS: dict[str, Callable[[Path], object]] = {
    "h5ad": _close(h5ad),
    "10x": _close(tenx),
    "loom": corpus_tenx.loom,
    "mtx": lambda path: corpus_archives.zipped(path, mtx_files()),
    "csv": lambda path: path.write_text(csv()),
}


def turn_bits(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    for place in rng.integers(0, reach, rng.integers(1, 9)):
        data[place] ^= 1 << int(rng.integers(8))
    return data


def overwrite(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    at, n = int(rng.integers(reach)), int(rng.integers(1, 65))
    data[at : at + n] = rng.bytes(n)
    return data


def extremes(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    at, n = int(rng.integers(reach)), int(rng.choice([1, 2, 4, 8]))
    data[at : at + n] = bytes([int(rng.choice([0, 0x7F, 0x80, 0xFF]))]) * n
    return data


def cut_off(data: bytearray, rng: np.random.Generator, _reach: int) -> bytearray:
    return data[: int(rng.integers(len(data)))]


def leave_out(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    at, n = int(rng.integers(reach)), int(rng.integers(1, 2_000))
    return data[:at] + data[at + n :]


def repeat(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    at, n = int(rng.integers(reach)), int(rng.integers(1, 2_000))
    return data[: at + n] + data[at : at + n] + data[at + n :]


def move(data: bytearray, rng: np.random.Generator, reach: int) -> bytearray:
    n = int(rng.integers(1, 500))
    here, there = int(rng.integers(reach)), int(rng.integers(len(data)))
    data[here : here + n] = data[there : there + n]
    return data


MUTATIONS = (turn_bits, overwrite, extremes, cut_off, leave_out, repeat, move)


def mutated(sound: bytes, seed: list[int]) -> bytes:
    """Return the file with one kind of change, one to three times; the same for the same seed."""
    rng = np.random.default_rng(seed)
    data, change = bytearray(sound), MUTATIONS[int(rng.integers(len(MUTATIONS)))]
    for _ in range(int(rng.integers(1, 4))):
        reach = max(1, len(data) if rng.random() < 0.4 else min(len(data), HEAD))
        data = change(data, rng, reach) or bytearray(b"\0")
    return bytes(data)


@pytest.fixture(autouse=True)
def _quick_start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 20,000 readers, most of the time would be the start of Python."""
    if request.config.getoption("--full"):
        monkeypatch.setattr(sandbox.subprocess, "Popen", ForkedReader)


@pytest.mark.tries(usual=10, full=4_000)
@pytest.mark.parametrize("name", list(FORMATS))
def test_changed_files_are_survived(name: str, tmp_path: Path, n_tries: int) -> None:
    path = tmp_path / "data"
    FORMATS[name](path)
    sound = path.read_bytes()
    refused, failed = 0, {}
    for number in range(n_tries):
        path.write_bytes(mutated(sound, [list(FORMATS).index(name), number]))
        try:
            refused += _is_refused(path, tmp_path / "work")
        except Exception as error:  # noqa: BLE001 - whatever it is, the other files are tried too
            failed[number] = repr(error)
    assert not failed
    assert refused > 0


def _is_refused(path: Path, work: Path) -> bool:
    result = answer(path, work)
    if isinstance(result, InputError):
        assert_clear(result)
        return True
    assert isinstance(result, Diagnosis)
    assert np.isfinite(result.matrix.x.data).all()
    assert result.matrix.x.data.min() > 0
    assert 1 <= result.matrix.n_obs <= 2 * len(CELLS) + 1  # a repeated part of a table may add rows
    return False


def test_equal_seeds_make_equal_files_and_others_do_not() -> None:
    sound = csv().encode()
    files = [mutated(sound, [4, number]) for number in range(40)]
    assert files == [mutated(sound, [4, number]) for number in range(40)]
    assert len(set(files)) > 30
    assert sound not in files[:5]
