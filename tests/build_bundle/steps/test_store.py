from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from build_bundle.steps import store as step_store
from build_bundle.steps.store import StepStore, code_digest
from build_bundle.steps.task import Finished, Task, TaskContext


def write_word(context: TaskContext) -> dict[str, object]:
    (context.out / "word.txt").write_text("x", encoding="utf-8")
    return {"n": 1}


def fail(context: TaskContext) -> dict[str, object]:
    (context.out / "half.txt").write_text("half", encoding="utf-8")
    raise ValueError("stopped")


TASK = Task("words", "Write words", write_word, material={"a": 1})


@pytest.fixture
def store(tmp_path: Path) -> StepStore:
    return StepStore(tmp_path / "steps")


def test_a_step_is_found_again(store: StepStore) -> None:
    assert store.find(TASK, {}) is None
    made = store.run(TASK, {})
    assert made.facts == {"n": 1}
    assert (made.folder / "word.txt").read_text(encoding="utf-8") == "x"
    assert store.find(TASK, {}) == made


def test_other_material_inputs_or_code_are_another_step(store: StepStore) -> None:
    store.run(TASK, {})
    assert store.find(replace(TASK, material={"a": 2}), {}) is None
    assert store.find(replace(TASK, modules=("build_bundle.genes.names",)), {}) is None
    needing = replace(TASK, needs=("before",))
    before = Finished("before", store.folder, {}, "digest 1", 0.0)
    store.run(needing, {"before": before})
    assert store.find(needing, {"before": before}) is not None
    assert store.find(needing, {"before": replace(before, digest="digest 2")}) is None


def test_equal_results_have_equal_digests_wherever_they_lie(store: StepStore) -> None:
    one, two = store.run(TASK, {}), store.run(replace(TASK, material={"a": 2}), {})
    assert one.folder != two.folder
    assert one.digest == two.digest


def test_a_step_that_fails_is_not_kept(store: StepStore) -> None:
    failing = replace(TASK, run=fail)
    with pytest.raises(ValueError, match="stopped"):
        store.run(failing, {})
    assert store.find(failing, {}) is None
    assert store.run(TASK, {}).folder.is_dir()
    assert not list(store.folder.glob("*/.*"))


def test_a_folder_without_its_record_does_not_count(store: StepStore) -> None:
    made = store.run(TASK, {})
    (made.folder / "step.json").unlink()
    assert store.find(TASK, {}) is None
    assert store.run(TASK, {}) == replace(made, seconds=store.find(TASK, {}).seconds)


def test_prune_keeps_what_is_named(store: StepStore) -> None:
    kept, other = store.run(TASK, {}), store.run(replace(TASK, material={"a": 2}), {})
    (store.folder / "words" / ".x.part").mkdir()
    store.prune([kept])
    assert kept.folder.is_dir()
    assert not other.folder.exists()
    assert [p.name for p in (store.folder / "words").iterdir()] == [kept.folder.name]
    store.clear()
    assert not store.folder.exists()
    store.prune([])


def test_code_of_a_package_counts_with_its_templates() -> None:
    assert code_digest(("build_bundle.report",)) != code_digest(("build_bundle.report.charts",))
    with pytest.raises(ModuleNotFoundError):
        code_digest(("build_bundle.nowhere",))


def test_code_that_a_step_imports_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "made_up"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "step.py").write_text("from made_up import helper\n", encoding="utf-8")
    (package / "helper.py").write_text("X = 1\n", encoding="utf-8")
    (package / "other.py").write_text("Y = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(step_store, "_PROJECT", ("made_up",))

    def digest() -> str:
        step_store.code_digest.cache_clear()
        step_store._imports.cache_clear()
        return step_store.code_digest(("made_up.step",))

    try:
        before = digest()
        (package / "other.py").write_text("Y = 2\n", encoding="utf-8")
        assert digest() == before
        (package / "helper.py").write_text("X = 2\n", encoding="utf-8")
        assert digest() != before
    finally:
        step_store._imports.cache_clear()


def test_pieces_outlive_a_kill_and_go_with_the_finished_step(store: StepStore) -> None:
    seen: list[list[str]] = []

    def in_pieces(context: TaskContext) -> dict[str, object]:
        assert context.scratch is not None
        context.scratch.mkdir(exist_ok=True)
        seen.append([path.name for path in context.scratch.iterdir()])
        (context.scratch / "piece").write_text("1", encoding="utf-8")
        if len(seen) == 1:
            raise KeyboardInterrupt
        return {}

    task = replace(TASK, run=in_pieces)
    with pytest.raises(KeyboardInterrupt):
        store.run(task, {})
    made = store.run(task, {})
    assert seen == [[], ["piece"]]
    assert [path.name for path in made.folder.parent.iterdir()] == [made.folder.name]


def test_pieces_of_other_inputs_are_removed_with_them(store: StepStore) -> None:
    def dies(context: TaskContext) -> dict[str, object]:
        assert context.scratch is not None
        context.scratch.mkdir()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.run(replace(TASK, material={"a": 2}, run=dies), {})
    made = store.run(TASK, {})
    store.prune([made])
    assert [path.name for path in made.folder.parent.iterdir()] == [made.folder.name]
