"""Whole builds of the planted world: published, taken up, locked, refused."""

import base64
import hashlib
import html
import os
import re
import shutil
import time
from pathlib import Path

import pytest

from build_bundle.builds.runner import TooManySetAsideError, build
from build_bundle.builds.workshop import Workshop
from build_bundle.configuration.reader import read_config
from build_bundle.sources.fetch import Fetcher
from build_bundle.steps.progress import Watcher
from core.bundle.publish import build_lock
from core.bundle.reader import Bundle
from core.bundle.verify import verify_bundle
from core.engine import Engine
from core.errors import BuildLockedError, ConfigError
from tests.build_bundle.builder_world import DAMAGED_STUDY, write_sources
from tests.worlds import MONO, B


def workshop(config: Path, cache: Path) -> Workshop:
    return Workshop(read_config(config), Fetcher({}, cache))


def quiet() -> Watcher:
    return Watcher(quiet=True)


def test_the_published_bundle_is_good_and_answers(built: Path) -> None:
    assert verify_bundle(built, deep=True) == []
    engine = Engine.open([built])
    assert engine.canary() == []


def test_what_went_into_the_bundle(built: Path) -> None:
    bundle = Bundle.open(built)
    assert bundle.manifest.counts.n_studies == 4
    assert bundle.manifest.counts.n_set_aside == 0
    cells = bundle.cells
    assert len(cells) == 600 - 2 - 30  # two labels that mean nothing, one example taken out
    assert cells["cell_id"].is_unique
    assert (cells["cell_id"].str.split(":").str[0] == cells["study"]).all()
    types = bundle.cell_types.set_index("cell_type_ontology_term_id")
    assert types.at[B, "cell_type"] == "B cell"
    assert types.at[B, "n_studies"] == 3
    trained = cells[cells["split"] == "train"]
    assert trained["high_confidence"].all()
    assert set(cells["split"]) == {"train", "validation"}


def test_the_studies_table_says_what_became_of_each(built: Path) -> None:
    studies = Bundle.open(built).studies.set_index("study")
    assert studies.at["okafor2020", "n_cells"] == 118
    assert studies.at["okafor2020", "n_cells_offered"] == 120
    assert studies.at["lindholm2019", "accession"] == "GSE000001"
    assert studies.at["lindholm2019", "release_date"] == "2019-05-01"
    assert (studies["status"] == "used").all()
    collection = Bundle.open(built).frame("collection").set_index(["month", "kind"])
    assert collection.at[("2019-05", "usable"), "n_cells"] == 220
    assert collection.at[("", "unmapped"), "n_cells"] == 2


def test_no_example_cell_is_in_the_bundle(built: Path) -> None:
    bundle = Bundle.open(built)
    examples = bundle.examples.set_index("example")
    assert examples.at["taken", "n_cells"] == 30
    assert examples.at["fresh", "n_cells"] == 110
    import h5py

    with h5py.File(bundle.path(examples.at["taken", "file"])) as file:
        taken = {f"tanaka2022:{name.decode()}" for name in file["obs/_index"][:]}
    assert not taken & set(bundle.cells["cell_id"])


def test_the_report_is_one_escaped_page(built: Path) -> None:
    page = (built / "current" / "report.html").read_text(encoding="utf-8")
    assert "Blood of &lt;many&gt; people &amp; more" in page
    assert "http" not in page.replace("http-equiv", "")
    for word in (
        "never heard of",
        "debris",
        "CC BY 4.0",
        "Retrieval test",
        "<svg",
        "The collection by month of release",
        "Genes that set types apart",
        "3 wider terms",
        "network 2, validation",
        "dimensions: searched exactly, having fewer than 10,000 cells. The graph",
    ):
        assert word in page


