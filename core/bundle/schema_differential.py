"""The tables about genes and types: what sets a type apart, what a gene marks, how types express it.

Part of ``core.bundle.schema``, which is where readers and writers take them from.
"""

from __future__ import annotations

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

BACKGROUNDS = ("others", "siblings", "parent")
"""What a type is held against: all other types; the other children of its parent; everything else of its parent."""
METHODS = ("wilcoxon", "pseudobulk", "dropout")

_TERM = Column(
    TYPE,
    TEXT,
    "key into terms: a label, or a wider term; its cells are those of the term and of all narrower ones; ascending",
)
_BACKGROUND = Column(
    "background",
    TEXT,
    "others (all other types) | siblings (the other children of its parent) | parent (all else of its parent, "
    "cells labelled with the parent alone among them)",
    choices=BACKGROUNDS,
)
_GENE = Column("gene_symbol", TEXT, "key into genes")
_CHANGE = Column(
    "log2_fold_change", REAL, "mean over studies of log2 (mean in + 0.01) / (mean out + 0.01), counts per 10,000"
)
_ADJUSTED = Column("p_value_adj", DOUBLE, "largest Benjamini-Hochberg adjusted p-value over studies")
_STOUFFER = Column(
    "q_stouffer", DOUBLE, "p_value_stouffer, Benjamini-Hochberg adjusted over all genes tested in the contrast"
)
_PCT_IN = Column("pct_in", REAL, "share of the type's cells with a value > 0, 0..1")
_PCT_OUT = Column("pct_out", REAL, "share of the background's cells with a value > 0, 0..1")
_MEAN_IN = Column("mean_in", REAL, "mean log1p counts per 10,000 in the type")
_MEAN_OUT = Column("mean_out", REAL, "mean log1p counts per 10,000 in the background")
_N_STUDIES = Column("n_studies", INDEX32, "studies that tested the gene in this contrast")
_RANK = Column(
    "rank",
    INDEX32,
    "1 for the strongest of the genes in its direction that are sure (p_value_adj < 0.05, at least twofold), by the "
    "difference of mean_in and mean_out times the root of the absolute log2_fold_change; missing for the others",
    nullable=True,
)
_SPECIFIC = Column(
    "specific",
    FLAG,
    "whether the gene sets the type apart from its siblings too: p_value_adj < 0.05 in the same direction against both "
    "the other types and the siblings; missing where the siblings were not tested for the gene",
    nullable=True,
)

CONTRASTS = TableSpec(
    "contrasts",
    "one type and background that were compared",
    (
        _TERM,
        _BACKGROUND,
        Column("compared_with", TEXTS, "labels of the background's cells, keys into cell_types"),
        Column("n_genes", INDEX32, "genes tested in at least one study, also those that studies disagree about"),
        Column("n_up", INDEX32, "genes with a rank, higher in the type"),
        Column("n_down", INDEX32, "genes with a rank, lower in the type"),
        Column("n_studies", INDEX32, "studies tested"),
        Column("n_in", COUNT, "cells of the type, over studies"),
        Column("n_out", COUNT, "cells of the background, over studies"),
        Column(
            "same_study",
            FLAG,
            "whether every background came from the type's own study; otherwise differences between studies are in it",
        ),
        Column("method", TEXT, "wilcoxon | pseudobulk | dropout", choices=METHODS),
    ),
    key=(TYPE, "background"),
)

DIFFERENTIAL = TableSpec(
    "differential",
    "one gene of one contrast, combined over studies; sorted by type, background and strength",
    (
        _TERM,
        _BACKGROUND,
        _GENE,
        _RANK,
        _CHANGE,
        Column(
            "log2_fold_change_se",
            REAL,
            "standard error of that mean: of the studies' own errors and the spread between them",
        ),
        Column("p_value", DOUBLE, "largest p-value over studies"),
        _ADJUSTED,
        Column("p_value_stouffer", DOUBLE, "Stouffer's combination over studies, weights sqrt(n)"),
        _STOUFFER,
        Column(
            "i2",
            REAL,
            "share of the spread of the studies' fold changes that their errors do not explain, 0..1; missing with one study",
            nullable=True,
        ),
        _PCT_IN,
        _PCT_OUT,
        _MEAN_IN,
        _MEAN_OUT,
        _N_STUDIES,
        _SPECIFIC,
    ),
    row_group_size=4096,
    key=(TYPE, "background", "gene_symbol"),
)

DIFFERENTIAL_BY_STUDY = TableSpec(
    "differential_by_study",
    "one gene, contrast and study: the tests behind `differential`; sorted by type, background and gene",
    (
        _TERM,
        _BACKGROUND,
        _GENE,
        Column("study", TEXT, "key into studies"),
        Column("log2_fold_change", REAL, "log2 (mean in + 0.01) / (mean out + 0.01), counts per 10,000"),
        Column("log2_fold_change_se", REAL, "its standard error"),
        Column("p_value", DOUBLE, "two-sided, by the method"),
        Column("p_value_adj", DOUBLE, "Benjamini-Hochberg over the genes of this test"),
        _PCT_IN,
        _PCT_OUT,
        Column("n_in", INDEX32, "cells of the type in the test"),
        Column("n_out", INDEX32, "cells of the background in the test"),
        Column("same_study", FLAG, "whether the background is of the same study"),
        Column("method", TEXT, "wilcoxon | pseudobulk | dropout", choices=METHODS),
    ),
    row_group_size=4096,
    key=(TYPE, "background", "gene_symbol", "study"),
)

MARKERS_BY_GENE = TableSpec(
    "markers_by_gene",
    "one gene of one contrast with p_value_adj < 0.05: which types it marks; sorted by gene, background and p-value",
    (
        _GENE,
        _BACKGROUND,
        _TERM,
        _RANK,
        _CHANGE,
        _ADJUSTED,
        _STOUFFER,
        _PCT_IN,
        _PCT_OUT,
        _MEAN_IN,
        _MEAN_OUT,
        _N_STUDIES,
        _SPECIFIC,
    ),
    row_group_size=2048,
    key=("gene_symbol", "background", TYPE),
)

EXPRESSION_BY_TYPE = TableSpec(
    "expression_by_type",
    "one gene in all types; row j is gene j, entry t of each list is row t of cell_types",
    (
        Column("n_cells", INDEX_LIST, "reference cells of the type in studies that measured the gene; 0: not measured"),
        Column("mean", REAL_LIST, "mean log1p counts per 10,000 over these cells; 0 where there are none"),
        Column("pct", REAL_LIST, "share of these cells with a value > 0, 0..1"),
    ),
    row_group_size=64,
    aligned_with="genes",
)
