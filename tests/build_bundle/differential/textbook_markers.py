"""Marker genes that papers name for well-known cell types, to hold the builder to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Textbook:
    """Genes of one type.

    `term` is the ontology term; `genes` the symbols by organism; `source` the papers, with their PubMed ids.
    """

    name: str
    term: str
    genes: Mapping[str, tuple[str, ...]]
    source: str


def _both(*human: str, **mouse: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {"human": human, "mouse": mouse.get("mouse", tuple(gene.capitalize() for gene in human))}


ISLETS = "Baron 2016 (27667365), Muraro 2016 (27693023), Segerstolpe 2016 (27667667)"
BLOOD = "Tirosh 2016 (27124452), Zheng 2017 (28091601)"
TEXTBOOK = (
    Textbook("B cell", "CL:0000236", _both("CD19", "CD79A", "CD79B", "MS4A1"), BLOOD),
    Textbook("T cell", "CL:0000084", _both("CD2", "CD3D", "CD3E", "CD3G"), BLOOD),
    Textbook("NK cell", "CL:0000623", _both("NKG7", "KLRD1", "PRF1", "GNLY"), "Crinier 2018 (30413361), Zheng 2017 (28091601)"),
    Textbook("monocyte", "CL:0000576", _both("CD14", "LYZ", "S100A8", "S100A9", "FCN1",
             mouse=("Cd14", "Lyz2", "S100a8", "S100a9")), "Villani 2017 (28428369), Zheng 2017 (28091601)"),
    Textbook("alpha cell", "CL:0000171", _both("GCG", "TTR", "IRX2"), ISLETS),
    Textbook("beta cell", "CL:0000169", _both("INS", "IAPP", "MAFA", mouse=("Ins1", "Ins2", "Iapp", "Mafa")), ISLETS),
    Textbook("delta cell", "CL:0000173", _both("SST", "RBP4", "HHEX"), ISLETS),
    Textbook("acinar cell", "CL:0002064", _both("PRSS1", "CPA1", "CELA3A", "REG1A",
             mouse=("Cpa1", "Cela3b", "Reg1", "Prss2")), ISLETS),
    Textbook("ductal cell", "CL:0002079", _both("KRT19", "SPP1", "CFTR"), ISLETS),
    Textbook("oligodendrocyte", "CL:0000128", _both("MOG", "MOBP", "MAG", "PLP1"),
             "Zhang 2014 (25186741), Marques 2016 (27284195)"),
    Textbook("microglia", "CL:0000129", _both("CX3CR1", "P2RY12", "TMEM119", "C1QA"),
             "Zhang 2014 (25186741), Bennett 2016 (26884166)"),
    Textbook("erythroid cell", "CL:0000764", _both("HBB", "HBA1", "ALAS2", mouse=("Hba-a1", "Car1", "Klf1")),
             "Paul 2015 (26627738)"),
)  # fmt: skip

NOT_FIRST = {
    (
        "mouse",
        "oligodendrocyte",
        "Plp1",
    ): "the only cells beside them in their study are committed precursors, which have it too",
    **dict.fromkeys(
        [("mouse", "monocyte", gene) for gene in ("Cd14", "S100a8", "S100a9")],
        "the monocytes of Paul 2015 are sorted Kit+ progenitors, which hardly have it yet",
    ),
    (
        "mouse",
        "ductal cell",
        "Krt19",
    ): "the ductal cells of Bastidas-Ponce 2019 are embryonic, as their neighbours are, which have it too",
}
"""Genes that are measured and not among the first 50, with the reason, from a look at the study."""
