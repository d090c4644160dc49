"""Write the planted world of `tests.worlds` as a data bundle, through the same writer as the builder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse, stats

from build_bundle.differential.combine import StudyTest
from build_bundle.differential.lineage import Lineage
from build_bundle.differential.pieces import PIECES, Tested, pieces_of
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.evaluate.calibration import calibration_table
from build_bundle.evaluate.trust import judged_rows
from core.bundle import schema
from core.bundle.manifest import (
    ConfidenceFacts,
    Counts,
    EncoderFacts,
    Manifest,
    OntologyFacts,
    ProjectionFacts,
    SourceFacts,
)
from core.bundle.publish import build_lock, new_stage, publish
from core.bundle.schema import TYPE
from core.bundle.writer import expression_batch, write_array, write_bytes, write_table, write_tensors
from core.explore.projection import fit_projection
from core.expression.recipe import EncoderInputs, Recipe
from core.ontology.graph import Ontology
from core.ontology.similarity import similarity_table
from core.search.canary import canary_tensors
from core.search.confidence import Backoff, learn_threshold
from core.search.exact import exact_search
from core.search.index import build_index
from tests.world_networks import write_networks
from tests.worlds import ALIASES, COMPOSITION, ENSEMBL, N_GENES, TERMS, TYPES, Cells, T, World, write_query

N_VOCABULARY = 250
N_UNITS = 20
N_LATENT = 16
K = 10
_STUDY_FACTS = {  # study: accession, title, PubMed id, release, technology, tissue, status, reason
    "lindholm2019": ("GSE900001", "Planted blood of four donors", "90000001", "2019-03-11", "10x v2", "blood", "used", ""),
    "okafor2020": ("GSE900002", "Planted blood on a smaller panel", "90000002", "2020-06-02", "10x v3", "blood", "used", ""),
    "ferreira2021": ("GSE900003", "Planted islets, sorted", None, "2021-01-20", "Smart-seq2", "islet of Langerhans", "used", ""),
    "tanaka2022": (None, "Planted blood and islets together", "90000004", "2022-09-30", "10x v3", "blood, islet", "used", ""),
    "brandt2018": ("GSE900005", "Planted study of another kind", None, "2018-05-05", "bulk", "blood", "set_aside",
                   "The file holds scaled values; counts are needed."),
}  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """What the bundle is computed from: the world's studies, joined."""

    world: World

    @cached_property
    def parts(self) -> list[Cells]:
        return [self.world.study(study) for study in COMPOSITION]

    @cached_property
    def counts(self) -> sparse.csr_matrix:
        return sparse.csr_matrix(sparse.vstack([p.counts for p in self.parts]))

    @cached_property
    def lognorm(self) -> sparse.csr_matrix:
        return Recipe().lognorm(self.counts)

    @cached_property
    def types(self) -> np.ndarray:
        return np.concatenate([p.types for p in self.parts])

    @cached_property
    def studies(self) -> np.ndarray:
        return np.concatenate([np.full(len(p.types), p.study, dtype=object) for p in self.parts])

    @cached_property
    def vocabulary(self) -> np.ndarray:
        """Rows of the vocabulary's genes: all planted ones, in file order."""
        return np.arange(N_VOCABULARY)

    @cached_property
    def inputs(self) -> EncoderInputs:
        """Vocabulary with statistics over the reference, every study seen through its own panel."""
        full = [p for p in self.parts if p.measured.all()]
        x = sparse.vstack([p.counts for p in full]).toarray()[:, self.vocabulary]
        profile = (x / x.sum(axis=1, keepdims=True)).mean(axis=0)
        v = np.concatenate([
            Recipe(target_sum=1e4 * profile[p.measured[self.vocabulary]].sum())
            .lognorm(sparse.csr_matrix(p.counts[:, self.vocabulary])).toarray()
            for p in self.parts
        ])  # fmt: skip
        found = (np.concatenate([p.counts[:, self.vocabulary].toarray() for p in self.parts]) > 0).mean(axis=0)
        return EncoderInputs(Recipe(), self.world.genes[self.vocabulary], v.mean(axis=0), v.std(axis=0), profile, found)

    @cached_property
    def z(self) -> np.ndarray:
        return np.concatenate([
            self.inputs.transform(sparse.csr_matrix(p.counts[:, self.vocabulary]), p.measured[self.vocabulary])
            for p in self.parts
        ])  # fmt: skip

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """One layer that looks along the planted programmes, and a little in other directions; a join without the weakest."""
        rng = np.random.default_rng(self.world.seed)
        directions = np.stack([self.z[self.types == t].mean(axis=0) - self.z.mean(axis=0) for t in TYPES])
        noise = rng.normal(size=(N_UNITS - len(TYPES), N_VOCABULARY)) * 0.15
        kernel = np.concatenate([directions / np.linalg.norm(directions, axis=1, keepdims=True), noise]).T * 0.2
        kernel[:, len(TYPES) :] /= np.sqrt(N_VOCABULARY)
        weights = {
            "net0.layer0.kernel": kernel.astype(np.float32),
            "net0.layer0.bias": np.zeros(N_UNITS, dtype=np.float32),
        }
        directions = np.linalg.svd(self._hidden(self.z, weights), full_matrices=False)[2]
        return weights | {"join.kernel": np.ascontiguousarray(directions[:N_LATENT].T)}

    @staticmethod
    def _hidden(z: np.ndarray, weights: dict[str, np.ndarray]) -> np.ndarray:
        hidden = np.tanh(z @ weights["net0.layer0.kernel"] + weights["net0.layer0.bias"])
        return np.asarray(hidden / np.linalg.norm(hidden, axis=1, keepdims=True), dtype=np.float32)

    def encode(self, z: np.ndarray) -> np.ndarray:
        joined = self._hidden(z, self.weights) @ self.weights["join.kernel"]
        return np.asarray(joined / np.linalg.norm(joined, axis=1, keepdims=True), dtype=np.float32)

    @cached_property
    def embedding(self) -> np.ndarray:
        return self.encode(self.z)


