"""Results of the differential step on disk, so that a killed build does not lose them.

Arrow files; one has its name only when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import feather

from build_bundle.differential.combine import StudyTest

_FACTS = ("study", "n_in", "n_out", "same_study", "method")


@dataclass(frozen=True, eq=False)
class Outcome:
    """One test as a job leaves it.

    Parameters
    ----------
    background : str
        What the type was held against.
    test : StudyTest
        The test.
    reason : str
        Why the chosen method could not do it and another one did; empty where it could.
    """

    background: str
    test: StudyTest
    reason: str


def write_outcomes(path: Path, outcomes: Sequence[Outcome]) -> None:
    """Keep the tests of a job.

    Parameters
    ----------
    path : Path
        File to be.
    outcomes : sequence of Outcome
        At least one.
    """
    frames = [outcome.test.table.assign(outcome=number) for number, outcome in enumerate(outcomes)]
    facts = [
        {"background": o.background, "reason": o.reason, **{name: getattr(o.test, name) for name in _FACTS}}
        for o in outcomes
    ]
    table = pa.Table.from_pandas(pd.concat(frames, ignore_index=True), preserve_index=False)
    write_rows(path, table.replace_schema_metadata({"outcomes": json.dumps(facts)}))


def read_outcomes(path: Path) -> list[Outcome]:
    """Return what `write_outcomes` kept."""
    table = read_rows(path)
    facts = json.loads(table.schema.metadata[b"outcomes"])
    frame = table.replace_schema_metadata(None).to_pandas()
    found = []
    for number, fact in enumerate(facts):
        own = frame[frame["outcome"] == number].drop(columns="outcome").reset_index(drop=True)
        test = StudyTest(table=own, **{name: fact[name] for name in _FACTS})
        found.append(Outcome(fact["background"], test, fact["reason"]))
    return found


def write_rows(path: Path, table: pa.Table) -> None:
    """Keep a table under a name that it gets when it is complete."""
    part = path.with_name(f".{path.name}.part")
    feather.write_feather(table, str(part), compression="lz4")
    part.replace(path)


def read_rows(path: Path) -> pa.Table:
    """Return what `write_rows` kept."""
    return feather.read_table(str(path), memory_map=False)
