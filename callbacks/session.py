"""Who asks: a random name for each browser, kept in the signed session cookie. No accounts."""

from __future__ import annotations

from flask import session

from core.jobs.records import new_token

OWNER = "owner"


def current_owner() -> str:
    """Return the name of the browser behind the current request, giving it one at its first visit.

    Returns
    -------
    str
        128 random bits; never shown on a page.
    """
    owner = session.get(OWNER)
    if not isinstance(owner, str) or not owner:
        owner = session[OWNER] = new_token()
        session.permanent = True
    return owner
