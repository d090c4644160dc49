from __future__ import annotations

import stat
import sys
import time
from pathlib import Path

import pytest

from build_bundle.quantify import programs
from build_bundle.quantify.programs import KNOWN, ProgramError
from core.errors import ConfigError


def script(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    programs._version.cache_clear()
    programs._dies_with_us.cache_clear()
    yield tmp_path  # type: ignore[misc]
    programs._version.cache_clear()
    programs._dies_with_us.cache_clear()


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_missing_program_is_named_with_its_packages(path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        programs.find(name)
    assert name in caught.value.message
    assert f"apt-get install {KNOWN[name].package}" in caught.value.next_step
    assert "bioconda" in caught.value.next_step


def test_all_missing_programs_are_named_at_once(path: Path) -> None:
    script(path, "samtools", "print('samtools 1.16.1\\nCopyright')")
    with pytest.raises(ConfigError) as caught:
        programs.versions(["hisat2", "hisat2-build", "samtools", "STAR"])
    assert caught.value.next_step.startswith("Install: apt-get install hisat2 rna-star (")
    assert "samtools" not in caught.value.message


def test_versions_are_read_from_either_stream(path: Path) -> None:
    script(path, "samtools", "print('samtools 1.16.1')")
    script(path, "featureCounts", "sys.stderr.write('\\nfeatureCounts v2.0.3\\n')")
    script(path, "STAR", "print('2.7.10b')")
    assert programs.versions(KNOWN.keys() & {"samtools", "featureCounts", "STAR"}) == {
        "STAR": "2.7.10b",
        "featureCounts": "2.0.3",
        "samtools": "1.16.1",
    }


def test_a_failing_program_says_its_last_words(path: Path) -> None:
    script(path, "samtools", "sys.stderr.write('bad file\\n\\n'); sys.exit(3)")
    with pytest.raises(ProgramError, match="samtools ended with code 3: bad file"):
        programs.run(["samtools", "sort"], timeout_s=30)


def test_the_first_of_a_pipe_may_fail_too(path: Path) -> None:
    script(path, "hisat2", "sys.exit(1)")
    script(path, "samtools", "sys.stdin.read()")
    with pytest.raises(ProgramError, match="hisat2 ended with code 1: it said nothing"):
        programs.run_pipe([["hisat2"], ["samtools"]], timeout_s=30)


def test_a_program_that_takes_too_long_is_killed(path: Path) -> None:
    script(path, "samtools", "time.sleep(60)")
    started = time.monotonic()
    with pytest.raises(ProgramError) as caught:
        programs.run(["samtools"], timeout_s=0.5)
    assert caught.value.code == "timeout"
    assert time.monotonic() - started < 20
    assert not programs._RUNNING


def test_what_is_kept_of_a_talkative_program_is_bounded(path: Path) -> None:
    script(path, "samtools", "sys.stderr.write('x' * 10_000_000 + '\\n'); sys.stderr.write('line\\n' * 5000)")
    said = programs.run(["samtools"], timeout_s=60)
    assert len(said.lines) == 200
    assert said.last == "line"