def test_nothing_but_the_reports_own_script_can_run(built: Path) -> None:
    page = (built / "current" / "report.html").read_text(encoding="utf-8")
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    said = html.unescape(policy[1])
    assert said.startswith("default-src 'none'; ")
    assert "unsafe" not in said
    scripts = re.findall(r"<script(?: type=\"([^\"]*)\")?[^>]*>(.*?)</script>", page, re.DOTALL)
    assert [kind for kind, _ in scripts] == ["application/json", ""]
    digest = base64.b64encode(hashlib.sha256(scripts[1][1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in said
    assert " style=" not in page.split("</head>")[1].split("<script")[0]


def test_a_second_build_has_nothing_to_do(built: Path, planted_config: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    result = build(workshop(planted_config, tmp_path), built, quiet(), resume=False)
    assert not result.is_new
    assert time.monotonic() - started < 20


def test_a_changed_title_builds_again_from_finished_steps(built: Path, planted_config: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(built, out, symlinks=True)
    text = planted_config.read_text(encoding="utf-8").replace("Planted reference", "Another title")
    other = planted_config.with_name("other.toml")
    other.write_text(text, encoding="utf-8")
    result = build(workshop(other, tmp_path), out, quiet(), resume=True)
    assert result.is_new
    assert set(result.seconds) == {"Write tables", "Write the report"}
    assert Bundle.open(out).manifest.title == "Another title"
    assert len([p for p in out.iterdir() if p.is_dir() and not p.name.startswith(".") and not p.is_symlink()]) == 2


def test_a_study_that_cannot_be_read_is_set_aside(tmp_path: Path, built: Path) -> None:
    config = write_sources(tmp_path, max_set_aside=0.2, more=DAMAGED_STUDY)
    out = tmp_path / "out"
    shutil.copytree(built, out, symlinks=True)
    result = build(workshop(config, tmp_path), out, quiet(), resume=True)
    assert [study for study, _ in result.set_aside] == ["broken2023"]
    studies = Bundle.open(out).studies.set_index("study")
    assert studies.at["broken2023", "status"] == "set_aside"
    assert studies.at["broken2023", "reason"]
    assert Bundle.open(out).manifest.counts.n_set_aside == 1
    assert "broken2023" in (out / "current" / "report.html").read_text(encoding="utf-8")


def test_the_example_of_a_study_that_was_set_aside_is_left_out(tmp_path: Path) -> None:
    config = write_sources(tmp_path, max_set_aside=0.5)
    before = read_config(config)
    (gone,) = {example.study for example in before.example if example.source is None}
    (tmp_path / f"{gone}.h5ad").unlink()
    result = build(workshop(config, tmp_path), tmp_path / "out", quiet(), resume=False)
    assert [study for study, _ in result.set_aside] == [gone]
    left = Bundle.open(result.bundle).frame("example_queries")
    assert len(left) == len(before.example) - 1


def test_no_study_left_says_why_each_was_set_aside(tmp_path: Path) -> None:
    config = write_sources(tmp_path, max_set_aside=1.0)
    for path in tmp_path.glob("*20??*"):
        path.unlink()
    with pytest.raises(TooManySetAsideError, match="no reference study is left") as caught:
        build(workshop(config, tmp_path), tmp_path / "out", quiet(), resume=False)
    assert "does not exist" in caught.value.message
    assert (tmp_path / "out" / ".build" / "report.html").is_file()


def test_a_folder_in_the_place_of_the_link_is_found_before_anything_is_built(tmp_path: Path) -> None:
    config = write_sources(tmp_path)
    (tmp_path / "out" / "current").mkdir(parents=True)
    with pytest.raises(ConfigError, match="is no link to a bundle"):
        build(workshop(config, tmp_path), tmp_path / "out", quiet(), resume=False)


def test_too_many_studies_set_aside_publishes_nothing(tmp_path: Path) -> None:
    config = write_sources(tmp_path, max_set_aside=0.0, more=DAMAGED_STUDY)
    out = tmp_path / "out"
    with pytest.raises(TooManySetAsideError, match="broken2023"):
        build(workshop(config, tmp_path), out, quiet(), resume=False)
    assert not (out / "current").exists()
    page = (out / ".build" / "report.html").read_text(encoding="utf-8")
    assert "Nothing was published" in page
    assert "broken2023" in page


def test_the_second_build_names_who_holds_the_folder(planted_config: Path, tmp_path: Path) -> None:
    with build_lock(tmp_path / "out"), pytest.raises(BuildLockedError, match=f"process {os.getpid()}"):
        build(workshop(planted_config, tmp_path), tmp_path / "out", quiet(), resume=False)


def test_a_mapping_that_does_not_fit_the_ontology_stops_before_reading(tmp_path: Path) -> None:
    config = write_sources(tmp_path)
    table = tmp_path / "labels.csv"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace(f'{B},"B cell"', f'{B},"B sell"').replace(MONO, "CL:9999999"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        build(workshop(config, tmp_path), tmp_path / "out", quiet(), resume=False)
    assert "'B sell'" in caught.value.message
    assert "CL:9999999" in caught.value.message
