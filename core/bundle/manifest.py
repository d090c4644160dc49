"""The manifest: what a bundle is, what it was made from, and the hash of every file in it.

``manifest.json`` is written last, in one canonical form, and carries a digest of itself: any change to it shows.
Not here: whether the files agree with it (``core.bundle.verify``).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from core.bundle.schema import EXAMPLES, MANIFEST, REQUIRED_FILES, SCHEMA_VERSION
from core.bundle.strict_json import dump_json, fit, load_json, plain
from core.errors import BundleDamagedError, BundleVersionError

MAX_MANIFEST_BYTES = 16 * 1024**2
ORGANISMS: Mapping[str, str] = {"mouse": "NCBITaxon:10090", "human": "NCBITaxon:9606"}
REBUILD = "python -m build_bundle run --config FILE.toml --out DIR"

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_EXAMPLE = re.compile(re.escape(EXAMPLES) + r"/[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.h5ad")


_SHAPES = ("tanh", "sigmoid", "relu")
ACTIVATIONS = (*_SHAPES, *(f"{name}-linear" for name in _SHAPES))
"""What an encoder's layers may do to their sums; "-linear": all layers but the last."""


@dataclass(frozen=True)
class FileEntry:
    """One file: SHA-256 in hex, size in bytes, rows of a table (None for other files)."""

    sha256: str
    bytes: int
    rows: int | None


@dataclass(frozen=True)
class EncoderFacts:
    """Shape of the encoder: `n_nets` nets side by side, each with dense layers of the given widths.

    `n_latent` is the sum of the nets' last widths, or smaller: then the weights hold a join, a linear map of the nets side
    by side to `n_latent` numbers. `l2` says that each net's last layer is scaled to length 1, and the final row too.
    Where `n_coordinates` is not 0, a linear map makes so many ontology coordinates out of the `n_inputs` numbers an encoder
    sees of a cell; they stand in front of the nets, and there is always a join.
    """

    n_nets: int
    layers: tuple[int, ...]
    activation: str
    n_latent: int
    n_vocabulary: int
    l2: bool
    n_coordinates: int
    n_inputs: int

    @property
    def n_joined(self) -> int:
        """Numbers that the nets give side by side."""
        return self.n_nets * self.layers[-1]


@dataclass(frozen=True)
class IndexFacts:
    """How the HNSW index was built, and its recall at `ef_search` against exact search (0..1)."""

    space: str
    n: int
    dim: int
    M: int
    ef_construction: int
    ef_search: int
    recall: float
    library: str


@dataclass(frozen=True)
class ConfidenceFacts:
    """The learned distance past which a cell is unlike the reference, and from how many held-out cells it was learned."""

    unknown_distance: float
    quantile: float
    n_cells: int
    learned_from: str
    default_threshold: float


@dataclass(frozen=True)
class OntologyFacts:
    """The ontology release behind the labels."""

    name: str
    release: str
    source: str


@dataclass(frozen=True)
class SourceFacts:
    """One source file of the build; `sha256` is empty where the source is not one file."""

    study: str
    source: str
    licence: str
    sha256: str


@dataclass(frozen=True)
class Counts:
    """What went in: cells, genes, studies used, cell types; studies set aside."""

    n_cells: int
    n_genes: int
    n_studies: int
    n_cell_types: int
    n_set_aside: int


@dataclass(frozen=True)
class ProjectionFacts:
    """Share of variance (0..1) of the components of each map: ``embedding`` and ``raw``."""

    explained_variance: dict[str, tuple[float, ...]]


