"""Small values as repositories write them: days and whole numbers."""

from __future__ import annotations

import datetime as dt
import re

_ISO = re.compile(r"(\d{4})[-/](\d{2})[-/](\d{2})")
_WORDS = re.compile(r"([A-Z][a-z]{2}) (\d{1,2}),? (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def day(text: str | None) -> dt.date | None:
    """Find the first day in a text.

    Parameters
    ----------
    text : str or None
        As in ``2017/01/31``, ``2014-08-01T00:00:00Z`` or ``Public on Jan 31 2017``.

    Returns
    -------
    datetime.date or None
        None where there is none.

    Examples
    --------
    >>> day("Public on Jan 31 2017")
    datetime.date(2017, 1, 31)
    """
    iso, words = _ISO.search(text or ""), _WORDS.search(text or "")
    try:
        if iso:
            return dt.date(int(iso[1]), int(iso[2]), int(iso[3]))
        if words and words[1] in _MONTHS:
            return dt.date(int(words[3]), _MONTHS.index(words[1]) + 1, int(words[2]))
    except ValueError:
        return None
    return None


def number(text: str | None) -> int | None:
    """Read a whole number that is not negative; None for anything else.

    Examples
    --------
    >>> number("42"), number(""), number("-1")
    (42, None, None)
    """
    cleaned = (text or "").strip()
    return int(cleaned) if cleaned.isascii() and cleaned.isdigit() and len(cleaned) < 19 else None
