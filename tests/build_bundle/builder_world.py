"""Source files of the planted world, and a configuration that builds a bundle from them in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.worlds import ALIASES, COMPOSITION, ENSEMBL, TERMS, World, write_h5ad, write_query

WORDS = {term: name.replace("-", " ").split(",")[0] + " (sorted)" for term, (name, _, _) in TERMS.items()}

TEMPLATE = """\
name = "planted"
title = "Planted reference"
organism = "human"
seed = 3
max_set_aside = {max_set_aside}

[ontology]
name = "Planted ontology"
release = "1"
source = "made for tests"
files = [{{ path = "ontology.json" }}]

[genes]
table = {{ path = "genes.csv" }}

[selection]
min_cells = 20

[train]
n_nets = 2
hidden = [16]
n_vocabulary = 150
detected = 1.0
one_sided = 0.5
epochs = 6
batch_size = 64

[evaluate]
max_folds = 2
pair = false
models = ["encoder", "pca_100"]
bootstrap = 50

[index]
m = 8
ef_construction = 50
ef_search = 50
threads = 1

[[study]]
study = "lindholm2019"
accession = "GSE000001"
title = "Blood of <many> people & more"
pubmed_id = "12345"
release_date = 2019-05-01
technology = "10x"
tissue = "blood"
licence = "CC0"
source = {{ path = "lindholm2019.h5ad" }}
labels = {{ column = "term" }}

[[study]]
study = "okafor2020"
title = "Blood again"
technology = "Smart-seq2"
tissue = "blood"
licence = "CC BY 4.0"
source = {{ path = "okafor2020.csv" }}
labels = {{ column = "label", mapping = "labels.csv", table = {{ path = "okafor2020_labels.csv" }} }}

[[study]]
study = "ferreira2021"
title = "Pancreas"
technology = "CEL-Seq2"
tissue = "pancreas"
licence = "CC0"
source = {{ path = "ferreira2021.h5ad" }}
labels = {{ column = "term" }}

[[study]]
study = "tanaka2022"
title = "Blood and pancreas"
release_date = "2022-02"
technology = "10x"
tissue = "blood, pancreas"
licence = "CC0"
source = {{ path = "tanaka2022.h5ad" }}
labels = {{ column = "word", mapping = "labels.csv" }}
{more}
[[example]]
example = "fresh"
title = "Fresh cells"
detail = "Cells of no study"
origin = "made for tests"
source = {{ path = "query.h5ad" }}

[[example]]
example = "taken"
title = "Cells of Tanaka"
detail = "Taken out of a study"
origin = "made for tests"
study = "tanaka2022"
n_cells = 30
"""

DAMAGED_STUDY = """
[[study]]
study = "broken2023"
title = "A file that cannot be read"
technology = "10x"
tissue = "blood"
licence = "CC0"
source = { path = "broken2023.h5ad" }
labels = { column = "term" }
"""


def write_sources(folder: Path, *, max_set_aside: float = 0.0, more: str = "") -> Path:
    """Write all source files and the configuration; return the latter's path."""
    world = World()
    _write_ontology(folder / "ontology.json")
    _write_genes(folder / "genes.csv", world)
    _write_labels(folder / "labels.csv")
    for number, (study, composition) in enumerate(sorted(COMPOSITION.items())):
        cells = world.draw(study, composition, seed=number + 1)
        columns = np.flatnonzero(cells.measured)
        x, genes = cells.counts[:, columns], world.genes[columns]
        names = [f"cell{i:04d}" for i in range(len(cells.types))]
        if study == "okafor2020":
            _write_csv(folder, study, x.toarray(), names, genes, cells.types)
        else:
            obs = {"term": list(cells.types), "word": [WORDS[t] for t in cells.types]}
            write_h5ad(folder / f"{study}.h5ad", x, names, genes, obs)
    (folder / "broken2023.h5ad").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(200))
    write_query(world, folder / "query.h5ad")
    config = folder / "planted.toml"
    config.write_text(TEMPLATE.format(max_set_aside=max_set_aside, more=more), encoding="utf-8")
    return config


def _write_ontology(path: Path) -> None:
    terms = {
        term: {"name": name, "def": "", "is_a": list(parents), "synonyms": [[s, "EXACT"] for s in synonyms]}
        for term, (name, parents, synonyms) in TERMS.items()
    }
    path.write_text(json.dumps({"terms": terms}), encoding="utf-8")


def _write_genes(path: Path, world: World) -> None:
    rows = [f"{g},{ENSEMBL.get(g, '')},,{';'.join(ALIASES.get(g, ()))}" for g in sorted(world.genes)]
    path.write_text("\n".join(["symbol,ensembl,entrez,aliases", *rows]) + "\n", encoding="utf-8")


def _write_labels(path: Path) -> None:
    rows = [
        f'{study},{WORDS[term]},{term},"{TERMS[term][0]}",'
        for study in ("okafor2020", "tanaka2022")
        for term in sorted({t for c in COMPOSITION.values() for t in c})
    ]
    rows.append("okafor2020,debris,,,not cells")
    path.write_text("\n".join(["study,label,term_ids,name,comment", *rows]) + "\n", encoding="utf-8")


def _write_csv(folder: Path, study: str, x: np.ndarray, cells: list[str], genes: np.ndarray, types: np.ndarray) -> None:
    """Genes in rows, as R writes them, and the labels in a table of their own; the first two cells have none."""
    header = ",".join(["", *cells])
    lines = [",".join([gene, *(f"{v:g}" for v in row)]) for gene, row in zip(genes, x.T, strict=True)]
    (folder / f"{study}.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    words = ["debris", "never heard of", *(WORDS[t] for t in types[2:])]
    (folder / f"{study}_labels.csv").write_text("\n".join(["label", *words]) + "\n", encoding="utf-8")