@dataclass(frozen=True)
class Manifest:
    """All facts about a bundle.

    A builder makes one with `files` empty and `bundle_id` blank; `core.bundle.publish.publish` fills these in.

    Parameters
    ----------
    schema_version : int
        `core.bundle.schema.SCHEMA_VERSION` of the writer.
    bundle_id : str
        First 12 hex digits of a SHA-256 over everything here but `built_at`.
    name, title : str
        Short name (lower case, digits, ``-``, ``_``) and the title shown on the page.
    organism, organism_ontology_term_id : str
        ``mouse`` or ``human``, and the NCBITaxon id.
    built_at : str
        ISO 8601 date and time with zone.
    builder_version : str
        Version of scQuery that built it.
    files : dict of str to FileEntry
        Every file but the manifest, by POSIX path.
    recipe : dict
        `core.expression.recipe.Recipe.to_dict`.
    encoder, index, confidence, ontology, sources, counts, projection
        See the classes.
    libraries : dict of str to str
        Versions of the libraries the build used.
    seed : int
        Seed of all random choices.
    notes : tuple of str
        Remarks for a reader.
    """

    schema_version: int
    bundle_id: str
    name: str
    title: str
    organism: str
    organism_ontology_term_id: str
    built_at: str
    builder_version: str
    files: dict[str, FileEntry]
    recipe: dict[str, object]
    encoder: EncoderFacts
    index: IndexFacts
    confidence: ConfidenceFacts
    ontology: OntologyFacts
    sources: tuple[SourceFacts, ...]
    libraries: dict[str, str]
    seed: int
    counts: Counts
    projection: ProjectionFacts
    notes: tuple[str, ...] = ()

    def identified(self, files: Mapping[str, FileEntry]) -> Manifest:
        """Return the manifest with `files` and the `bundle_id` that follows from its contents."""
        full = replace(self, files=dict(sorted(files.items())))
        return replace(full, bundle_id=full.content_id())

    def content_id(self) -> str:
        """Return the id that follows from everything but `built_at` and the id itself."""
        facts = {k: v for k, v in _facts(self).items() if k not in {"built_at", "bundle_id"}}
        return _sha256(facts)[:12]

    def to_json(self) -> str:
        """Return the canonical text, with its own digest."""
        facts = _facts(self)
        return dump_json({**facts, "digest": _sha256(facts)})

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read and check the text of a manifest.

        Parameters
        ----------
        text : str
            Contents of ``manifest.json``.

        Returns
        -------
        Manifest
            Complete and plausible.

        Raises
        ------
        BundleVersionError
            When it was written for another schema version.
        BundleDamagedError
            Otherwise, with all problems.
        """
        try:
            raw = load_json(text)
        except ValueError as error:
            raise damaged(MANIFEST, [f"{MANIFEST} is not valid JSON: {error}."]) from None
        if not isinstance(raw, dict):
            raise damaged(MANIFEST, [f"{MANIFEST} does not hold an object."])
        _check_version(raw.get("schema_version"))
        digest = raw.pop("digest", None)
        problems: list[str] = []
        manifest: Manifest = fit(cls, raw, "", problems)
        if not problems:
            problems = [sentence for wrong, sentence in _rules(manifest) if wrong]
        if digest != _sha256(raw) or text != dump_json({**raw, "digest": digest}):
            problems.append("It was changed after it was written: its digest does not fit.")
        if problems:
            raise damaged(MANIFEST, [f"{MANIFEST}: {p}" for p in problems])
        return manifest


def read_manifest(folder: Path) -> Manifest:
    """Read ``manifest.json`` of a bundle folder.

    Raises
    ------
    BundleVersionError, BundleDamagedError
        As `Manifest.from_json`; damaged too when the file is missing, a link, too large or not UTF-8.
    """
    path = folder / MANIFEST
    if path.is_symlink() or not path.is_file():
        raise damaged(folder, [f"{MANIFEST} is missing or is not a regular file."])
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_MANIFEST_BYTES + 1)
        if len(data) > MAX_MANIFEST_BYTES:
            raise damaged(folder, [f"{MANIFEST} is larger than {MAX_MANIFEST_BYTES:,} bytes."])
        return Manifest.from_json(data.decode("utf-8"))
    except BundleDamagedError as error:
        raise damaged(folder, error.problems) from None
    except (OSError, UnicodeDecodeError) as error:
        raise damaged(folder, [f"{MANIFEST} cannot be read: {error}."]) from error


def damaged(what: Path | str, problems: Iterable[str]) -> BundleDamagedError:
    """Return the error for a bundle with these problems, the first in its sentence."""
    found = tuple(problems)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    name = what.name if isinstance(what, Path) else what
    return BundleDamagedError(
        f"The data bundle {name!r} fails verification: {found[0]}{more}",
        next_step=f"Copy the bundle again, or rebuild it: {REBUILD}",
        problems=found,
    )


def is_example(name: str) -> bool:
    """Return whether `name` is a legal path of an example query."""
    return _EXAMPLE.fullmatch(name) is not None


def _facts(manifest: Manifest) -> dict[str, object]:
    found = plain(manifest)
    assert isinstance(found, dict)  # noqa: S101 - a dataclass is always one; for the type checker
    return found


def _sha256(value: object) -> str:
    return hashlib.sha256(dump_json(value).encode()).hexdigest()


def _check_version(found: object) -> None:
    if type(found) is not int:
        raise damaged(MANIFEST, [f"{MANIFEST}: Field schema_version is missing or not a whole number."])
    if found != SCHEMA_VERSION:
        step = f"Rebuild it: {REBUILD}" if found < SCHEMA_VERSION else "Update scQuery: git pull && make setup"
        raise BundleVersionError(
            f"The data bundle has schema version {found}; this scQuery reads version {SCHEMA_VERSION}.", next_step=step
        )


Rule = tuple[bool, str]


def _rules(m: Manifest) -> list[Rule]:
    """Return all rules as (broken?, sentence)."""
    parts: list[Callable[[Manifest], list[Rule]]] = [_rules_identity, _rules_files, _rules_encoder, _rules_numbers]
    return [rule for part in parts for rule in part(m)]


def _rules_identity(m: Manifest) -> list[Rule]:
    return [
        (m.bundle_id != m.content_id(), "bundle_id does not follow from the contents."),
        (not _SLUG.fullmatch(m.name), "name is not a short name of a-z, 0-9, - and _."),
        (not m.title.strip(), "title is empty."),
        (m.organism not in ORGANISMS, f"organism is none of {', '.join(ORGANISMS)}."),
        (ORGANISMS.get(m.organism) != m.organism_ontology_term_id, "organism_ontology_term_id is not the organism's."),
        (not _is_date(m.built_at), "built_at is not an ISO date and time with a zone."),
        (m.seed < 0, "seed is negative."),
    ]


def _rules_files(m: Manifest) -> list[Rule]:
    missing = [n for n in REQUIRED_FILES if n not in m.files]
    foreign = [n for n in m.files if n not in REQUIRED_FILES and not is_example(n)]
    rules: list[Rule] = [(True, f"files does not name {name}.") for name in missing]
    rules += [(True, f"files names {name[:120]!r}, which is no file of a bundle.") for name in foreign]
    for name, entry in m.files.items():
        is_table = name.endswith(".parquet")
        rules += [
            (not _SHA256.fullmatch(entry.sha256), f"files: the sha256 of {name[:120]!r} is not a SHA-256."),
            (entry.bytes < 1, f"files: the size of {name[:120]!r} is below 1 byte."),
            ((entry.rows is None or entry.rows < 0) if is_table else entry.rows is not None,
             f"files: the rows of {name[:120]!r} are {'missing or negative' if is_table else 'given, but it is no table'}."),
        ]  # fmt: skip
    return rules


def _rules_encoder(m: Manifest) -> list[Rule]:
    e = m.encoder
    shaped = e.n_nets >= 1 and len(e.layers) >= 1 and all(width >= 1 for width in e.layers)
    return [
        (not shaped, "encoder has no net, no layer, or a layer without units."),
        (
            shaped and not 1 <= e.n_latent <= e.n_joined + e.n_coordinates,
            "encoder.n_latent is outside 1 to n_nets times the last layer's width plus n_coordinates.",
        ),
        (e.n_coordinates < 0, "encoder.n_coordinates is below 0."),
        (
            e.n_inputs not in {e.n_vocabulary, 2 * e.n_vocabulary},
            "encoder.n_inputs is neither n_vocabulary nor twice that.",
        ),
        (e.activation not in ACTIVATIONS, f"encoder.activation is none of {', '.join(ACTIVATIONS)}."),
        (e.n_vocabulary < 1, "encoder.n_vocabulary is below 1."),
        (m.index.dim != e.n_latent, "index.dim differs from encoder.n_latent."),
        (m.index.n != m.counts.n_cells, "index.n differs from counts.n_cells."),
        (m.index.space != "l2", "index.space is not l2."),
        (min(m.index.M, m.index.ef_construction, m.index.ef_search) < 1, "index has a setting below 1."),
    ]


def _rules_numbers(m: Manifest) -> list[Rule]:
    c = m.confidence
    variances = m.projection.explained_variance
    counts = plain(m.counts)
    return [
        (not 0 <= m.index.recall <= 1, "index.recall is outside 0..1."),
        (c.unknown_distance < 0, "confidence.unknown_distance is negative."),
        (not 0 < c.quantile <= 1, "confidence.quantile is outside 0..1."),
        (c.n_cells < 0, "confidence.n_cells is negative."),
        (not 0 <= c.default_threshold <= 1, "confidence.default_threshold is outside 0..1."),
        (isinstance(counts, dict) and min(counts.values()) < 0, "counts holds a negative number."),
        (min(m.counts.n_cells, m.counts.n_genes, m.counts.n_cell_types) < 1, "counts: cells, genes or types are none."),
        (set(variances) != {"embedding", "raw"}, "projection.explained_variance is not for embedding and raw."),
        (any(not 0 <= v <= 1 for vs in variances.values() for v in vs), "projection.explained_variance is outside 0..1."),
    ]  # fmt: skip


def _is_date(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
