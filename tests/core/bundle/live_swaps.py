"""``python -m tests.core.bundle.live_swaps SOURCE OUT --swaps N``: readers open and read while the bundle in use is switched and published anew.

Every build says its generation in the manifest, in two tables, an array and a file; a reader that finds two of them has mixed bundles.
Prints figures as JSON. Not a test module, so that the readers are forked from a process without threads.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import numpy as np

from core.bundle import schema
from core.bundle.files import CURRENT
from core.bundle.publish import build_lock, switch_current
from core.bundle.reader import Bundle
from tests.republished import republish

N_READERS = 8
PUBLISHED_EVERY = 10
"""Swaps between two publications; the others lead to a build that is there already, back or forth."""
_CONTEXT = multiprocessing.get_context("fork")


@dataclass
class Seen:
    """What one reader met."""

    n_reads: int = 0
    n_crossed: int = 0
    """Readings during which another build came into use."""
    generations: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def publish_generation(source: Path, out: Path, generation: int) -> str:
    """Publish the source bundle as another build that says its generation everywhere; return its id."""
    bundle, said = Bundle.open(source), f"generation {generation}"
    array = np.array(bundle.embedding)
    array[0] = np.roll(array[0], generation)  # as long as before
    held = io.BytesIO()
    np.save(held, array)
    tables = {
        schema.STUDIES: bundle.studies.assign(title=said),
        schema.TERMS: bundle.terms.assign(definition=said),
    }
    files = {schema.REPORT: said.encode(), schema.EMBEDDING: held.getvalue()}
    return republish(source, out, tables, files, title=said).name


def parts_of(bundle: Bundle, pause: Callable[[], None]) -> list[str]:
    """Return what each marked place says; a pause before each lets the bundle in use change."""
    said = [bundle.manifest.title]
    pause()
    said += bundle.studies["title"].unique().tolist()
    pause()
    said.append(bundle.path(schema.REPORT).read_text())
    pause()
    said += bundle.terms["definition"].unique().tolist()
    pause()
    return said


def read(out: Path, number: int, first: np.ndarray, opened: Synchronized[int], ended: Any, results: Any) -> None:
    """Open and read again and again until it is over."""
    rng, seen = random.Random(number), Seen()
    while not (out / CURRENT).exists():
        time.sleep(0.01)
    while not ended.is_set():
        try:
            bundle = Bundle.open(out)
            with opened.get_lock():
                opened.value += 1
            said = parts_of(bundle, lambda: time.sleep(rng.uniform(0, 0.004)))
            generation = int(said[0].split()[1])
            if said != said[:1] * 4 or not np.array_equal(bundle.embedding[0], np.roll(first, generation)):
                seen.wrong.append(f"{said} in {bundle.folder.name}")
            seen.generations.add(generation)
            seen.n_crossed += bundle.folder != (out / CURRENT).resolve()
        except Exception as error:  # noqa: BLE001 - whatever it is, a reader must not meet it
            seen.wrong.append(repr(error))
        seen.n_reads += 1
    results.put(seen)


def swap(source: Path, out: Path, n_swaps: int, opened: Synchronized[int], is_alive: Callable[[], bool]) -> int:
    """Switch and publish, each time after a reader has opened the build that goes; return the number of builds."""
    rng, builds = random.Random(0), [publish_generation(source, out, 0)]
    for number in range(n_swaps):
        before = opened.value
        while opened.value == before and is_alive():
            time.sleep(0.0005)
        if number % PUBLISHED_EVERY == 0:
            builds.append(publish_generation(source, out, len(builds)))
        else:
            in_use = (out / CURRENT).resolve().name
            switch_current(out, rng.choice([build for build in builds if build != in_use]))
    return len(builds)


def main() -> int:
    """Run it; 0 whatever was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("source", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--swaps", type=int, required=True)
    given = parser.parse_args()
    opened, ended, results = _CONTEXT.Value("q", 0), _CONTEXT.Event(), _CONTEXT.Queue()
    first = np.load(given.source / schema.EMBEDDING)[0]
    told = (opened, ended, results)
    readers = [_CONTEXT.Process(target=read, args=(given.out, i, first, *told), daemon=True) for i in range(N_READERS)]
    for reader in readers:
        reader.start()
    with build_lock(given.out):
        n_builds = swap(given.source, given.out, given.swaps, opened, lambda: all(r.is_alive() for r in readers))
    ended.set()
    seen = [results.get(timeout=60) for _ in readers]
    figures = {
        "readers": sum(one.n_reads > 0 for one in seen),
        "builds": n_builds,
        "reads": sum(one.n_reads for one in seen),
        "crossed": sum(one.n_crossed for one in seen),
        "generations": len(set().union(*(one.generations for one in seen))),
        "wrong": [sentence for one in seen for sentence in one.wrong][:20],
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
