"""How numbers, sizes and times are written on the page: commas, units, no more digits than are known."""

from __future__ import annotations

MINUTE = 60
HOUR = 3600

LARGEST_RATIO = 1000
"""Of odds that is written; its inverse is the smallest."""


def count(n: int, noun: str = "", plural: str = "") -> str:
    """Write a count with thousands separators, and its noun in the right number.

    Parameters
    ----------
    n : int
        The count.
    noun : str
        Singular.
    plural : str
        Where an "s" is not enough.

    Returns
    -------
    str
        For example ``2,638 cells``.

    Examples
    --------
    >>> count(2638, "cell"), count(1, "study", "studies")
    ('2,638 cells', '1 study')
    """
    if not noun:
        return f"{n:,}"
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def percent(part: float, whole: float) -> str:
    """Write a share in whole percent that says 0 or 100 only where it is so.

    Parameters
    ----------
    part, whole : float
        Counts, or a share and 1; `whole` may be 0.

    Returns
    -------
    str
        With a space.

    Examples
    --------
    >>> percent(338, 2638), percent(5, 1000), percent(999, 1000), percent(0, 0)
    ('13 %', '< 1 %', '> 99 %', '0 %')
    """
    share = 100 * part / whole if whole else 0.0
    if round(share) == 0 and share > 0:
        return "< 1 %"
    return "> 99 %" if round(share) == 100 and share < 100 else f"{share:.0f} %"


def sentence(text: str) -> str:
    """Begin a sentence with a capital letter, unless it begins with a name that has its own spelling.

    Parameters
    ----------
    text : str
        For example the name of a cell type.

    Returns
    -------
    str
        The same words.

    Examples
    --------
    >>> sentence("dendritic cell: 7 of 2,638 cells"), sentence("mDC: 7 cells")
    ('Dendritic cell: 7 of 2,638 cells', 'mDC: 7 cells')
    """
    first = text.split(maxsplit=1)[0] if text.strip() else ""
    return text[0].upper() + text[1:] if first.rstrip(":,").islower() else text


def size(n_bytes: float) -> str:
    """Write a file or memory size.

    Parameters
    ----------
    n_bytes : float
        Bytes.

    Returns
    -------
    str
        Three digits at most, decimal units.

    Examples
    --------
    >>> size(5_123_456), size(391e6), size(4e9)
    ('5.1 MB', '391 MB', '4.0 GB')
    """
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if n_bytes >= scale:
            value = n_bytes / scale
            return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"
    return f"{n_bytes:.0f} bytes"


def memory(n_bytes: float) -> str:
    """Write an amount of memory, in units of 1,024 as machines have it.

    Parameters
    ----------
    n_bytes : float
        Bytes.

    Returns
    -------
    str
        Whole units where they are whole.

    Examples
    --------
    >>> memory(4 * 1024**3), memory(312 * 1024**2), memory(1.5 * 1024**3)
    ('4 GB', '312 MB', '1.5 GB')
    """
    if n_bytes >= 1024**3:
        return f"{n_bytes / 1024**3:.1f} GB".replace(".0 GB", " GB")
    return f"{n_bytes / 1024**2:,.0f} MB"


def seconds(s: float) -> str:
    """Write a duration of a stage.

    Parameters
    ----------
    s : float
        Seconds.

    Returns
    -------
    str
        For example ``0.6 s`` or ``2 min 5 s``.

    Examples
    --------
    >>> seconds(0.64), seconds(42.3), seconds(125)
    ('0.6 s', '42 s', '2 min 5 s')
    """
    if s < 10:
        return f"{s:.1f} s"
    whole = round(s)
    return f"{whole} s" if whole < MINUTE else f"{whole // MINUTE} min {whole % MINUTE} s"


def remaining(s: float) -> str:
    """Write how long something is still kept.

    Parameters
    ----------
    s : float
        Seconds left.

    Returns
    -------
    str
        Rounded down, at least a minute.

    Examples
    --------
    >>> remaining(86_000), remaining(3700), remaining(20)
    ('23 hours', '1 hour', '1 minute')
    """
    if s >= HOUR:
        return count(int(s // HOUR), "hour")
    return count(max(int(s // MINUTE), 1), "minute")


def score(value: float | None) -> str:
    """Write a score between 0 and 1.

    Parameters
    ----------
    value : float or None
        None where there is none.

    Returns
    -------
    str
        Two decimals, or a dash.

    Examples
    --------
    >>> score(0.5512), score(None)
    ('0.55', '–')
    """
    return "–" if value is None or value != value else f"{value:.2f}"  # noqa: PLR0124  (NaN differs from itself)


def p_value(value: float) -> str:
    """Write a p- or q-value.

    Parameters
    ----------
    value : float
        0..1.

    Returns
    -------
    str
        Three decimals, or the bound below them.

    Examples
    --------
    >>> p_value(1e-80), p_value(0.0312)
    ('< 0.001', '0.031')
    """
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def ratio(value: float) -> str:
    """Write an odds ratio.

    Parameters
    ----------
    value : float
        0 or more.

    Returns
    -------
    str
        Two decimals, three below 0.01, or the bound of what so few cells can tell.

    Examples
    --------
    >>> ratio(29719.67), ratio(4), ratio(0.0042), ratio(1e-9)
    ('> 1,000', '4.00', '0.004', '< 0.001')
    """
    if value > LARGEST_RATIO or value < 1 / LARGEST_RATIO:
        return "> 1,000" if value > 1 else "< 0.001"
    return f"{value:.2f}" if value >= 0.01 else f"{value:.3f}"


def fingerprint(digest: str) -> str:
    """Write the first digits of a hash in two groups.

    Parameters
    ----------
    digest : str
        Hex digits.

    Returns
    -------
    str
        Eight digits.

    Examples
    --------
    >>> fingerprint("c41d09fe77aa")
    'c41d 09fe'
    """
    return f"{digest[:4]} {digest[4:8]}"
