"""The tables of a collection's statistics: studies and cells by month, reads by study, alignment rates (part of ``schema``)."""

from __future__ import annotations

from core.bundle.spec import COUNT, REAL, TEXT, Column, TableSpec

COLLECTION = TableSpec(
    "collection",
    "studies and cells of one month and kind",
    (
        Column("month", TEXT, "YYYY-MM of release, empty where unknown"),
        Column(
            "kind",
            TEXT,
            "usable | low_alignment | no_data (neither raw nor author-processed data) | unmapped (to no term) | set_aside",
            choices=("usable", "low_alignment", "no_data", "unmapped", "set_aside"),
        ),
        Column("n_studies", COUNT, "studies; one with samples of several kinds counts in each"),
        Column("n_cells", COUNT, "cells"),
    ),
    key=("month", "kind"),
)

READS_BY_STUDY = TableSpec(
    "reads_by_study",
    "how deep one study of the collection was sequenced; no row where no reads were counted",
    (
        Column("study", TEXT, "accession of the study"),
        Column("month", TEXT, "YYYY-MM of release, empty where unknown"),
        Column(
            "n_libraries", COUNT, "libraries whose reads were counted: cells on plates, samples of many cells otherwise"
        ),
        Column("n_reads", COUNT, "their reads (of pairs: fragments), summed"),
        Column("reads_q1", REAL, "lower quartile of reads a library"),
        Column("reads_median", REAL, "median of reads a library"),
        Column("reads_q3", REAL, "upper quartile of reads a library"),
    ),
    key=("study",),
)

ALIGNMENT_RATES = TableSpec(
    "alignment_rates",
    "libraries whose share of aligned reads lies in one interval; no row where none was measured",
    (
        Column(
            "measure",
            TEXT,
            "overall (anywhere in the genome) | coding (on coding intervals)",
            choices=("overall", "coding"),
        ),
        Column("low", REAL, "lower end of the interval, 0..1"),
        Column("high", REAL, "upper end, which belongs to the next interval, but for 1"),
        Column("n_kept", COUNT, "libraries that passed the alignment rule"),
        Column("n_below", COUNT, "libraries set aside by the rule"),
        Column("threshold", REAL, "least share the rule asks for, of the measure it looks at; 0 for the other measure"),
    ),
    key=("measure", "low"),
)