def write_world_bundle(world: World, out: Path) -> Path:
    """Publish the world as a bundle.

    Returns
    -------
    Path
        The bundle; ``out/current`` leads to it.
    """
    reference = Reference(world)
    with build_lock(out):
        stage = new_stage(out)
        _write_cells(stage, reference)
        _write_genes(stage, reference)
        _write_studies(stage, reference)
        _write_ontology(stage, reference)
        _write_expression(stage, reference)
        _write_differential(stage, reference)
        variances = _write_projection(stage, reference)
        _write_evaluation(stage, reference)
        write_table(stage, schema.CALIBRATION, _calibration(reference))
        write_networks(stage)
        _write_examples(stage, world)
        write_array(stage, schema.EMBEDDING, reference.embedding)
        write_tensors(stage, schema.ENCODER_WEIGHTS, reference.weights)
        write_tensors(stage, schema.CANARY, canary_tensors(reference.encode, reference.embedding, reference.z[::75]))
        write_bytes(stage, schema.REPORT, b"<!doctype html><title>Planted world</title><p>Made for tests.</p>")
        index = build_index(reference.embedding, stage / schema.INDEX, m=8, ef_construction=100, threads=1)
        return publish(stage, out, _manifest(reference, index, variances))


def _write_cells(stage: Path, ref: Reference) -> None:
    rng = np.random.default_rng(ref.world.seed)
    confident = ref.types != T
    split = np.where(confident, np.where(rng.random(len(ref.types)) < 0.15, "validation", "train"), "none")
    write_table(stage, schema.CELLS, {
        "cell_id": [name for p in ref.parts for name in p.names],
        "study": ref.studies,
        "ontology_term_ids": [[t] for t in ref.types],
        TYPE: ref.types,
        "high_confidence": confident,
        "split": split,
        "n_genes": np.diff(ref.counts.indptr),
        "total": np.asarray(ref.counts.sum(axis=1)).ravel().astype(np.float32),
    })  # fmt: skip


def _write_genes(stage: Path, ref: Reference) -> None:
    genes = ref.world.genes
    ids = [ENSEMBL.get(g, f"ENSG{900000 + i:011d}") for i, g in enumerate(genes)]
    write_table(stage, schema.GENES, {
        "gene_symbol": genes,
        "gene_id": [None if g.startswith("MT-") else i for g, i in zip(genes, ids, strict=True)],
        "n_studies": np.sum([p.measured for p in ref.parts], axis=0),
        "n_cells": np.bincount(ref.counts.indices, minlength=N_GENES),
        "in_encoder": np.isin(np.arange(N_GENES), ref.vocabulary),
    })  # fmt: skip
    others = [f"FAM{1900 + i}B" for i in range(40)]  # genes of the organism that no study measured
    names = [*genes, *others]
    write_table(stage, schema.GENE_NAMES, {
        "gene_symbol": names,
        "ensembl_ids": [[i] for i in ids] + [[f"ENSG{800000 + i:011d}"] for i in range(len(others))],
        "entrez_ids": [[str(900000 + i)] for i in range(len(names))],
        "aliases": [list(ALIASES.get(g, ())) for g in names],
    })  # fmt: skip
    write_table(stage, schema.ENCODER_GENES, ref.inputs.to_table())


