"""How cells were taken and libraries made, as far as the texts of a sample say.

The families matter to counting: a ``plate`` library holds one cell, a ``droplet`` or ``pooled`` library holds many that
only their barcodes tell apart.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

PLATE: Final = "plate"
DROPLET: Final = "droplet"
POOLED: Final = "pooled"

# In the order they are tried: the particular before the general. "Fluidigm C1" with SMARTer chemistry is a plate method.
_METHODS: tuple[tuple[str, str, str], ...] = (
    ("10x 3' v3", DROPLET, r"(10x|chromium).{0,80}\bv3(\.1)?\b|\bv3(\.1)? chemistry"),
    ("10x 3' v2", DROPLET, r"(10x|chromium).{0,80}\bv2\b|\bv2 chemistry"),
    ("10x 5'", DROPLET, r"(10x|chromium).{0,60}5['′’]"),
    (
        "10x",
        DROPLET,
        r"\b10x ?genomics\b|\b10x chromium\b|\bchromium (single|controller|next)|\bgemcode\b|\bcell ?ranger\b",
    ),
    ("Drop-seq", DROPLET, r"\bdrop[- ]?seq\b"),
    ("inDrop", DROPLET, r"\bin[- ]?drops?\b(?![a-z])"),
    ("Seq-Well", DROPLET, r"\bseq[- ]?well\b"),
    ("DNBelab", DROPLET, r"\bdnbelab\b"),
    ("BD Rhapsody", DROPLET, r"\brhapsody\b"),
    ("Microwell-seq", POOLED, r"\bmicrowell[- ]?seq\b"),
    ("SPLiT-seq", POOLED, r"\bsplit[- ]?seq\b|\bparse biosciences\b"),
    ("sci-RNA-seq", POOLED, r"\bsci[- ]rna[- ]?seq"),
    ("CEL-Seq2", POOLED, r"\bcel[- ]?seq ?2\b"),
    ("CEL-Seq", POOLED, r"\bcel[- ]?seq\b"),
    ("SORT-seq", POOLED, r"\bsort[- ]?seq\b"),
    ("MARS-seq", POOLED, r"\bmars[- ]?seq"),
    ("SCRB-seq", POOLED, r"\bm?c?scrb[- ]?seq\b"),
    ("STRT", POOLED, r"\bstrt\b"),
    ("Smart-seq3", PLATE, r"\bsmart[- ]?seq ?3\b"),
    ("Smart-seq2", PLATE, r"\bsmart[- ]?seq ?(2|ii)\b"),
    ("Smart-seq", PLATE, r"\bsmart[- ]?seq\b|\bsmarter\b|\bsmart-like\b|\bsmart[- ]?scribe\b"),
    ("Quartz-Seq", PLATE, r"\bquartz[- ]?seq\b"),
    ("Tang 2009", PLATE, r"\btang (et al|protocol|method)"),
    ("Fluidigm C1", PLATE, r"\bfluidigm\b|\bc1 (chip|system|ifc|single)"),
)
_PATTERNS = tuple((name, family, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for name, family, pattern in _METHODS)


@lru_cache(maxsize=4096)  # submitters give all their samples the same protocol
def technology_of(text: str) -> tuple[str, str]:
    """Return technology and family of a sample.

    Parameters
    ----------
    text : str
        Its title and protocols.

    Returns
    -------
    technology : str
        Empty where none of the known ones is named.
    family : str
        ``plate``, ``droplet``, ``pooled``, or empty.

    Examples
    --------
    >>> technology_of("Libraries were made with the 10x Genomics Single Cell 3' v2 kit")
    ("10x 3' v2", 'droplet')
    """
    for name, family, pattern in _PATTERNS:
        if pattern.search(text):
            return name, family
    return "", ""
