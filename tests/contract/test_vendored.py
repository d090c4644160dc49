"""What was copied into the repository fits what is installed, and carries its licence."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import plotly

ASSETS = Path(__file__).parents[2] / "assets"
BUNDLE = (ASSETS / "vendor" / "plotly-strict.min.js").read_text(encoding="utf-8")
TRACES = {"scatter", "scattergl", "heatmap", "bar"}


def test_plotly_js_has_the_version_of_the_python_package():
    own = (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text(encoding="utf-8")[:200]
    version = re.search(r"plotly\.js v(\d+\.\d+\.\d+)", own).group(1)
    assert BUNDLE.startswith(f"/* plotly.js {version} ")


def test_plotly_js_makes_no_code_from_text():
    assert "new Function(" not in BUNDLE
    assert "eval(" not in BUNDLE


def test_figures_use_only_traces_that_are_there():
    sources = "\n".join(
        path.read_text(encoding="utf-8") for path in (ASSETS.parent / "layouts" / "figures").glob("*.py")
    )
    used = {name.lower() for name in re.findall(r"go\.([A-Z][A-Za-z]*)\(", sources)} - {"figure", "layout"}
    assert used <= TRACES


def test_fonts_and_icons_carry_their_licences():
    assert "SIL OPEN FONT LICENSE" in (ASSETS / "fonts" / "OFL-Inter.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE" in (ASSETS / "fonts" / "OFL-JetBrainsMono.txt").read_text(encoding="utf-8")
    assert "MIT License" in (ASSETS / "icons-licence.txt").read_text(encoding="utf-8")
    assert "MIT" in (ASSETS / "vendor" / "plotly-licence.txt").read_text(encoding="utf-8")


def test_the_plotly_file_is_the_one_described():
    digest = hashlib.sha256(BUNDLE.encode()).hexdigest()
    assert digest in (ASSETS / "vendor" / "README.md").read_text(encoding="utf-8")
