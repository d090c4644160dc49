"""What is configuration in labelling: terms that are no labels, fields that are never matched, how sure a match must be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from build_bundle.configuration.config import SelectionSettings

FieldKind = Literal["cell_type", "tissue", "other", "never"]

CONFIDENCE = {
    "name": 1.0,
    "lab": 0.95,
    "exact": 0.95,
    "value": 0.85,
    "short_form": 0.8,
    "narrow": 0.6,
    "related": 0.5,
    "broad": 0.4,
}
"""How sure a match of each scope is, best scope first among equals; ``lab`` are the words of ``lab_words.csv``."""

_CELL_TYPE = (r"cell[ _-]?(sub)?types?\b", r"\bcell (identity|population|subset|class|lineage)", r"\bcluster (label|name)",
              r"\bcelltype", r"\bpopulation\b")  # fmt: skip
_TISSUE = (r"\btissue", r"\borgan\b", r"\borgan part", r"\borganism part", r"\bbody site", r"\banatom", r"\bbrain region",
           r"^source name", r"\bregion\b", r"\bcell source")  # fmt: skip
_NEVER = (
    r"^organism$", r"^organism(?! part)", r"\bspecies", r"\btax", r"\bstrain", r"\bbackground", r"\bgenotyp", r"\bsex\b",
    r"\bgender", r"\bage\b", r"\bstage\b", r"protocol", r"\blibrary", r"\bplatform", r"\binstrument", r"\bmolecule", r"\bcontact",
    r"processing", r"\bprovider", r"\bvendor", r"\bantibod", r"\btreat", r"\bagent", r"\bmedi(a|um)\b", r"\bgrowth", r"\bculture",
    r"\bfiles?\b", r"\bbatch", r"\bdonor", r"\bindividual", r"\bsubject", r"\bmarkers?\b", r"\bgat(e|ing)\b", r"\bphenotype marker",
    r"\bseries", r"\brelation", r"\bperformer", r"\bbarcode", r"\bindex\b", r"\bprimer", r"\btransgen", r"\breporter", r"\bplasmid",
    r"\bdiet", r"\bdiseas", r"\bdiagnos", r"\btechnology", r"\bassay", r"\bchip\b", r"\bunit\b", r"\bdate\b", r"\bstatus\b",
)  # fmt: skip
_WRAPPED = re.compile(r"^[a-z ]+(?:\[(?P<in>[^\]]*)\]|:(?P<after>.*))$")


@dataclass(frozen=True)
class LabelSettings:
    """How texts become labels.

    Parameters
    ----------
    general_terms, general_prefixes : tuple of str
        Terms too general to label a cell; by default those of the selection (science 1).
    vague_terms : tuple of str
        Terms that free text names without meaning a label: tissue, organ, cell line and so on.
    general_branches : tuple of str
        Terms that are no labels, with everything below them: stages of life.
    min_confidence : float
        Matches less sure than this label nothing; they still stand in the evidence.
    cell_type_fields, tissue_fields, never_fields : tuple of str
        Regular expressions found in a field's name (lower case); the last are never matched and win.
    """

    general_terms: tuple[str, ...] = SelectionSettings().general_terms
    general_prefixes: tuple[str, ...] = SelectionSettings().general_prefixes
    vague_terms: tuple[str, ...] = (
        "UBERON:0000479", "UBERON:0000062", "UBERON:0000468", "UBERON:0000467", "UBERON:0003100", "UBERON:0003101",
        "UBERON:0000061", "UBERON:0001062", "UBERON:0034923", "UBERON:0010000", "UBERON:0000465", "CL:0000010", "CL:0000003",
        "CL:0000578", "CL:0001034", "CL:0000001", "CL:0000255", "CL:0000548", "CL:0000004",
    )  # fmt: skip
    general_branches: tuple[str, ...] = ("UBERON:0000104", "UBERON:0000105")
    min_confidence: float = 0.5
    cell_type_fields: tuple[str, ...] = _CELL_TYPE
    tissue_fields: tuple[str, ...] = _TISSUE
    never_fields: tuple[str, ...] = _NEVER

    def kind(self, field: str) -> FieldKind:
        """Tell what a field holds by its name.

        Parameters
        ----------
        field : str
            Name as the repository writes it, for example ``characteristics: cell type`` or ``Characteristics[organism]``.

        Returns
        -------
        str
            ``cell_type``, ``tissue``, ``other``, or ``never`` where its text is not matched.

        Examples
        --------
        >>> settings = LabelSettings()
        >>> [
        ...     settings.kind(f)
        ...     for f in ("Characteristics[organism]", "characteristics: cell type", "source_name_ch1", "title")
        ... ]
        ['never', 'cell_type', 'tissue', 'other']
        """
        return self._kind_of(field)

    @cached_property
    def _kind_of(self) -> Callable[[str], FieldKind]:
        """A memory of its own: one for all settings would have to compare them with every question."""
        return lru_cache(maxsize=4096)(self._read_kind)

    def _read_kind(self, field: str) -> FieldKind:
        name = plain_name(field)
        if not name or _any_in(self.never_fields, name):
            return "never"
        if _any_in(self.cell_type_fields, name):
            return "cell_type"
        return "tissue" if _any_in(self.tissue_fields, name) else "other"

    def is_general(self, term_id: str) -> bool:
        """Whether the term itself is too general; its branch is `decide`'s to look at."""
        prefix = term_id.partition(":")[0]
        return term_id in self.general_terms or term_id in self.vague_terms or prefix in self.general_prefixes


def _any_in(patterns: tuple[str, ...], name: str) -> bool:
    return any(re.search(pattern, name) for pattern in patterns)


def plain_name(field: str) -> str:
    """Return the bare name of a field.

    Examples
    --------
    >>> plain_name("characteristics: Cell_type"), plain_name("Characteristics[organism part]"), plain_name("tissue_s")
    ('cell type', 'organism part', 'tissue')
    """
    name = field.strip().lower().replace("_", " ")
    wrapped = _WRAPPED.match(name)
    if wrapped:
        name = wrapped["in"] or wrapped["after"] or ""
    return re.sub(r" (ch\d|s)$", "", name.strip())
