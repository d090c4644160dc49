"""From networks and inputs to a place among the cell types: coordinates in which related types lie close together.

Every type has fixed coordinates whose inner products are the ontology similarities (``build_bundle.train.coordinates``).
Two estimates of a cell's place are added: where the types lie that the networks think of, and what a linear map of
the inputs says directly.

Not here: fitting either (``build_bundle.train``), running the networks' hidden layers (``encoder``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from core.vectors import unit_rows

Floats = npt.NDArray[np.float32]

PREFIX = "head."
PARTS = ("kernel", "bias", "coordinates", "linear", "weight")


@dataclass(frozen=True, eq=False)
class OntologyHead:
    """What turns hidden layers and inputs into an embedding of ontology coordinates.

    Parameters
    ----------
    kernel : ndarray of float32, n_joined x n_types
        From the nets' last hidden layers side by side, unscaled, to the mean of the nets' logits.
    bias : ndarray of float32, n_types
        Added to the logits.
    coordinates : ndarray of float32, n_types x n_coordinates
        Place of each type.
    linear : ndarray of float32, n_inputs x n_coordinates
        From the encoder's inputs to a place.
    weight : ndarray of float32, 1
        Of the linear place against the networks' place.
    """

    kernel: Floats
    bias: Floats
    coordinates: Floats
    linear: Floats
    weight: Floats

    @property
    def n_coordinates(self) -> int:
        """Numbers of a place."""
        return int(self.coordinates.shape[1])

    @property
    def n_types(self) -> int:
        """Number of types the networks tell apart."""
        return int(self.coordinates.shape[0])

    def __call__(self, hidden: Floats, inputs: Floats) -> Floats:
        """Place cells.

        Parameters
        ----------
        hidden : ndarray of float32, n x n_joined
            The nets' last hidden layers side by side.
        inputs : ndarray of float32, n x n_inputs
            `core.expression.recipe.EncoderInputs.transform`.

        Returns
        -------
        ndarray of float32, n x n_coordinates
            Rows of length 1: u(softmax(hidden kernel + bias) coordinates) + weight u(inputs linear), again scaled by u,
            which divides a row by its length.
        """
        expected = unit_rows(self.probabilities(hidden) @ self.coordinates)
        direct = unit_rows(inputs @ self.linear)
        return unit_rows(expected + self.weight * direct)

    def probabilities(self, hidden: Floats) -> Floats:
        """Return what the networks think, n x n_types; rows sum to 1."""
        logits = hidden @ self.kernel + self.bias
        logits -= logits.max(axis=1, keepdims=True)
        odds: Floats = np.exp(logits)
        odds /= odds.sum(axis=1, keepdims=True)
        return odds

    def tensors(self) -> dict[str, Floats]:
        """Name the arrays for ``encoder.safetensors``."""
        return {PREFIX + part: np.ascontiguousarray(getattr(self, part), dtype=np.float32) for part in PARTS}


def unpack_head(tensors: Mapping[str, Floats], n_joined: int) -> OntologyHead | None:
    """Read what `OntologyHead.tensors` named.

    Parameters
    ----------
    tensors : mapping of str to ndarray
        Contents of ``encoder.safetensors``.
    n_joined : int
        Width of the nets side by side.

    Returns
    -------
    OntologyHead or None
        None where there is no tensor of a head.

    Raises
    ------
    ValueError
        When a tensor is missing or unknown, the shapes do not follow each other, or a number is not finite.
    """
    found = {name.removeprefix(PREFIX): value for name, value in tensors.items() if name.startswith(PREFIX)}
    if not found:
        return None
    if odd := sorted(set(found) ^ set(PARTS)):
        raise ValueError(f"the encoder's head has other parts than expected: {', '.join(odd[:4])}")
    head = OntologyHead(**found)
    if not _fits(head, n_joined):
        raise ValueError("the encoder's head has the wrong shape or numbers that are not finite")
    return head


def _fits(head: OntologyHead, n_joined: int) -> bool:
    if head.coordinates.ndim != 2 or head.linear.ndim != 2:
        return False
    shapes = (
        head.kernel.shape == (n_joined, head.n_types),
        head.bias.shape == (head.n_types,),
        head.linear.shape[1] == head.n_coordinates,
        head.weight.shape == (1,),
        min(head.n_types, head.n_coordinates) >= 1,
    )
    return all(shapes) and all(bool(np.isfinite(getattr(head, part)).all()) for part in PARTS)
