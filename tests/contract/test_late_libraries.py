"""Libraries that cost seconds have one door each; import rules see the word import alone, not what is loaded by name."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOORS = {"nmslib": "core/search/index.py", "keras": "build_bundle/train/network.py"}


def test_late_libraries_have_one_door_each():
    found = {
        (name, path.relative_to(ROOT).as_posix())
        for part in ("core", "layouts", "callbacks", "build_bundle")
        for path in (ROOT / part).rglob("*.py")
        for name in re.findall(r'import_module\("(nmslib|keras|jax)\b', path.read_text(encoding="utf-8"))
    }
    assert found == set(DOORS.items())
