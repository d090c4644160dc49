"""How much of a server one file may take, whoever made it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from core.errors import LimitError

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True)
class Limits:
    """Caps on one upload; what lies above them is refused with a `LimitError`.

    Parameters
    ----------
    max_cells : int
        Cells in one query.
    max_cells_to_draw_from : int
        Cells in a file of which some are drawn.
    query_memory_bytes : int
        Memory a query may use; 0: any.
    max_genes : int
        Rows of the other axis.
    max_file_bytes : int
        Size of the file as uploaded.
    max_elements : int
        Elements of one HDF5 data set or of a dense matrix.
    max_dataset_bytes : int
        Logical size of one HDF5 data set.
    max_chunk_bytes : int
        Logical size of one HDF5 chunk.
    max_expansion : int
        Inflated size over stored size, looked at above `expansion_floor_bytes`.
    expansion_floor_bytes : int
        Inflated size up to which any ratio is fine.
    max_inflated_bytes : int
        Bytes that gzip, zip or tar may inflate to in all.
    max_members : int
        Files in an archive.
    max_objects, max_depth : int
        Groups and data sets of an HDF5 file, and how deep they lie.
    max_name_chars : int
        Length of a gene or cell name.
    max_obs_columns : int
        Metadata columns kept; the rest is left out with a note.
    address_space_bytes, cpu_s : int
        Memory and processor seconds of the reading process.
    wall_s : float
        Seconds that reading may take at most.
    wall_floor_s, wall_s_per_mib : float
        Seconds for a small file, and what each MiB of the file adds, up to `wall_s`.
    """

    max_cells: int = 100_000
    max_cells_to_draw_from: int = 2_000_000
    query_memory_bytes: int = 0
    max_genes: int = 300_000
    max_file_bytes: int = 4 * GIB
    max_elements: int = 3_000_000_000
    max_dataset_bytes: int = 4 * GIB
    max_chunk_bytes: int = 256 * MIB
    max_expansion: int = 200
    expansion_floor_bytes: int = 64 * MIB
    max_inflated_bytes: int = 4 * GIB
    max_members: int = 100
    max_objects: int = 20_000
    max_depth: int = 12
    max_name_chars: int = 1_000
    max_obs_columns: int = 200
    address_space_bytes: int = 4 * GIB
    cpu_s: int = 120
    wall_s: float = 180.0
    wall_floor_s: float = 9.0
    wall_s_per_mib: float = 1.0

    def inflated_bytes(self, stored_bytes: int) -> int:
        """Return how many bytes a compressed stream of this size may inflate to."""
        return min(self.max_inflated_bytes, max(self.expansion_floor_bytes, self.max_expansion * stored_bytes))

    def seconds(self, stored_bytes: int) -> float:
        """Return how long reading a file of this size may take."""
        return min(self.wall_s, self.wall_floor_s + self.wall_s_per_mib * stored_bytes / MIB)

    def drawing(self) -> Limits:
        """Return the limits of a file of which some cells are drawn."""
        return replace(self, max_cells=max(self.max_cells, self.max_cells_to_draw_from))

    def to_dict(self) -> dict[str, Any]:
        """Return the limits as plain values for JSON."""
        return asdict(self)


DEFAULT_LIMITS = Limits()


def too_many_cells(n_cells: int, max_cells: int, hint: str = "") -> LimitError:
    """Return the error for more cells than a query may have.

    Parameters
    ----------
    n_cells : int
        Cells in the file.
    max_cells : int
        Cells a query may have.
    hint : str
        What to do where some of the cells, drawn at random, would be of no use.

    Returns
    -------
    LimitError
        To be raised; code "too-many-cells".
    """
    return LimitError(
        f"{n_cells:,} cells are in the file; this server takes {max_cells:,} in one query.",
        next_step=hint
        or f"Search {max_cells:,} of them, drawn at random, or use the command line on a larger machine.",
        code="too-many-cells",
        fits=0 if hint else max_cells,
    )
