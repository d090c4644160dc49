from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from build_bundle.cli import main
from build_bundle.quantify import programs
from build_bundle.quantify.library import Library
from build_bundle.quantify.plan import QuantifyPlan, make_plan
from build_bundle.quantify.reference import Reference
from build_bundle.quantify.settings import QuantifySettings
from build_bundle.quantify.sheet import Sheet, read_sheet
from core.errors import ConfigError
from tests.build_bundle.quantify.conftest import World


@pytest.fixture
def plan(world: World, reference: Reference, tmp_path: Path) -> QuantifyPlan:
    return make_plan(read_sheet(world.reads), reference, QuantifySettings(expected_cells=20), tmp_path / "out")


def test_groups_read_back_make_the_same_steps(plan: QuantifyPlan, tmp_path: Path) -> None:
    groups = plan.groups(size=6, threads=2)
    plan.write(tmp_path / "plan.json", groups)
    read = [QuantifyPlan.read(tmp_path / "plan.json", group.name) for group in groups]
    assert sorted(task.name for part in read for task in part.tasks) == sorted(task.name for task in plan.tasks)
    material = {task.name: task.material for task in plan.tasks}
    assert all(json.dumps(task.material) == json.dumps(material[task.name]) for part in read for task in part.tasks)
    assert read[0].store.folder == plan.store.folder


def test_a_machine_with_other_programs_is_refused(
    plan: QuantifyPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (group, *_) = plan.groups(size=100, threads=1)
    plan.write(tmp_path / "plan.json", [group])
    monkeypatch.setattr(programs, "versions", lambda names: dict.fromkeys(names, "9.9"))
    with pytest.raises(ConfigError, match=r"hisat2 9\.9 for"):
        QuantifyPlan.read(tmp_path / "plan.json", group.name)


def test_an_unknown_group_is_refused(plan: QuantifyPlan, tmp_path: Path) -> None:
    plan.write(tmp_path / "plan.json", plan.groups(size=100, threads=1))
    with pytest.raises(ConfigError, match="no group"):
        QuantifyPlan.read(tmp_path / "plan.json", "group-99")


def test_a_setting_that_changes_no_count_keeps_the_steps(plan: QuantifyPlan) -> None:
    same = replace(plan, settings=replace(plan.settings, threads=2, rpkm_total="aligned"))
    other = replace(plan, settings=replace(plan.settings, min_alignment_rate=0.1))
    assert [task.material for task in same.tasks] == [task.material for task in plan.tasks]
    assert [task.material for task in other.tasks] != [task.material for task in plan.tasks]


def test_a_sample_twice_is_refused(plan: QuantifyPlan, tmp_path: Path) -> None:
    twice = Sheet((Library("S", "s"), Library("S", "s")))
    with pytest.raises(ConfigError, match="is there twice"):
        make_plan(twice, plan.reference, plan.settings, tmp_path)


def test_what_nobody_foresaw_is_a_failed_library(plan: QuantifyPlan) -> None:
    facts = plan.rescue(plan.tasks[0], ZeroDivisionError("x"))
    assert (facts["state"], facts["reason_code"], facts["retry"]) == ("failed", "crashed", True)
    facts = plan.rescue(plan.tasks[0], ConfigError("No index.", code="no-droplet-index"))
    assert facts["reason_code"] == "no-droplet-index"


def test_droplets_without_their_index_fail_and_the_rest_goes_on(
    world: World, sources: dict[str, Path], tmp_path: Path
) -> None:
    arguments = ["--genome", str(sources["genome.fa.gz"]), "--ccds", str(sources["CCDS.current.txt"])]
    assert main(["quantify-reference", *arguments, "--out", str(tmp_path / "ref"), "--quiet"]) == 0
    reference = Reference.open(tmp_path / "ref")
    sheet = read_sheet(world.reads)
    wanted = tuple(item for item in sheet.libraries if item.sample in {"drops", "nothing"})
    plan = make_plan(Sheet(wanted), reference, QuantifySettings(), tmp_path / "out")
    with pytest.raises(ConfigError, match="--droplets"):
        plan.store.run(plan.tasks[0], {})
    assert plan.store.run(plan.tasks[1], {}).facts["state"] == "no_raw"
