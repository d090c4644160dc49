"""Opening references, and verifying them in the background."""

import shutil
import time

import pytest

from callbacks.bundle_watch import BundleWatch, open_bundles
from core.bundle.verify import verify_bundle
from core.errors import BundleError


@pytest.fixture
def damaged(tmp_path, tiny_bundle):
    folder = tmp_path / "damaged"
    shutil.copytree(tiny_bundle, folder)
    (folder / "genes.parquet").unlink()
    (folder / "cells.parquet").unlink()
    return folder


def test_a_bad_reference_is_refused_with_all_problems_and_others_are_served(damaged, tiny_builds, tmp_path, caplog):
    opened = open_bundles([damaged, tiny_builds, tmp_path / "nothing"])
    assert [bundle.folder for bundle in opened.values()] == [(tiny_builds / "current").resolve()]
    first, second = (record.fields["problems"] for record in caplog.records)
    assert any("genes.parquet" in problem for problem in first)
    assert any("cells.parquet" in problem for problem in first)
    assert len(second) >= 1


def test_a_name_is_served_once(tiny_builds, caplog):
    assert len(open_bundles([tiny_builds, tiny_builds])) == 1
    assert "another reference has already" in str(caplog.records[0].fields)


@pytest.mark.parametrize("folders", [[], ["nothing"]])
def test_no_reference_at_all(tmp_path, folders):
    with pytest.raises(BundleError) as none:
        open_bundles([tmp_path / name for name in folders])
    assert "make demo" in none.value.next_step


def test_what_verification_finds(damaged, tiny_bundle, caplog):
    folders = {"good": tiny_bundle, "bad": damaged, "odd": tiny_bundle}

    def canary(name):
        if name == "odd":
            raise BundleError("The canary answers otherwise.")
        return []

    watch = BundleWatch(folders, [lambda name: verify_bundle(folders[name]), canary])
    assert watch.states() == dict.fromkeys(folders, "checking")
    assert watch.problems("bad") == ()
    watch.run()
    assert watch.states() == {"good": "verified", "bad": "refused", "odd": "refused"}
    assert len(watch.problems("bad")) >= 2
    assert watch.problems("odd") == ("The canary answers otherwise.",)
    assert "Reference bad" in caplog.text


def test_it_starts_once(tiny_bundle):
    calls = []
    watch = BundleWatch(["a"], [lambda name: calls.append(name) or []])
    for _ in range(5):
        watch.start()
    deadline = time.monotonic() + 5
    while watch.states() != {"a": "verified"} and time.monotonic() < deadline:
        time.sleep(0.01)
    assert calls == ["a"]


def test_it_stops_between_references():
    calls = []
    watch = BundleWatch(["a", "b"], [lambda name: calls.append(name) or watch.stop() or []])
    watch.run()
    assert calls == ["a"]
    assert watch.states() == {"a": "verified", "b": "checking"}
