"""The bundle contract: every file of a data bundle, and every column of its tables.

The builder writes and the app reads what is declared here; nothing about the format is declared anywhere else.
`data_bundle/README.md` says the same in words. A change that old readers cannot follow raises `SCHEMA_VERSION`.

Row order is meaning: row i of ``cells.parquet`` is row i of ``embedding.npy``, of ``projection.parquet`` and item i of
the index; row j of ``genes.parquet`` is gene index j in both expression files.
"""

from __future__ import annotations

from core.bundle.schema_collection import ALIGNMENT_RATES, COLLECTION, READS_BY_STUDY
from core.bundle.schema_differential import (
    BACKGROUNDS,
    CONTRASTS,
    DIFFERENTIAL,
    DIFFERENTIAL_BY_STUDY,
    EXPRESSION_BY_TYPE,
    MARKERS_BY_GENE,
)
from core.bundle.schema_networks import MODELS, MODELS_BY_TYPE, TRAINING
from core.bundle.spec import (
    COUNT,
    DOUBLE,
    FLAG,
    INDEX32,
    INDEX_LIST,
    REAL,
    REAL_LIST,
    TEXT,
    TEXTS,
    TYPE,
    Column,
    TableSpec,
)

__all__ = [
    "ALIGNMENT_RATES", "BACKGROUNDS", "COLLECTION", "CONTRASTS", "COUNT", "DIFFERENTIAL", "DIFFERENTIAL_BY_STUDY", "DOUBLE", "EXPRESSION_BY_TYPE", "FLAG",
    "INDEX32", "INDEX_LIST", "MARKERS_BY_GENE", "MODELS", "MODELS_BY_TYPE", "READS_BY_STUDY", "REAL", "REAL_LIST", "TEXT", "TEXTS", "TRAINING", "TYPE", "Column", "TableSpec",
]  # fmt: skip

SCHEMA_VERSION = 7

# Values in the tables of held-out figures: the bundle's own encoder among the models, and rows of no single study or type.
ENCODER, ALL, RARE = "encoder", "all", "rare"

MANIFEST = "manifest.json"
EMBEDDING = "embedding.npy"  # float32, n_ref x n_latent, rows as in cells.parquet
ENCODER_WEIGHTS = "encoder.safetensors"  # "net{i}.layer{j}.kernel" (n_in x n_out), ".bias"; "join." and "place.kernel"
INDEX = "index.hnsw"  # NMSLib HNSW over embedding.npy; space, M, ef in the manifest
PROJECTION_LOADINGS = "projection_loadings.safetensors"  # see core.explore.projection
CANARY = "canary.safetensors"  # a few encoder inputs "x" with their expected "embedding" and "neighbors"
REPORT = "report.html"  # the build report, self-contained
EXAMPLES = "examples"  # folder of example queries (.h5ad)

CELLS = TableSpec(
    "cells",
    "one reference cell",
    (
        Column("cell_id", TEXT, "unique name of the cell: study, colon, name within the study"),
        Column("study", TEXT, "key into studies"),
        Column("ontology_term_ids", TEXTS, "all CL/UBERON terms the cell was labelled with, most specific only"),
        Column(TYPE, TEXT, "the single label of the cell; key into cell_types"),
        Column(
            "high_confidence",
            FLAG,
            "whether the cell passed the selection for training: one term, with enough cells",
        ),
        Column(
            "split",
            TEXT,
            "train | validation | none: what the encoder saw",
            choices=("train", "validation", "none"),
        ),
        Column("n_genes", INDEX32, "genes detected (value > 0)"),
        Column("total", REAL, "sum over genes on linear scale, in the study's unit"),
    ),
    key=("cell_id",),
)

GENES = TableSpec(
    "genes",
    "one gene of the reference's expression matrix",
    (
        Column("gene_symbol", TEXT, "official symbol in this bundle's symbol space; unique"),
        Column("gene_id", TEXT, "Ensembl gene id without version", nullable=True),
        Column("n_studies", INDEX32, "studies that measured the gene"),
        Column("n_cells", COUNT, "reference cells with a value > 0"),
        Column("in_encoder", FLAG, "whether the gene is in the encoder's vocabulary"),
    ),
    key=("gene_symbol",),
)

