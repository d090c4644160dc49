import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from core import __version__
from core.citation import bibliography, methods
from core.engine import Engine


@pytest.fixture(scope="module")
def engine(tiny_builds):
    return Engine.open([tiny_builds])


@pytest.fixture(scope="module")
def result(engine, tiny_query, tmp_path_factory):
    return engine.annotate(tiny_query, out=tmp_path_factory.mktemp("citation") / "result")


def test_the_paragraph_holds_every_number(engine, result):
    text = methods(engine.bundle_of(result), result)
    facts, report = engine.bundle_of(result).manifest, result.report
    for part in (
        f"scQuery {__version__}", facts.bundle_id, f"{facts.counts.n_cells:,}", f"{report['n_matched']:,} matched", f"its {report['k']} nearest",
        "at least 0.5", f"{report['unknown_distance']:.3f}", f"Of 110 cells, {report['counts']['confident']} were confident",
    ):  # fmt: skip
        assert part in text
    assert "left out" not in text
    assert (result.folder / "methods.txt").read_text() == text


def test_the_paragraph_follows_level_and_detail(engine, result):
    wide = engine.result(result.folder, threshold=0.9, level=1)
    text = methods(engine.bundle_of(wide), wide)
    assert "at least 0.9" in text
    assert f"wider ones ({len(wide.type_ids)} of them)" in text


def test_the_paragraph_says_how_company_counts(engine, result):
    bundle = engine.bundle_of(result)
    recipe = {**bundle.manifest.recipe, "one_sided": 0.3}
    other = SimpleNamespace(manifest=replace(bundle.manifest, recipe=recipe))
    assert "(one that did not have the cell among its own 15 counted 0.3)" in methods(other, result)
    assert "counted 1)" not in methods(bundle, result)


def test_studies_that_were_found_are_cited(engine, result):
    studies = engine.studies(result, np.ones(110, dtype=bool))
    text = bibliography(studies)
    assert text == (result.folder / "studies.bib").read_text()
    keys = re.findall(r"^@\w+\{(.*),$", text, flags=re.MULTILINE)
    assert keys == ["alavi2018", *studies.loc[studies["n_hits"] > 0, "study"]]
    assert text.count("{") == text.count("}")


def test_odd_words_do_not_break_an_entry():
    row = {
        "study": "a b{c}",
        "title": "50 % of {B} & T_cells\\ ~1",
        "year": None,
        "accession": None,
        "pubmed_id": "1",
        "n_hits": 3,
    }
    text = bibliography(pd.DataFrame([row, {**row, "n_hits": 0}]))
    entry = text[text.index("@misc") :]
    assert entry == "@misc{abc,\n  title = {{50 \\% of B \\& T\\_cells 1}},\n  note = {PubMed 1}\n}\n"
