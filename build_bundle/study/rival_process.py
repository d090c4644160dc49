"""Runs inside the environment of a rival: ``python rival_process.py NAME FOLDER``. Imports nothing of scQuery."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

TARGET = 1e4
PACKAGES = {"celltypist": "celltypist", "celltypist_voting": "celltypist", "singler": "singler"}
N_GENES_OF_TYPE = 300  # CellTypist's own choice of genes: the best of each type


def main(name: str, folder: Path) -> None:
    """Train on FOLDER/train, answer FOLDER/query; write labels.npy, scores.npy (CellTypist) and facts.json."""
    train = list(parts(folder / "train"))
    run = {"celltypist": celltypist, "celltypist_voting": celltypist_voting, "singler": singler}[name]
    run(train, list(parts(folder / "query")), folder)
    facts = {"version": version(PACKAGES[name]), "n_training_cells": sum(x.shape[0] for x, _, _ in train)}
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")


def parts(folder: Path) -> Iterator[tuple[sparse.csr_matrix, np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    """Yield log1p of counts per 10,000, gene symbols and types of each part."""
    for path in sorted(folder.glob("????.npz")):
        x = sparse.load_npz(path).astype(np.float32)
        names = np.load(path.with_suffix(".names.npz"))
        totals = np.asarray(x @ np.ones(x.shape[1], dtype=np.float32)).ravel()
        scale = sparse.diags(np.divide(TARGET, totals, out=np.zeros_like(totals), where=totals > 0))
        yield sparse.csr_matrix(scale @ x).log1p(), names["genes"], names["types"]


def joined(train: list[Any]) -> tuple[sparse.csr_matrix, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Join parts over the union of their genes; what a part did not measure is 0."""
    genes = np.unique(np.concatenate([names for _, names, _ in train]))
    wide = []
    for x, names, _ in train:
        coo = x.tocoo()
        wide.append(
            sparse.csr_matrix((coo.data, (coo.row, np.searchsorted(genes, names)[coo.col])), (x.shape[0], len(genes)))
        )
    return sparse.csr_matrix(sparse.vstack(wide)), genes, np.concatenate([types for _, _, types in train])


def celltypist(train: list[Any], query: list[Any], folder: Path) -> None:
    """Train CellTypist's logistic regression with its own choice of genes and ask it part by part."""
    answers = list(celltypist_answers(train, query))
    labels = [answer.predicted_labels["predicted_labels"].to_numpy(dtype=str) for answer in answers]
    scores = [answer.decision_matrix.to_numpy(dtype=np.float32) for answer in answers]
    np.save(folder / "labels.npy", np.concatenate(labels))
    np.save(folder / "scores.npy", np.concatenate(scores))


def celltypist_voting(train: list[Any], query: list[Any], folder: Path) -> None:
    """Ask CellTypist for the labels that the cells of small clusters of a part agree on (its "majority voting")."""
    answers = celltypist_answers(train, query, majority_voting=True)
    labels = [answer.predicted_labels["majority_voting"].to_numpy(dtype=str) for answer in answers]
    np.save(folder / "labels.npy", np.concatenate(labels))


def celltypist_answers(train: list[Any], query: list[Any], **options: Any) -> Iterator[Any]:  # noqa: ANN401
    """Train CellTypist and yield its answer to each part."""
    tool, anndata, pandas = (importlib.import_module(name) for name in ("celltypist", "anndata", "pandas"))
    x, genes, types = joined(train)
    cells = anndata.AnnData(x, obs=pandas.DataFrame({"type": types}), var=pandas.DataFrame(index=genes))
    model = tool.train(cells, labels="type", check_expression=False, n_jobs=1, feature_selection=True,
                       top_genes=N_GENES_OF_TYPE, max_iter=200)  # fmt: skip
    for values, names, _ in query:
        yield tool.annotate(anndata.AnnData(values, var=pandas.DataFrame(index=names)), model=model, **options)


def singler(train: list[Any], query: list[Any], folder: Path) -> None:
    """Run SingleR with the cells as reference, part by part, on the genes both have."""
    tool = importlib.import_module("singler")
    x, genes, types = joined(train)
    labels = []
    for values, names, _ in query:
        shared = np.intersect1d(genes, names)
        reference = np.asarray(x[:, np.searchsorted(genes, shared)].todense(), dtype=np.float64).T
        place = {name: i for i, name in enumerate(names.tolist())}
        asked = np.asarray(values[:, [place[name] for name in shared.tolist()]].todense(), dtype=np.float64).T
        built = tool.train_single(reference, types.tolist(), shared.tolist(), marker_method="auc", num_threads=1)
        answer = tool.classify_single(asked, built, num_threads=1)
        labels.append(np.asarray(answer.column("best"), dtype=str))
    np.save(folder / "labels.npy", np.concatenate(labels))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
