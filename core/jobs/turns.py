"""Whose query is next: one from each owner in turn, so that many queries of one user do not hold up the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Waiting:
    """A query that waits.

    Parameters
    ----------
    token, owner : str
        As in `Job`.
    queued_at : float
        Seconds since 1970.
    """

    token: str
    owner: str
    queued_at: float


def turn_order(waiting: Iterable[Waiting], running: Iterable[str], last_start: Mapping[str, float]) -> list[str]:
    """Return the waiting queries in the order they will start.

    Parameters
    ----------
    waiting : iterable of Waiting
        All queued queries.
    running : iterable of str
        Owner of each running query.
    last_start : mapping of str to float
        When a query of each owner was last started; absent means never.

    Returns
    -------
    list of str
        Tokens. Round robin: the n-th query of every owner (running ones count) before the (n+1)-th of any;
        within a round the owner served longest ago first.

    Examples
    --------
    >>> queue = [Waiting("a1", "a", 1), Waiting("a2", "a", 2), Waiting("b1", "b", 3)]
    >>> turn_order(queue, running=[], last_start={})
    ['a1', 'b1', 'a2']
    >>> turn_order(queue, running=["a"], last_start={"a": 9})
    ['b1', 'a1', 'a2']
    """
    busy = Counter(running)
    by_owner: dict[str, list[Waiting]] = defaultdict(list)
    for query in sorted(waiting, key=lambda w: w.queued_at):
        by_owner[query.owner].append(query)
    keyed = [
        (busy[owner] + n, last_start.get(owner, 0.0), query.queued_at, query.token)
        for owner, queries in by_owner.items()
        for n, query in enumerate(queries)
    ]
    return [token for *_, token in sorted(keyed)]
