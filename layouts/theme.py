"""Mantine's theme: our blue, our greys, our faces. Colours of HTML come from ``assets/tokens.css`` instead."""

from __future__ import annotations

from typing import Any

BLUE = ["#E6F0F9", "#C9DFF3", "#9DC6EC", "#72B4F0", "#4A93D3", "#2F78B9", "#1B5E9E", "#174F85", "#123F6B", "#0D2F51"]
# Mantine's own dark greys are neutral and look brown beside ours.
DARK = ["#E6EBF1", "#B5C0CC", "#909CAA", "#6B7886", "#2A333E", "#232C36", "#161B22", "#0E1217", "#0B0F13", "#080B0F"]

MANTINE: dict[str, Any] = {
    "primaryColor": "blue",
    "primaryShade": {"light": 6, "dark": 3},
    "colors": {"blue": BLUE, "dark": DARK},
    "fontFamily": "var(--sans)",
    "fontFamilyMonospace": "var(--mono)",
    "defaultRadius": 6,
    "autoContrast": True,
    "respectReducedMotion": True,
    "cursorType": "pointer",
}
