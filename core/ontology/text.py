"""Short names of cell types for drawing, and how wide they come out.

Full names stay in tooltips, tables and files; a short name only ever stands beside its full one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping

# Cell Ontology's wording for what biologists write with a sign or a letter. Order matters.
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bthymus-derived ", ""),
        (r"\bnatural killer\b", "NK"),
        (r"\bgamma-delta\b", "γδ"),
        (r"-positive, alpha-beta\b", "-positive"),
        (r"\balpha-beta\b", "αβ"),
        (r"\b(CD4|CD8)-positive(?= .*\bT cell\b)", r"\1"),
        (r"-positive\b", "+"),
        (r"-negative\b", "−"),
        (r"\bCD14-low, CD16\+", "CD16+"),
        (r" \(sensu Vertebrata\)", ""),
        (r"\bendothelial cell of\b", "endothelium of"),
        (r"\bGABAergic interneuron\b", "interneuron"),
        (r"\btype pancreatic cell\b", "cell"),
        (r"\bcerebral cortex\b", "cortex"),
        (r"\s+", " "),
    )
)
# Advance widths of Inter in ems, rounded up by class of letter; the last class is everything else.
_WIDTHS: tuple[tuple[str, float], ...] = (
    ("ijlI.,:;!|' ", 0.29),
    ("ftr()[]/", 0.38),
    ("1-_", 0.47),
    ("aceksvxyzFJL7?*", 0.60),
    ("bdghnopqu0234568EKPRSTXZ9+−=<>", 0.66),
    ("mMw@%W", 0.95),
)
_OTHER_WIDTH = 0.77
ELLIPSIS = "…"


def short_name(name: str) -> str:
    """Write a type's name as it is spoken.

    Parameters
    ----------
    name : str
        Preferred name of a CL or UBERON term.

    Returns
    -------
    str
        Never longer than the name; not unique, see `short_names`.

    Examples
    --------
    >>> short_name("naive thymus-derived CD4-positive, alpha-beta T cell")
    'naive CD4 T cell'
    >>> short_name("CD14-low, CD16-positive monocyte")
    'CD16+ monocyte'
    """
    short = name
    for pattern, replacement in _RULES:
        short = pattern.sub(replacement, short)
    return short if len(short) <= len(name) else name


def brief_name(name: str) -> str:
    """Write a type's name for places too narrow for a short name: two words say enough without "cell".

    Parameters
    ----------
    name : str
        Preferred name of a CL or UBERON term.

    Returns
    -------
    str
        The short name, or what it says before a final "cell".

    Examples
    --------
    >>> brief_name("pancreatic stellate cell"), brief_name("natural killer cell")
    ('pancreatic stellate', 'NK cell')
    """
    short = short_name(name)
    stem = short.removesuffix(" cell")
    return stem if " " in stem else short


def short_names(names: Mapping[str, str], shorten: Callable[[str], str] = short_name) -> dict[str, str]:
    """Shorten many names; two types never come out alike.

    Parameters
    ----------
    names : mapping of str to str
        Id to full name.
    shorten : callable, optional
        `short_name` or `brief_name`.

    Returns
    -------
    dict of str to str
        Id to short name; the full name where the short one would be taken twice.
    """
    short = {key: shorten(name) for key, name in names.items()}
    times = Counter(short.values())
    return {key: name if times[name] == 1 else names[key] for key, name in short.items()}


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a line of Inter from above.

    Parameters
    ----------
    text : str
        One line.
    size : float
        Font size in pixels.
    bold : bool
        Weight 600 instead of 400.

    Returns
    -------
    float
        Pixels; a few percent more than the browser draws, so that what fits here fits there.
    """
    ems = sum(_ems(letter) for letter in text)
    return ems * size * (1.05 if bold else 1.0)


def clip_text(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Cut a line to a width, with an ellipsis.

    Parameters
    ----------
    text : str
        One line.
    width : float
        Pixels at hand.
    size : float
        Font size in pixels.
    bold : bool
        Weight 600 instead of 400.

    Returns
    -------
    str
        The text where it fits, else its beginning and an ellipsis.
    """
    if text_width(text, size, bold=bold) <= width:
        return text
    kept = text
    while kept and text_width(kept.rstrip() + ELLIPSIS, size, bold=bold) > width:
        kept = kept[:-1]
    return kept.rstrip(" ,-") + ELLIPSIS


def wrap_text(text: str, width: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """Break a name into at most two lines.

    Parameters
    ----------
    text : str
        A name.
    width : float
        Wanted width of a line in pixels; a single long word may exceed it.
    size : float
        Font size in pixels.
    bold : bool
        Weight 600 instead of 400.

    Returns
    -------
    tuple of str
        One line where it fits or has one word, else the two lines whose longer one is shortest.
    """
    words = text.split(" ")
    if len(words) == 1 or text_width(text, size, bold=bold) <= width:
        return (text,)
    breaks = [(" ".join(words[:i]), " ".join(words[i:])) for i in range(1, len(words))]
    return min(breaks, key=lambda lines: max(text_width(line, size, bold=bold) for line in lines))


def plural(name: str) -> str:
    """Put a type's name into the plural for a sentence.

    Parameters
    ----------
    name : str
        Name or short name.

    Returns
    -------
    str
        The head noun in the plural.

    Examples
    --------
    >>> plural("B cell"), plural("endothelium of vein"), plural("lymphocyte of B lineage")
    ('B cells', 'endothelium of vein', 'lymphocytes of B lineage')
    """
    head, joint, rest = re.match(r"^(.*?)((?: of | in | \(|, ).*)?$", name).group(1, 2, 2)  # type: ignore[union-attr]
    if head.endswith(("s", "ium", "blood", "tissue")):
        return name
    ending = "ies" if re.search(r"[^aeiou]y$", head) else "s"
    return (head[:-1] if ending == "ies" else head) + ending + (rest if joint else "")


def _ems(letter: str) -> float:
    return next((width for letters, width in _WIDTHS if letter in letters), _OTHER_WIDTH)
