"""Every setting of the server has a row in the README, with the words of its own declaration."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from core.settings import PREFIX, Settings

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("setting", fields(Settings), ids=lambda setting: setting.name)
def test_the_readme_has_a_row_for_it(setting):
    row = next((line for line in README.splitlines() if f"`{PREFIX}{setting.name.upper()}`" in line), "")
    assert row.startswith("|"), f"README.md has no table row for {PREFIX}{setting.name.upper()}"
    words = setting.metadata["meaning"]
    assert words.split(";")[0].split(",")[0][:40].lower() in row.lower(), f"the row does not say: {words}"
