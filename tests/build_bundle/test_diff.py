from __future__ import annotations

from pathlib import Path

from build_bundle.diff import diff_bundles
from core.bundle.reader import Bundle


def test_a_bundle_and_itself(tiny_bundle: Path) -> None:
    assert diff_bundles(Bundle.open(tiny_bundle), Bundle.open(tiny_bundle)) == []


def test_two_bundles_of_different_making(tiny_bundle: Path, built: Path) -> None:
    found = diff_bundles(Bundle.open(tiny_bundle), Bundle.open(built))
    about = {difference.about for difference in found}
    assert {"Manifest", "Counts", "Studies", "Retrieval test", "Files"} <= about
    texts = [difference.text for difference in found]
    assert any(text.startswith("title: ") for text in texts)
    assert not any("built_at" in text or "recall" in text for text in texts)
    back = diff_bundles(Bundle.open(built), Bundle.open(tiny_bundle))
    assert len(back) == len(found)
