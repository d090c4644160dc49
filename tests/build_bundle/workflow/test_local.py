from __future__ import annotations

import threading
from pathlib import Path

import pytest

from build_bundle.steps.store import StepStore
from build_bundle.steps.task import Facts, Finished, Task, TaskContext
from build_bundle.workflow.local import Event, run_tasks


def task(name: str, ran: list[str], error: Exception | None = None) -> Task:
    def run(context: TaskContext) -> Facts:
        ran.append(name)
        (context.out / "x.txt").write_text(name, encoding="utf-8")
        if error is not None:
            raise error
        return {"name": name}

    return Task(name, name, run)


def rescue(task: Task, error: Exception) -> Facts:
    return {"name": task.name, "error": str(error)}


def go(tasks: list[Task], store: StepStore, events: list[Event] | None = None, **more: object) -> dict[str, Finished]:
    heard = events if events is not None else []
    return run_tasks(tasks, store, workers=2, rescue=rescue, tell=heard.append, **more)  # type: ignore[arg-type]


def test_finished_tasks_are_taken_up_and_a_failure_stops_nothing(tmp_path: Path) -> None:
    store, ran, events = StepStore(tmp_path), [], []
    tasks = [task("a", ran), task("b", ran, ValueError("no")), task("c", ran)]
    found = go(tasks, store, events)
    assert [done.facts.get("error") for done in found.values()] == [None, "no", None]
    assert sorted((event.number, event.total) for event in events) == [(1, 3), (2, 3), (3, 3)]
    ran.clear()
    again = go([task("a", ran), task("b", ran), task("c", ran)], store)
    assert ran == ["b"]
    assert list(again) == ["a", "b", "c"]


def test_what_should_be_tried_again_is(tmp_path: Path) -> None:
    store, ran = StepStore(tmp_path), []
    go([task("a", ran)], store)
    go([task("a", ran)], store, again=lambda _: True)
    assert ran == ["a", "a"]


def test_an_interruption_stops_what_runs(tmp_path: Path) -> None:
    store, ran, stopped = StepStore(tmp_path), [], threading.Event()

    def wait(context: TaskContext) -> Facts:
        stopped.wait(30)
        return {}

    def tell(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_tasks(
            [task("a", ran), Task("slow", "slow", wait)], store, workers=2, rescue=rescue, tell=tell, stop=stopped.set
        )
    assert stopped.is_set()
