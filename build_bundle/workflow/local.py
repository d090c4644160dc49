"""Run independent tasks on this machine, a few at a time; what is finished is taken up, what fails stops nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from build_bundle.steps.store import StepStore
from build_bundle.steps.task import Facts, Finished, Task

Rescue = Callable[[Task, Exception], Facts]
"""Turns the death of a task into its facts."""


@dataclass(frozen=True)
class Event:
    """What a watcher hears: task `number` of `total` is finished; `is_new` where it ran just now."""

    number: int
    total: int
    task: Task
    finished: Finished
    is_new: bool


def run_tasks(
    tasks: Sequence[Task],
    store: StepStore,
    *,
    workers: int,
    rescue: Rescue,
    tell: Callable[[Event], None],
    again: Callable[[Finished], bool] = lambda _: False,
    stop: Callable[[], None] = lambda: None,
) -> dict[str, Finished]:
    """Run tasks that need no other task.

    Parameters
    ----------
    tasks : sequence of Task
        Names are unique.
    store : StepStore
        Where finished tasks are; each new one is kept there as soon as it ends.
    workers : int
        Tasks at a time. They are threads: the work itself is done by external programs.
    rescue : callable
        Facts for a task that raised; such a task is not kept, so the next run tries it again.
    tell : callable
        Called in this thread for every finished task.
    again : callable
        Whether a kept result should be made once more.
    stop : callable
        Called when this thread is interrupted, to end what the tasks have started.

    Returns
    -------
    dict of str to Finished
        All tasks, in the order given.
    """
    found = {task.name: kept for task in tasks if (kept := store.find(task, {})) and not again(kept)}
    number = 0
    for task in tasks:
        if task.name in found:
            number += 1
            tell(Event(number, len(tasks), task, found[task.name], is_new=False))
    todo = [task for task in tasks if task.name not in found]
    with ThreadPoolExecutor(max_workers=workers) as pool:
        running: dict[Future[Finished], Task] = {pool.submit(_run_one, task, store, rescue): task for task in todo}
        try:
            for future in as_completed(running):
                task = running[future]
                found[task.name] = future.result()
                number += 1
                tell(Event(number, len(tasks), task, found[task.name], is_new=True))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            stop()
            raise
    return {task.name: found[task.name] for task in tasks}


def _run_one(task: Task, store: StepStore, rescue: Rescue) -> Finished:
    try:
        return store.run(task, {})
    except Exception as error:  # noqa: BLE001 - whatever one task dies of, the others go on
        return Finished(task.name, store.folder / task.name, rescue(task, error), "", 0.0)
