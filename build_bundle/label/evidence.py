"""What labelling finds in a sample, as plain values: fields, hits, labels. Not here: how it is decided (``decide``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from build_bundle.label.settings import CONFIDENCE, FieldKind

Field = tuple[str, str]
"""Name and text of one field of a sample."""
KEPT = "kept"


@dataclass(frozen=True)
class FieldText:
    """A field that is matched: its place among the sample's fields, name, kind and text."""

    place: int
    name: str
    kind: FieldKind
    text: str


class Hit(NamedTuple):
    """One name found, and what became of it. A tuple, since collections have millions.

    Parameters
    ----------
    place : int
        Place of the field among the sample's fields.
    field, kind : str
        Its name, and what it holds.
    start, end : int
        Half-open range of characters of the field's text.
    text : str
        That stretch of the text.
    term_id : str
        The term; for a name of several terms the candidates joined by ``;``.
    name : str
        The ontology's (or the table's) spelling.
    scope : str
        See `settings.CONFIDENCE`.
    why : str
        "kept", or why it labels nothing.
    """

    place: int
    field: str
    kind: FieldKind
    start: int
    end: int
    text: str
    term_id: str
    name: str
    scope: str
    why: str = KEPT

    @property
    def kept(self) -> bool:
        """Whether the hit labels the sample."""
        return self.why == KEPT

    @property
    def confidence(self) -> float:
        """How sure the match is, 0..1, from its scope."""
        return CONFIDENCE[self.scope]


@dataclass(frozen=True)
class SampleLabels:
    """The labels of one sample.

    Parameters
    ----------
    term_ids : tuple of str
        Most specific terms, sorted; none is an ancestor of another.
    label_term_ids : tuple of str
        Those that label: the cell types of the cell type fields, or of any field where the sample has no such field;
        tissues where there is no cell type.
    hits : tuple of Hit
        The evidence.
    """

    term_ids: tuple[str, ...]
    label_term_ids: tuple[str, ...]
    hits: tuple[Hit, ...]