GENE_NAMES = TableSpec(
    "gene_names",
    "one gene of the organism, measured here or not: what turns any id into this bundle's symbol",
    (
        Column("gene_symbol", TEXT, "official symbol; unique"),
        Column("ensembl_ids", TEXTS, "Ensembl gene ids without version"),
        Column("entrez_ids", TEXTS, "NCBI gene ids"),
        Column(
            "aliases",
            TEXTS,
            "older or other names that are no gene's symbol; one that several genes have stands at each, and means none of them",
        ),
    ),
    key=("gene_symbol",),
)

STUDIES = TableSpec(
    "studies",
    "one study that was offered to the build, used or not",
    (
        Column("study", TEXT, "key of the study, for example kang2018"),
        Column("accession", TEXT, "repository accession, for example GSE96583", nullable=True),
        Column("title", TEXT, "title of the publication or data set"),
        Column("pubmed_id", TEXT, "PubMed id", nullable=True),
        Column("release_date", TEXT, "ISO date of release", nullable=True),
        Column("technology", TEXT, "measuring technology"),
        Column("tissue", TEXT, "tissue in words"),
        Column("licence", TEXT, "licence or terms of the data as carried"),
        Column("source", TEXT, "where the file came from, in words"),
        Column("unit", TEXT, "scale the doctor detected in the source"),
        Column("status", TEXT, "used | held_out | set_aside", choices=("used", "held_out", "set_aside")),
        Column("reason", TEXT, "why it was set aside, empty otherwise"),
        Column("n_cells", COUNT, "cells that went in"),
        Column("n_cells_offered", COUNT, "cells in the source"),
        Column("n_genes", INDEX32, "genes that went in"),
        Column("n_cell_types", INDEX32, "different labels among the cells that went in"),
    ),
    key=("study",),
)

CELL_TYPES = TableSpec(
    "cell_types",
    "one cell type that labels reference cells",
    (
        Column(TYPE, TEXT, "CL or UBERON id"),
        Column("cell_type", TEXT, "name of the term"),
        Column("n_cells", COUNT, "reference cells with this label"),
        Column("n_studies", INDEX32, "studies with this label"),
        Column("in_training", FLAG, "whether the encoder's softmax head knew the type"),
    ),
    key=(TYPE,),
)

TERMS = TableSpec(
    "terms",
    "one term of the bundle's ontology subgraph: the labels and all their ancestors",
    (
        Column("term_id", TEXT, "CL or UBERON id"),
        Column("name", TEXT, "preferred name"),
        Column("definition", TEXT, "definition, possibly empty"),
        Column("synonyms", TEXTS, "exact synonyms"),
        Column("depth", INDEX32, "longest distance from a root of the subgraph"),
    ),
    key=("term_id",),
)

EDGES = TableSpec(
    "edges",
    "one edge of the ontology subgraph, pointing from the narrower to the wider term",
    (
        Column("child_id", TEXT, "narrower term"),
        Column("parent_id", TEXT, "wider term"),
        Column(
            "relation",
            TEXT,
            "is_a | part_of | ancestor (where the release does not say which)",
            choices=("is_a", "part_of", "ancestor"),
        ),
    ),
    key=("child_id", "parent_id", "relation"),
)

TYPE_SIMILARITY = TableSpec(
    "type_similarity",
    "one pair of labels with ontology similarity > 0, both orders, diagonal included",
    (
        Column("a", TEXT, "cell type id"),
        Column("b", TEXT, "cell type id"),
        Column("similarity", REAL, "max(0, 1 - d/4), d = shortest undirected path in the whole ontology"),
    ),
    key=("a", "b"),
)

EXPRESSION_BY_CELL = TableSpec(
    "expression_by_cell",
    "all genes of one reference cell; row i is cell i",
    (
        Column("gene_indices", INDEX_LIST, "ascending rows of genes"),
        Column("values", REAL_LIST, "log1p of counts per 10,000"),
    ),
    row_group_size=8,
    aligned_with="cells",
)

EXPRESSION_BY_GENE = TableSpec(
    "expression_by_gene",
    "all cells of one gene; row j is gene j",
    (
        Column("cell_indices", INDEX_LIST, "ascending rows of cells"),
        Column("values", REAL_LIST, "log1p of counts per 10,000"),
    ),
    row_group_size=4,
    aligned_with="genes",
)

ENCODER_GENES = TableSpec(
    "encoder_genes",
    "one gene of the encoder's vocabulary, in input order",
    (
        Column("gene_symbol", TEXT, "key into genes"),
        Column("mean", REAL, "training mean of the normalised value (core.expression.recipe)"),
        Column("sd", REAL, "training standard deviation of the normalised value"),
        Column("profile", REAL, "mean share of the gene in a reference cell's vocabulary total; sums to 1"),
        Column("detected", REAL, "share of training cells in which the gene was found, 0..1"),
    ),
    key=("gene_symbol",),
)

