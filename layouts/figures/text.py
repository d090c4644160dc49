"""Text on its way into a plotly figure.

Plotly reads a small subset of HTML in titles, ticks, hover texts and annotations, so whatever came from a file is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from core.ontology.text import brief_name, short_names


def escape(text: object) -> str:
    """Write any text so that plotly shows it as it is.

    Parameters
    ----------
    text : object
        Name from a file or a bundle.

    Returns
    -------
    str
        With ``& < >`` as entities and without line breaks. ``%{`` cannot open a hover template field.

    Examples
    --------
    >>> escape("<b>B & T</b>")
    '&lt;b&gt;B &amp; T&lt;/b&gt;'
    """
    flat = " ".join(str(text).split())
    return html.escape(flat, quote=False).replace("%{", "%&#123;")


def escaped_brief_names(names: Iterable[str]) -> list[str]:
    """Shorten and escape type names for ticks; two never come out alike.

    Parameters
    ----------
    names : iterable of str
        Full names, different from each other.

    Returns
    -------
    list of str
        In the same order.
    """
    full = [str(name) for name in names]
    short = short_names({name: name for name in full}, brief_name)
    return [escape(short[name]) for name in full]
