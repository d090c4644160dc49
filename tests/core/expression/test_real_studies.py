"""The doctor on every real study that is at hand: unit, orientation, species and ids as its source states them."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.errors import MatrixRefusedError
from core.expression.doctor import examine
from core.expression.formats import read_matrix
from core.expression.genes import GeneNames
from core.expression.sandbox import read_upload

SHARED = Path(__file__).parents[4] / "shared" / "data"
STUDIES = sorted([*SHARED.glob("*/*.h5ad"), *SHARED.glob("reference_profiles/*/*.h5ad")])
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not STUDIES, reason="the shared study collection is not beside this checkout"),
]
COUNTS = {"counts"}
LINEAR = {"counts", "corrected-counts", "expected-counts", "cpm", "tpm", "fpkm", "fractions", "normalised"}
LOGS = {"lognorm", "log2", "log10"}
UNITS = (
    # what the source says about its unit begins or contains; what the doctor may say
    ("UMI counts", COUNTS),
    ("read counts", COUNTS),
    ("summed UMI counts", COUNTS),
    ("expected read counts", {"expected-counts"}),
    ("transcript counts", {"corrected-counts"}),
    ("UMI fractions", {"fractions"}),
    ("FPKM/TPM-like", LINEAR - COUNTS),
    ("TPM-like", {"fpkm"}),
    ("FPKM", {"fpkm"}),
    ("ln(", {"lognorm"}),
    ("log2", {"log2"}),
    ("log10(", {"log10"}),
    ("mean log-expression", {"log2"}),
    ("log-normalised (see README)", {"log2"}),
    ("log-scale expression", LOGS),  # the source does not state the base
)


def facts(path: Path) -> dict[str, str]:
    """What the source says about its values."""
    with h5py.File(path) as f:
        return {k: v.decode() if isinstance(v := f["uns"][k][()], bytes) else str(v) for k in ("units", "organism")}


def organism(path: Path) -> str:
    return {"Mus musculus": "mouse", "Homo sapiens": "human"}[facts(path)["organism"]]


def rows(name: str) -> Iterator[dict[str, str]]:
    with gzip.open(SHARED / "genes" / name, "rt") as lines:
        header = next(lines).rstrip("\n").split("\t")
        for line in lines:
            yield dict(zip(header, line.rstrip("\n").split("\t"), strict=True))


@cache
def names(species: str) -> GeneNames:
    """Mouse: the annotation beside the studies; human: the names that the human studies use themselves."""
    if species == "human":
        found = sorted({g for p in STUDIES if organism(p) == "human" for g in read_matrix(p).matrix.var_names})
        return GeneNames.from_lists(found, *[[()] * len(found)] * 3)
    table: dict[str, tuple[list[str], list[str], list[str]]] = {}
    for row in rows("mouse_genes_gencode_vM32.tsv.gz"):
        ensembl, entrez, _ = table.setdefault(row["symbol"], ([], [], []))
        ensembl.append(row["ensembl_id"])
        entrez.extend(e for e in row["entrez_id"].split(";") if e.isdigit())
    for row in rows("ncbi_gene_mouse_protein_coding_2016-02-22.tsv.gz"):
        if row["symbol"] in table:
            table[row["symbol"]][2].extend(a for a in row["aliases"].split("|") if a not in table)
    return GeneNames.from_lists(list(table), *([t[i] for t in table.values()] for i in range(3)))


def expected(unit: str) -> set[str]:
    return next(allowed for start, allowed in UNITS if unit.startswith(start))


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.stem)
def test_unit_orientation_and_species_of_every_study(path):
    raw = read_matrix(path)
    d = examine(raw, names(organism(path)), organism=organism(path))
    assert d.scale in expected(facts(path)["units"]), facts(path)["units"]
    found = {f.code: f for f in d.findings}
    assert found["orientation"].text.startswith("Cells in rows, genes in columns. Read as they are.")
    assert found["species"].level == "ok"
    assert "symbols" in found["genes"].text
    assert d.n_matched > 0.7 * d.n_genes_file
    assert raw.n_obs - 5 <= d.matrix.n_obs <= raw.n_obs
    assert np.isfinite(d.matrix.x.data).all()
    assert d.matrix.x.data.min() > 0


@pytest.mark.parametrize("path", STUDIES, ids=lambda p: p.stem)
def test_every_study_is_refused_for_the_other_organism(path):
    other = {"human": "mouse", "mouse": "human"}[organism(path)]
    with pytest.raises(
        MatrixRefusedError, match=f"These cells are {organism(path)}, this reference is {other}"
    ) as caught:
        examine(read_matrix(path), names(other), organism=other)
    assert caught.value.code == "wrong-species"


SMALL = [p for p in STUDIES if p.stat().st_size < 700_000]


@pytest.mark.parametrize("path", SMALL, ids=lambda p: p.stem)
def test_transposed_text_gives_the_same_matrix(path, tmp_path):
    raw = read_matrix(path)
    x = raw.matrix.x.T.toarray()
    lines = ["," + ",".join(raw.matrix.obs_names)]
    lines += [f"{g}," + ",".join(f"{v:.7g}" for v in row) for g, row in zip(raw.matrix.var_names, x, strict=True)]
    (tmp_path / "data").write_text("\n".join(lines))
    text = read_upload(tmp_path / "data", tmp_path / "work", display_name="turned.csv")
    known, species = names(organism(path)), organism(path)
    want, got = (examine(r, known, organism=species) for r in (raw, text))
    assert "Genes in rows, cells in columns. Turned here." in {f.text for f in got.findings}
    assert got.scale == want.scale
    assert got.matrix.var_names.tolist() == want.matrix.var_names.tolist()
    assert got.matrix.obs_names.tolist() == want.matrix.obs_names.tolist()
    assert abs(got.matrix.x - want.matrix.x).max() <= 1e-4 * want.matrix.x.max()


def test_mouse_ids_of_every_kind_lead_to_the_same_symbols():
    known = names("mouse")
    symbols = read_matrix(next(p for p in STUDIES if "jaitin2014" in p.stem)).matrix.var_names
    ensembl = {s: e for e, s in known.ensembl.items()}
    entrez = {s: e for e, s in known.entrez.items()}
    both = [s for s in symbols if s in ensembl and s in entrez]
    assert len(both) > 9000
    for ids, kind in (([ensembl[s] for s in both], "ensembl"), ([entrez[s] for s in both], "entrez")):
        found = known.resolve(ids)
        assert found.id_type == kind
        assert found.symbols.tolist() == both


def test_older_mouse_names_resolve_where_they_mean_one_gene():
    known = names("mouse")
    assert len(known.aliases) > 10_000
    assert known.resolve(["AATYK"]).symbols.tolist() == ["Aatk"]
