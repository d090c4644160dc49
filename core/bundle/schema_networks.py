"""The tables about networks: how the bundle's own were trained, and how all models of a study compare (part of ``schema``)."""

from __future__ import annotations

from core.bundle.spec import COUNT, DOUBLE, FLAG, INDEX32, TEXT, TYPE, Column, TableSpec

TRAINING = TableSpec(
    "training",
    "one epoch of the training of one of the encoder's networks; no row where the builder did not train it",
    (
        Column("network", INDEX32, "number of the network, from 1; its weights are net{network - 1} of the encoder"),
        Column("epoch", INDEX32, "pass over the training cells, from 1"),
        Column("loss", DOUBLE, "cross-entropy over the training cells as they were shown, often cut to a gene panel"),
        Column("accuracy", DOUBLE, "share of the training cells whose type the head named, 0..1"),
        Column("validation_loss", DOUBLE, "the same loss over the validation cells, shown whole", nullable=True),
        Column("validation_accuracy", DOUBLE, "the same share of the validation cells, 0..1", nullable=True),
        Column("kept", FLAG, "whether the network's weights are those of this epoch: one epoch of each network"),
    ),
    key=("network", "epoch"),
)

FIRST_FAMILIES = ("default", "baseline or rival")
"""Families of ``models`` that networks are held against: shown before them where nothing else orders models."""

METRICS = ("mafp_weighted", "accuracy", "macro_f1", "near_accuracy")
"""Metrics of ``models``, as ``evaluation`` calls them; ``_low`` and ``_high`` are the ends of their intervals."""


def _figure(metric: str) -> tuple[Column, ...]:
    mean = "mean over the held-out test studies, 0..1; missing where the model was not asked"
    return (
        Column(metric, DOUBLE, mean, nullable=True),
        Column(f"{metric}_low", DOUBLE, "bootstrap over these studies, 2.5 %", nullable=True),
        Column(f"{metric}_high", DOUBLE, "bootstrap over these studies, 97.5 %", nullable=True),
    )


MODELS = TableSpec(
    "models",
    "one model of a network study (python -m build_bundle study); no row where the build named none",
    (
        Column("model", TEXT, "name in the study; encoder is trained as the study's configurations say, like a bundle's"),
        Column("family", TEXT, "default (encoder) | baseline or rival | objective and body of a network"),
        Column("sizes", TEXT, "units of the dense layers, for example 1136-100; empty where it has none"),
        Column("settings", TEXT, "all its other settings, 'name value' with '; ' between; empty where it has none"),
        Column("width", INDEX32, "numbers in its embedding", nullable=True),
        Column("train_seconds", DOUBLE, "mean time of a training, over hold-outs", nullable=True),
        Column(
            "inner_mafp",
            DOUBLE,
            "weighted MAFP, mean over studies left out inside the training studies: what models are chosen by",
            nullable=True,
        ),
        Column("n_studies", COUNT, "test studies behind the figures; 0 where they were not asked yet"),
        *(column for metric in METRICS for column in _figure(metric)),
    ),
    key=("model",),
)  # fmt: skip

MODELS_BY_TYPE = TableSpec(
    "models_by_type",
    "one model of the network study asked for the cells of one type; no row where the build named no study",
    (
        Column("model", TEXT, "key into models; a method that only labels retrieves nothing and has no row"),
        Column("reference", TEXT, "name of the configuration whose studies were held out, for example human"),
        Column(TYPE, TEXT, "type of the query cells; need not be a type of this bundle"),
        Column("cell_type", TEXT, "its preferred name"),
        Column(
            "mafp", DOUBLE, "how near the retrieved cells' types are in the ontology: MAFP, mean over these cells, 0..1"
        ),
        Column("n_cells", COUNT, "query cells of the type in all held-out test studies of the reference"),
        Column("n_studies", COUNT, "test studies they come from"),
    ),
    key=("model", "reference", TYPE),
)