PROJECTION = TableSpec(
    "projection",
    "one reference cell on the 2D maps; row i is cell i",
    (
        Column("pc1", REAL, "first principal component of the embedding"),
        Column("pc2", REAL, "second principal component of the embedding"),
        Column("raw_pc1", REAL, "first principal component of the normalised expression"),
        Column("raw_pc2", REAL, "second principal component of the normalised expression"),
    ),
    aligned_with="cells",
)

EVALUATION = TableSpec(
    "evaluation",
    "one figure of the retrieval test on held-out studies",
    (
        Column(
            "split",
            TEXT,
            "study (whole studies held out) | pair (one type of one study held out)",
            choices=("study", "pair"),
        ),
        Column("held_out", TEXT, "study the queries come from, or 'all'"),
        Column("model", TEXT, "encoder | pca_100 | raw | cosine | ..."),
        Column(TYPE, TEXT, "query type, or 'all'"),
        Column("metric", TEXT, "mafp_weighted | mafp | map | accuracy | macro_f1 | near_accuracy"),
        Column("value", DOUBLE, "0..1"),
        Column("ci_low", DOUBLE, "bootstrap over studies, 2.5 %", nullable=True),
        Column("ci_high", DOUBLE, "bootstrap over studies, 97.5 %", nullable=True),
        Column("p_value", DOUBLE, "two-sided paired t-test against pca_100 over query cells", nullable=True),
        Column("n_query", COUNT, "query cells behind the figure"),
        Column("k", INDEX32, "neighbours retrieved"),
    ),
    key=("split", "held_out", "model", TYPE, "metric"),
)

CALIBRATION = TableSpec(
    "calibration",
    "one number about how far the labels are to be trusted, learned from held-out studies; no row where none could be",
    (
        Column(
            "kind",
            TEXT,
            "weight (of the probability, core.search.calibration) | threshold (x tolerated error, y probability to reach) | "
            "reliability (x mean probability, y share right) | coverage (x promised, y kept, on a study not learned from) | "
            "unknown (x share of known cells, y of cells of lacking types, farther away than some distance) | summary (y by name)",
            choices=("weight", "threshold", "reliability", "coverage", "unknown", "summary"),
        ),
        Column("name", TEXT, "weight or summary: which; coverage: study, or 'all'; empty otherwise"),
        Column("x", DOUBLE, "see kind; 0 where it has none"),
        Column("y", DOUBLE, "see kind"),
        Column("n_cells", COUNT, "held-out cells behind the number"),
        Column("n_studies", INDEX32, "held-out studies behind the number"),
    ),
    key=("kind", "name", "x"),
)


EXAMPLE_QUERIES = TableSpec(
    "example_queries",
    "one example query that ships with the bundle",
    (
        Column("example", TEXT, "key, also the stem of its file in examples/"),
        Column("title", TEXT, "title on the first page"),
        Column("detail", TEXT, "one line: technology, what to look for"),
        Column("file", TEXT, "path inside the bundle, posix"),
        Column("n_cells", COUNT, "cells"),
        Column("n_genes", COUNT, "genes"),
        Column("source", TEXT, "study, package and licence"),
    ),
    key=("example",),
)

TABLES: tuple[TableSpec, ...] = (
    CELLS, GENES, GENE_NAMES, STUDIES, CELL_TYPES, TERMS, EDGES, TYPE_SIMILARITY, EXPRESSION_BY_CELL, EXPRESSION_BY_GENE,
    ENCODER_GENES, PROJECTION, CONTRASTS, DIFFERENTIAL, DIFFERENTIAL_BY_STUDY, MARKERS_BY_GENE, EXPRESSION_BY_TYPE,
    TRAINING, EVALUATION, CALIBRATION, MODELS, MODELS_BY_TYPE, COLLECTION, READS_BY_STUDY, ALIGNMENT_RATES, EXAMPLE_QUERIES,
)  # fmt: skip
BINARIES: tuple[str, ...] = (EMBEDDING, ENCODER_WEIGHTS, INDEX, PROJECTION_LOADINGS, CANARY, REPORT)
REQUIRED_FILES: tuple[str, ...] = tuple(t.file for t in TABLES) + BINARIES
