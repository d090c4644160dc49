"""From an expression matrix to the embedding, without keras.

Each net's last layer is scaled to length 1; several nets stand side by side, divided by the
square root of their number, so that a row has length 1 again. Where the encoder places cells among the types, a linear
map of the inputs gives that place, also of length 1, and it stands in front. Then, where the encoder has a join, one
linear map to fewer numbers; and length 1 once more.

Not here: the networks themselves (``nets``), training (``build_bundle.train``), normalisation (``core.expression.recipe``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from core.bundle.schema import ENCODER_GENES, ENCODER_WEIGHTS
from core.embedding.nets import JOIN, PLACE, Net, forward, joined_width, pack_nets, unpack_nets
from core.errors import BundleDamagedError
from core.expression.columns import row_blocks
from core.expression.matrix import ExpressionMatrix
from core.expression.recipe import EncoderInputs, Recipe
from core.vectors import unit_rows

if TYPE_CHECKING:
    from core.bundle.manifest import EncoderFacts
    from core.bundle.reader import Bundle

Floats = npt.NDArray[np.float32]
Progress = Callable[[float], None]

BATCH_BYTES = 8 * 1024**2
"""Size of the dense encoder inputs of one batch, whatever the vocabulary."""


def _check_join(join: Floats, n_parts: int) -> None:
    fits = join.ndim == 2 and join.shape[0] == n_parts and 1 <= join.shape[1] <= n_parts
    if not fits or not np.isfinite(join).all():
        raise ValueError(f"{JOIN} has the wrong shape or numbers that are not finite")


def _check_place(place: Floats, n_inputs: int) -> None:
    if place.ndim != 2 or not np.isfinite(place).all():
        raise ValueError(f"{PLACE} has the wrong shape or numbers that are not finite")
    if place.shape[0] != n_inputs:
        raise ValueError(f"{PLACE} reads {place.shape[0]} numbers of a cell, there are {n_inputs}")


class Encoder:
    """Expression matrices to embeddings.

    Parameters
    ----------
    nets : sequence of tuple of Layer
        Trained weights.
    inputs : EncoderInputs
        Vocabulary and training statistics.
    join : ndarray of float32, n_joined x n_latent, optional
        Map of what the nets give side by side (n_joined, the sum of their last widths) to fewer numbers.
    place : ndarray of float32, n_inputs x n_coordinates, optional
        Map of the inputs to ontology coordinates: the cell's place among the types, which are close together where they are
        related (`build_bundle.train.coordinates`). It stands in front of the nets, so that n_joined is larger by n_coordinates.

    Raises
    ------
    ValueError
        When the nets read another number of genes than the vocabulary has, the place other inputs than there are, or the
        join other numbers than place and nets give.
    """

    def __init__(
        self,
        nets: Sequence[Net],
        inputs: EncoderInputs,
        join: Floats | None = None,
        place: Floats | None = None,
    ) -> None:
        if nets[0][0].kernel.shape[0] != inputs.n_vocab:
            raise ValueError(f"the nets read {nets[0][0].kernel.shape[0]} genes, the vocabulary has {inputs.n_vocab}")
        if place is not None:
            _check_place(place, inputs.n_inputs)
        self.nets = tuple(nets)
        self.inputs = inputs
        self.join = join
        self.place = place
        if join is not None:
            _check_join(join, self.n_parts)

    def tensors(self) -> dict[str, Floats]:
        """Name all weights for ``encoder.safetensors``."""
        return pack_nets(self.nets, self.join, self.place)

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Floats], facts: EncoderFacts, inputs: EncoderInputs) -> Encoder:
        """Read what `tensors` named.

        Parameters
        ----------
        tensors : mapping of str to ndarray
            Contents of ``encoder.safetensors``.
        facts : EncoderFacts
            The manifest's description.
        inputs : EncoderInputs
            Vocabulary and training statistics.

        Returns
        -------
        Encoder
            Ready to encode.

        Raises
        ------
        ValueError
            When tensors, facts and inputs do not fit together.
        """
        nets, join, place = unpack_nets(tensors, facts.n_nets, len(facts.layers), facts.activation)
        return cls(nets, inputs, join, place)

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> Encoder:
        """Read the encoder of a bundle.

        Parameters
        ----------
        bundle : Bundle
            Opened bundle.

        Returns
        -------
        Encoder
            Ready to encode.

        Raises
        ------
        BundleDamagedError
            When weights, genes and manifest do not fit together.
        """
        facts = bundle.manifest.encoder
        try:
            recipe = Recipe.from_dict(bundle.manifest.recipe)
            inputs = EncoderInputs.from_table(recipe, bundle.frame(ENCODER_GENES.name))
            encoder = cls.from_tensors(bundle.tensors(ENCODER_WEIGHTS), facts, inputs)
        except ValueError as error:
            problem = f"The encoder of the data bundle cannot be used: {error}."
            raise BundleDamagedError(
                problem, next_step="Copy the bundle again, or rebuild it.", problems=[problem]
            ) from error
        if encoder.n_latent != facts.n_latent:
            problem = f"The encoder gives {encoder.n_latent} numbers a cell, the manifest says {facts.n_latent}."
            raise BundleDamagedError(problem, next_step="Copy the bundle again, or rebuild it.", problems=[problem])
        return encoder

    @property
    def n_latent(self) -> int:
        """Width of the embedding."""
        return self.n_parts if self.join is None else int(self.join.shape[1])

    @property
    def n_parts(self) -> int:
        """Numbers that place and nets give side by side."""
        return self.n_coordinates + joined_width(self.nets)

    @property
    def n_coordinates(self) -> int:
        """Numbers of a cell's place among the types; 0 where the encoder has none."""
        return 0 if self.place is None else int(self.place.shape[1])

    def forward(self, inputs: Floats) -> Floats:
        """Run the networks on encoder inputs, n x n_inputs to n x n_latent.

        The nets see the z-scores alone, the map to a place sees all.
        """
        parts = self.parts(inputs)
        return unit_rows(parts if self.join is None else parts @ self.join)

    def parts(self, inputs: Floats) -> Floats:
        """Return what a join maps to the embedding, n x n_inputs to n x n_joined: the place, then the nets."""
        nets = forward(self.nets, inputs[:, : self.inputs.n_vocab])
        return nets if self.place is None else np.concatenate([unit_rows(inputs @ self.place), nets], axis=1)

    def batches(self, matrix: ExpressionMatrix) -> Iterator[Floats]:
        """Give the encoder inputs of a matrix in batches of about 8 MB.

        Parameters
        ----------
        matrix : ExpressionMatrix
            Linear scale; `var_names` are the bundle's symbols.

        Yields
        ------
        ndarray of float32, m x n_inputs
            In order of the cells; their rows do not depend on how they are cut into batches.
        """
        step = max(1, BATCH_BYTES // (4 * self.inputs.n_inputs))
        for rows in row_blocks(
            matrix.x.indptr
        ):  # aligning a large matrix at once would take more memory than the matrix
            part = ExpressionMatrix(matrix.x[rows], matrix.obs_names[rows], matrix.var_names)
            values, measured = self.inputs.align(part)
            for start in range(0, part.n_obs, step):
                yield self.inputs.transform(values[start : start + step], measured)

    def encode(self, matrix: ExpressionMatrix, progress: Progress | None = None) -> Floats:
        """Embed the cells of a matrix.

        Parameters
        ----------
        matrix : ExpressionMatrix
            Linear scale; `var_names` are the bundle's symbols. Genes it lacks stand at the training mean.
        progress : callable, optional
            Called with the share done, 0..1, after every batch.

        Returns
        -------
        ndarray of float32, n_obs x n_latent
            Rows of length 1.

        Notes
        -----
        2,000 cells x 20,000 genes: about half a second on two cores. Memory beside the matrix and the result: a few batches.
        """
        embedding = np.zeros((matrix.n_obs, self.n_latent), dtype=np.float32)
        done = 0
        for inputs in self.batches(matrix):
            embedding[done : done + len(inputs)] = self.forward(inputs)
            done += len(inputs)
            if progress is not None:
                progress(done / matrix.n_obs)
        return embedding
