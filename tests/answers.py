"""A whole answer to look at: planted cells searched against the planted bundle, some of them of a type nobody knows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from core.bundle.reader import Bundle
from core.engine import Engine, QueryResult
from tests.worlds import QUERY, World, write_query

N_ALIEN = 12


class Answer(NamedTuple):
    """What every view is computed from."""

    bundle: Bundle
    result: QueryResult


def answer(world: World, builds: Path, folder: Path) -> Answer:
    """Search 110 planted and 12 alien cells."""
    query = write_query(world, folder / "query.h5ad", composition=QUERY, n_alien=N_ALIEN)
    engine = Engine.open([builds])
    result = engine.annotate(query, out=folder / "result")
    return Answer(engine.bundle_of(result), result)
