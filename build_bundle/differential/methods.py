"""What every method of differential expression offers, and which ones there are.

A method says how surely a gene differs. How much it differs is described in the same way for all of them (``effect``),
unless a method has its own estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Protocol

import numpy as np
import numpy.typing as npt

from build_bundle.differential.sample import Sample

Doubles = npt.NDArray[np.float64]


class NotApplicableError(Exception):
    """A method cannot work on a sample, for example because it names no replicates; says why."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a method says about every gene of a sample; float64, one entry a gene.

    Parameters
    ----------
    z : ndarray
        Signed normal quantile, positive where the type is higher.
    p_value : ndarray
        Two-sided, 0..1.
    log2_fold_change, log2_fold_change_se : ndarray, optional
        The method's own estimate, where it has one.
    """

    z: Doubles
    p_value: Doubles
    log2_fold_change: Doubles | None = None
    log2_fold_change_se: Doubles | None = None


class Method(Protocol):
    """One method of differential expression."""

    name: str

    def __call__(self, sample: Sample) -> Verdict:
        """Compare the cells of the type with the others.

        Parameters
        ----------
        sample : Sample
            Cells on both sides.

        Returns
        -------
        Verdict
            In the order of ``sample.genes``; p = 1 for a gene that cannot be judged.

        Raises
        ------
        NotApplicableError
            Where the method cannot work on this sample.
        """
        ...


METHODS: Mapping[str, str] = MappingProxyType(
    {
        "wilcoxon": "build_bundle.differential.wilcoxon:Wilcoxon",
        "pseudobulk": "build_bundle.differential.pseudobulk:PseudoBulk",
        "dropout": "build_bundle.differential.dropout:Dropout",
    }
)
"""Name in the configuration -> where the method stands; imported when it is chosen."""


def method_named(name: str) -> Method:
    """Return the method of a name in `METHODS`."""
    module, kind = METHODS[name].split(":")
    make: Callable[[], Method] = getattr(import_module(module), kind)
    return make()