def _write_studies(stage: Path, ref: Reference) -> None:
    rows = []
    for study, (accession, title, pubmed, date, technology, tissue, status, reason) in _STUDY_FACTS.items():
        mine = ref.studies == study
        part = next((p for p in ref.parts if p.study == study), None)
        rows.append({
            "study": study, "accession": accession, "title": title, "pubmed_id": pubmed, "release_date": date,
            "technology": technology, "tissue": tissue, "licence": "made for tests", "source": "drawn from a seed",
            "unit": "counts" if part else "scaled", "status": status, "reason": reason, "n_cells": int(mine.sum()),
            "n_cells_offered": int(mine.sum()) + 20, "n_genes": int(part.measured.sum()) if part else 0,
            "n_cell_types": len(set(ref.types[mine])),
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    write_table(stage, schema.STUDIES, frame)
    write_table(stage, schema.COLLECTION, {
        "month": frame["release_date"].str[:7],
        "kind": np.where(frame["status"] == "used", "usable", "set_aside"),
        "n_studies": np.ones(len(frame), dtype=np.int64),
        "n_cells": frame["n_cells_offered"],
    })  # fmt: skip
    write_table(stage, schema.READS_BY_STUDY, {  # two of the studies came as reads
        "study": ["GSE900003", "GSE900005"], "month": ["2021-01", "2018-05"], "n_libraries": [96, 48],
        "n_reads": [96 * 1_100_000, 48 * 200_000], "reads_q1": [700_000.0, 90_000.0],
        "reads_median": [1_050_000.0, 210_000.0], "reads_q3": [1_500_000.0, 260_000.0],
    })  # fmt: skip
    write_table(stage, schema.ALIGNMENT_RATES, {
        "measure": ["overall"] * 3, "low": [0.25, 0.5, 0.75], "high": [0.5, 0.75, 1.0], "n_kept": [4, 20, 90],
        "n_below": [30, 0, 0], "threshold": [0.4] * 3,
    })  # fmt: skip


def _write_ontology(stage: Path, ref: Reference) -> None:
    edges = [(child, parent) for child, (_, parents, _) in TERMS.items() for parent in parents]
    ontology = Ontology({t: name for t, (name, _, _) in TERMS.items()}, edges)
    write_table(stage, schema.TERMS, {
        "term_id": list(TERMS),
        "name": [name for name, _, _ in TERMS.values()],
        "definition": [f"Planted definition of {name}." for name, _, _ in TERMS.values()],
        "synonyms": [list(synonyms) for _, _, synonyms in TERMS.values()],
        "depth": [ontology.depth(t) for t in TERMS],
    })  # fmt: skip
    write_table(stage, schema.EDGES, {
        "child_id": [c for c, _ in edges], "parent_id": [p for _, p in edges], "relation": ["is_a"] * len(edges),
    })  # fmt: skip
    write_table(stage, schema.TYPE_SIMILARITY, similarity_table(ontology, TYPES))
    write_table(stage, schema.CELL_TYPES, {
        TYPE: list(TYPES),
        "cell_type": [TERMS[t][0] for t in TYPES],
        "n_cells": [int((ref.types == t).sum()) for t in TYPES],
        "n_studies": [len(set(ref.studies[ref.types == t])) for t in TYPES],
        "in_training": [t != T for t in TYPES],
    })  # fmt: skip


def _write_expression(stage: Path, ref: Reference) -> None:
    by_cell = ref.lognorm
    by_gene = by_cell.tocsc()
    for spec, m in ((schema.EXPRESSION_BY_CELL, by_cell), (schema.EXPRESSION_BY_GENE, by_gene)):
        m.sort_indices()
        write_table(stage, spec, [expression_batch(spec, m.indptr, m.indices, m.data)])


def _write_differential(stage: Path, ref: Reference) -> None:
    """Every type and wider term against its relatives of the same study, by SciPy's Wilcoxon."""
    settings = DifferentialSettings(min_cells=20)
    lineage = Lineage(TYPES, [(child, parent) for child, (_, parents, _) in TERMS.items() for parent in parents])
    found = [_pieces(ref, term, lineage, settings) for term in lineage.terms]
    for spec in PIECES:
        joined = pa.concat_tables([p[spec.name] for p in found])
        if spec is schema.MARKERS_BY_GENE:
            joined = joined.sort_by(
                [(name, "ascending") for name in ("gene_symbol", "background", "p_value_adj", TYPE)]
            )
        write_table(stage, spec, joined)
    _write_expression_by_type(stage, ref)


def _pieces(ref: Reference, term: str, lineage: Lineage, settings: DifferentialSettings) -> dict[str, pa.Table]:
    rest = lineage.parent_rest(term) if len(lineage.parent_rest(term)) > 1 else frozenset()
    tested = {}
    for background, against in (
        ("others", lineage.others(term)),
        ("siblings", lineage.siblings(term)),
        ("parent", rest),
    ):
        found = [_study_test(ref, study, lineage.labels_of(term), against) for study in COMPOSITION]
        tests = [test for test in found if test is not None]
        if tests:
            tested[background] = Tested(tests, tuple(sorted(against)))
    return pieces_of(term, tested, ref.world.genes, settings, seed=0)


def _study_test(ref: Reference, study: str, labels: frozenset[str], against: frozenset[str]) -> StudyTest | None:
    """Wilcoxon of some types against others of their study, all genes the study measured."""
    part = next(p for p in ref.parts if p.study == study)
    x = Recipe().lognorm(part.counts).toarray()[:, part.measured]
    inside, outside = (x[np.isin(part.types, sorted(side))] for side in (labels, against))
    if len(inside) < 20 or len(outside) < 10:
        return None
    p = np.nan_to_num(stats.mannwhitneyu(inside, outside, axis=0).pvalue, nan=1.0)
    linear = [np.expm1(side).astype(float) for side in (inside, outside)]
    change = np.log2((linear[0].mean(axis=0) + 0.01) / (linear[1].mean(axis=0) + 0.01))
    errors = [side.std(axis=0) / np.sqrt(len(side)) / (side.mean(axis=0) + 0.01) for side in linear]
    table = pd.DataFrame({
        "gene": np.flatnonzero(part.measured),
        "log2_fold_change": change,
        "log2_fold_change_se": np.hypot(*errors) / np.log(2) + 0.01,
        "z": np.sign(change) * stats.norm.isf(np.maximum(p, 1e-300) / 2),
        "p_value": p,
        "p_value_adj": stats.false_discovery_control(p),
        "pct_in": (inside > 0).mean(axis=0),
        "pct_out": (outside > 0).mean(axis=0),
        "mean_in": inside.mean(axis=0),
        "mean_out": outside.mean(axis=0),
    })  # fmt: skip
    return StudyTest(study, table, len(inside), len(outside), same_study=True, method="wilcoxon")


def _write_expression_by_type(stage: Path, ref: Reference) -> None:
    measured = np.concatenate([np.tile(p.measured, (len(p.types), 1)) for p in ref.parts])
    dense = ref.lognorm.toarray()
    n = np.stack([measured[ref.types == t].sum(axis=0) for t in TYPES], axis=1)
    sums = np.stack([dense[ref.types == t].sum(axis=0) for t in TYPES], axis=1)
    seen = np.stack([(dense[ref.types == t] > 0).sum(axis=0) for t in TYPES], axis=1)
    write_table(stage, schema.EXPRESSION_BY_TYPE, {
        "n_cells": list(n), "mean": list(sums / np.maximum(n, 1)), "pct": list(seen / np.maximum(n, 1)),
    })  # fmt: skip


def _write_projection(stage: Path, ref: Reference) -> dict[str, tuple[float, ...]]:
    axes = {"embedding": fit_projection([ref.embedding]), "raw": fit_projection([ref.z])}
    write_tensors(
        stage, schema.PROJECTION_LOADINGS, axes["embedding"].tensors("embedding") | axes["raw"].tensors("raw")
    )
    xy = np.hstack([axes["embedding"].place(ref.embedding), axes["raw"].place(ref.z)])
    write_table(stage, schema.PROJECTION, {c.name: xy[:, i] for i, c in enumerate(schema.PROJECTION.columns)})
    return {space: tuple(float(v) for v in loadings.explained) for space, loadings in axes.items()}


def _write_evaluation(stage: Path, ref: Reference) -> None:
    """Leave one study out and ask the others for its types, by the encoder's rows and by raw expression; all together and each apart."""
    raw = ref.lognorm.toarray()
    rows = []
    for model, points in (("encoder", ref.embedding), ("raw", raw), ("pca_100", raw @ np.linalg.svd(raw)[2][:100].T)):
        hits = pd.Series(np.concatenate([_hits(ref, points, s) for s in COMPOSITION]))
        for held_out, type_id in product(("all", *COMPOSITION), ("all", *TYPES)):
            asked = ((ref.studies == held_out) | (held_out == "all")) & ((ref.types == type_id) | (type_id == "all"))
            if not asked.any():
                continue
            found = hits[asked]
            spread = 1.96 * float(found.std()) / np.sqrt(len(found))
            rows += [
                {"split": "study", "held_out": held_out, "model": model, TYPE: type_id, "metric": metric,
                 "value": float(found.mean()), "ci_low": max(0.0, float(found.mean()) - spread),
                 "ci_high": min(1.0, float(found.mean()) + spread), "p_value": None if model == "pca_100" else 0.01,
                 "n_query": len(found), "k": K}
                for metric in ("accuracy", "mafp_weighted")
            ]  # fmt: skip
    write_table(stage, schema.EVALUATION, pd.DataFrame(rows))


def _calibration(ref: Reference) -> pd.DataFrame:
    """Leave every study out in turn, and learn from all its cells which answers are right."""
    edges = [(child, parent) for child, (_, parents, _) in TERMS.items() for parent in parents]
    backoff = Backoff(Ontology({t: name for t, (name, _, _) in TERMS.items()}, edges), TYPES)
    codes = np.array([TYPES.index(t) for t in ref.types], dtype=np.int32)
    return calibration_table(pd.concat([_trust(ref, s, codes, backoff) for s in COMPOSITION], ignore_index=True), 0.4)


def _trust(ref: Reference, study: str, codes: np.ndarray, backoff: Backoff) -> pd.DataFrame:
    mine = ref.studies == study
    near = exact_search(ref.embedding[~mine], ref.embedding[mine], K)
    found = judged_rows(
        codes[~mine][near.ids],
        near.distances,
        codes[mine],
        np.bincount(codes[~mine], minlength=len(backoff.type_ids)),
        backoff,
    )
    return found.assign(held_out=study, run=study, split="study")


def _hits(ref: Reference, points: np.ndarray, study: str) -> np.ndarray:
    mine = ref.studies == study
    near = exact_search(points[~mine].astype(np.float32), points[mine].astype(np.float32), K).ids
    votes = pd.DataFrame(ref.types[~mine][near]).mode(axis=1)[0].to_numpy()
    return np.asarray(votes == ref.types[mine], dtype=float)


def _write_examples(stage: Path, world: World) -> None:
    folder = stage / schema.EXAMPLES
    folder.mkdir()
    write_query(world, folder / "planted.h5ad", seed=7)
    write_table(stage, schema.EXAMPLE_QUERIES, {
        "example": ["planted"], "title": ["Planted blood and islets"], "detail": ["110 cells, counts, five types"],
        "file": [f"{schema.EXAMPLES}/planted.h5ad"], "n_cells": [110], "n_genes": [N_GENES],
        "source": ["drawn from a seed, made for tests"],
    })  # fmt: skip


def _manifest(ref: Reference, index: object, variances: dict[str, tuple[float, ...]]) -> Manifest:
    held = [_mean_distances(ref, study) for study in COMPOSITION]
    used = [s for s, facts in _STUDY_FACTS.items() if facts[6] == "used"]
    return Manifest(
        schema_version=schema.SCHEMA_VERSION, bundle_id="", name="planted", title="Planted world", organism="human",
        organism_ontology_term_id="NCBITaxon:9606", built_at="2026-01-01T00:00:00+00:00", builder_version="0.1.0",
        files={}, recipe=Recipe().to_dict(),
        encoder=EncoderFacts(1, (N_UNITS,), "tanh", N_LATENT, N_VOCABULARY, l2=True, n_coordinates=0, n_inputs=N_VOCABULARY),
        index=index,
        confidence=ConfidenceFacts(
            float(learn_threshold(np.concatenate(held))), 0.99, len(ref.types), "each study left out in turn", 0.5
        ),
        ontology=OntologyFacts("Cell Ontology, shortened", "2026-01-01", "written by hand for tests"),
        sources=tuple(SourceFacts(s, "drawn from a seed", "made for tests", "") for s in used),
        libraries={"numpy": np.__version__}, seed=ref.world.seed,
        counts=Counts(len(ref.types), N_GENES, len(used), len(TYPES), len(_STUDY_FACTS) - len(used)),
        projection=ProjectionFacts(variances), notes=("Synthetic: no real cell is in this bundle.",),
    )  # fmt: skip


def _mean_distances(ref: Reference, study: str) -> np.ndarray:
    """Distances of a left-out study's cells to their 10 nearest, for types that the others hold."""
    mine = ref.studies == study
    known = mine & np.isin(ref.types, list(set(ref.types[~mine])))
    return exact_search(ref.embedding[~mine], ref.embedding[known], K).distances.mean(axis=1)
