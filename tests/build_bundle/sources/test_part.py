from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from build_bundle.cells.corpus import read_csr
from build_bundle.cells.selection import TermRules
from build_bundle.configuration.config import SelectionSettings
from build_bundle.configuration.study_config import ExampleConfig, Labels, PartConfig, Select, SourceFile
from build_bundle.genes.names import read_gene_table
from build_bundle.genes.orthologs import Orthologs
from build_bundle.label.overrides import Override
from build_bundle.ontology.files import read_ontology
from build_bundle.sources.examples import read_example
from build_bundle.sources.part import PartRequest, read_part
from build_bundle.sources.reading import read_raw
from core.errors import ConfigError, SourceError
from core.expression.genes import GeneNames
from core.expression.matrix import as_names
from tests.build_bundle.builder_world import WORDS, write_sources
from tests.worlds import CD4, CD8, COMPOSITION, MONO, B, World, write_h5ad


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    write_sources(folder)
    return folder


@pytest.fixture(scope="module")
def names(sources: Path) -> GeneNames:
    return GeneNames.from_table(read_gene_table(sources / "genes.csv"))


@pytest.fixture(scope="module")
def rules(sources: Path) -> TermRules:
    return TermRules(read_ontology(sources / "ontology.json"), SelectionSettings())


@pytest.fixture
def request_for(sources: Path) -> Callable[..., PartRequest]:
    def make(file: str = "lindholm2019.h5ad", column: str = "term", **fields: object) -> PartRequest:
        part_fields = {k: fields.pop(k) for k in ("scale", "select", "replicate") if k in fields}
        part = PartConfig("lindholm2019", SourceFile(path=file), Labels(column), **part_fields)
        return PartRequest(part=part, organism="human", matrix=sources / file, **fields)

    return make


def test_genes_of_another_organism_get_the_symbols_of_the_bundle(request_for, names, rules, sources, tmp_path) -> None:
    known = {symbol: f"M{symbol}" for symbol in World().genes[1:]}
    none = [()] * len(known)
    orthologs = Orthologs(GeneNames.from_lists(list(known), none, none, none), known)
    plain, renamed = tmp_path / "plain", tmp_path / "renamed"
    plain.mkdir()
    renamed.mkdir()
    read_part(request_for(), names, rules, plain)
    read_part(request_for(orthologs=orthologs), names, rules, renamed)
    assert symbols(renamed) == [known[symbol] for symbol in symbols(plain) if symbol in known]
    own, theirs = (read_csr(folder, len(symbols(folder))) for folder in (plain, renamed))
    for place, symbol in enumerate(symbols(renamed)):
        counterpart = symbols(plain).index(symbol.removeprefix("M"))
        np.testing.assert_array_equal(theirs[:, place].toarray(), own[:, counterpart].toarray())


def cells(folder: Path) -> pd.DataFrame:
    return pq.read_table(folder / "cells.parquet").to_pandas()


def symbols(folder: Path) -> list[str]:
    return pq.read_table(folder / "symbols.parquet").column(0).to_pylist()


def test_a_part_is_read_named_and_labelled(request_for, names, rules, tmp_path) -> None:
    facts = read_part(request_for(), names, rules, tmp_path)
    table = cells(tmp_path)
    x = read_csr(tmp_path, facts["n_genes"])
    assert facts["n_cells"] == len(table) == x.shape[0] == 220
    assert facts["unit"] == "counts"
    assert set(facts["labels"]) == {B, CD4, CD8, MONO}
    assert facts["names"][B] == "B cell"
    assert symbols(tmp_path) == sorted(symbols(tmp_path))
    np.testing.assert_allclose(table["total"], np.ravel(x.sum(axis=1)))
    np.testing.assert_array_equal(table["n_genes"], np.diff(x.indptr))
    truth = World().draw("lindholm2019", COMPOSITION["lindholm2019"], seed=2).counts
    lyz = list(World().genes).index("LYZ")
    np.testing.assert_array_equal(x[:, symbols(tmp_path).index("LYZ")].toarray(), truth[:, lyz].toarray())
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "cells.parquet", "data.npy", "indices.npy", "indptr.npy", "symbols.parquet",
    ]  # fmt: skip


def test_a_turned_csv_with_a_table_of_labels(request_for, names, rules, sources, tmp_path) -> None:
    mapping = {WORDS[t]: (t,) for t in (B, MONO)} | {"debris": ()}
    request = request_for("okafor2020.csv", "label", label_table=sources / "okafor2020_labels.csv", mapping=mapping)
    facts = read_part(request, names, rules, tmp_path)
    fates = {w["word"]: w["fate"] for w in facts["words"]}
    assert fates["debris"] == "left out"
    assert fates["never heard of"] == "unmapped"
    assert fates["T cell (sorted)"] == "unmapped"
    assert fates["B cell (sorted)"] == "used"
    assert set(facts["labels"]) == {B, MONO}
    assert facts["n_offered"] == 120
    assert facts["n_cells"] == len(cells(tmp_path)) < 80


def test_selections_and_examples_take_cells_away(request_for, names, rules, tmp_path) -> None:
    example = ExampleConfig("taken", "t", "d", "o", study="s", n_cells=40)
    monocytes = ExampleConfig("monocytes", "t", "d", "o", study="s", n_cells=10, labels=(MONO,))
    request = request_for(select=(Select("term", none_of=(B,)),), examples=(example, monocytes))
    facts = read_part(request, names, rules, tmp_path)
    assert B not in facts["labels"]
    assert facts["n_cells"] + facts["n_taken"] == 170
    assert facts["examples"]["taken"]["n_cells"] == 40
    assert facts["examples"]["monocytes"]["n_cells"] == 10
    assert (tmp_path / "taken.h5ad").exists()


def test_replicates_come_from_the_column_that_the_configuration_names(request_for, names, rules, tmp_path) -> None:
    for folder in ("named", "unnamed"):
        (tmp_path / folder).mkdir()
    read_part(request_for(replicate="word"), names, rules, tmp_path / "named")
    assert cells(tmp_path / "named")["replicate"].tolist() == [WORDS[t] for t in cells(tmp_path / "named")["label"]]
    read_part(request_for(), names, rules, tmp_path / "unnamed")
    assert set(cells(tmp_path / "unnamed")["replicate"]) == {""}
    with pytest.raises(SourceError, match="no metadata column 'donor'"):
        read_part(request_for(replicate="donor"), names, rules, tmp_path)


def test_a_declared_logarithm_is_undone(names, rules, sources, tmp_path, request_for) -> None:
    cells_ = World().draw("lindholm2019", {B: 50, MONO: 60}, seed=5)
    logged = cells_.counts.copy()
    logged.data = np.log2(logged.data + 1).astype(np.float32)
    write_h5ad(
        sources / "log2.h5ad", logged, [f"c{i}" for i in range(110)], World().genes, {"term": list(cells_.types)}
    )
    facts = read_part(request_for("log2.h5ad", scale="log2"), names, rules, tmp_path)
    x = read_csr(tmp_path, facts["n_genes"])
    np.testing.assert_allclose(np.ravel(x.sum(axis=1)), np.ravel(cells_.counts.sum(axis=1)), rtol=1e-4)


def test_a_part_that_cannot_be_used_says_why(request_for, names, rules, tmp_path) -> None:
    for number, (request, said) in enumerate((
        (request_for("nowhere.h5ad"), "nowhere.h5ad does not exist"),
        (request_for("broken2023.h5ad"), ""),
        (request_for(column="nothing"), "no metadata column 'nothing'"),
        (request_for(column="word"), "None of its 220 cells has a label"),
        (request_for(examples=(ExampleConfig("e", "t", "d", "o", study="s", n_cells=5, labels=("x",)),)), "No cell is left"),
    )):  # fmt: skip
        out = tmp_path / str(number)
        out.mkdir()
        with pytest.raises(SourceError) as caught:
            read_part(request, names, rules, out)
        assert said in caught.value.message


def test_fates_of_labels(request_for, names, sources, tmp_path, rules) -> None:
    cells_ = World().draw("x", {B: 40, MONO: 40}, seed=6)
    words = ["CL:0000000", "", "CL:7777777", *cells_.types[3:]]
    write_h5ad(sources / "fates.h5ad", cells_.counts, [f"c{i}" for i in range(80)], World().genes, {"term": words})
    facts = read_part(request_for("fates.h5ad"), names, rules, tmp_path)
    assert {w["word"]: w["fate"] for w in facts["words"]} == {
        "CL:0000000": "too general", "": "no label", "CL:7777777": "unmapped", B: "used", MONO: "used",
    }  # fmt: skip


def test_an_example_from_a_whole_file(names, sources, tmp_path) -> None:
    whole = ExampleConfig("fresh", "t", "d", "o", source=SourceFile(path="query.h5ad"))
    assert read_example(sources / "query.h5ad", whole, "human", names, tmp_path)["n_cells"] == 110
    some = ExampleConfig("some", "t", "d", "o", source=SourceFile(path="query.h5ad"), n_cells=25)
    assert read_example(sources / "query.h5ad", some, "human", names, tmp_path)["n_cells"] == 25


def test_an_example_keeps_what_its_source_tells_of_the_cells(names, sources, tmp_path) -> None:
    whole = ExampleConfig(
        "told", "t", "d", "o", source=SourceFile(path="query.h5ad"), n_cells=25,
        columns=("donor",), from_names={"tail": r"^AAAC\d+(\d)-1$"},
    )  # fmt: skip
    read_example(sources / "query.h5ad", whole, "human", names, tmp_path)
    told = read_raw(tmp_path / "told.h5ad", tmp_path / "scratch").matrix
    source = read_raw(sources / "query.h5ad", tmp_path / "scratch").matrix.obs
    assert list(told.obs.columns) == ["donor", "tail"]
    assert told.obs["donor"].tolist() == source.loc[told.obs_names, "donor"].tolist()
    assert told.obs["tail"].tolist() == [name[-3] for name in told.obs_names]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"columns": ("nothing",)}, "no metadata column 'nothing'"),
        ({"from_names": {"lane": r"(lane\d)"}}, "The name 'AAAC000000-1' holds no lane."),
    ],
)
def test_an_example_whose_cells_lack_what_it_should_keep(names, sources, tmp_path, more, said) -> None:
    example = ExampleConfig("less", "t", "d", "o", source=SourceFile(path="query.h5ad"), **more)
    with pytest.raises(SourceError, match=said):
        read_example(sources / "query.h5ad", example, "human", names, tmp_path)


@pytest.mark.parametrize("pattern", ["lib", "(a)(b)", "("])
def test_a_column_from_names_is_one_group_of_an_expression(pattern) -> None:
    with pytest.raises(ConfigError, match="no regular expression with one group"):
        ExampleConfig("e", "t", "d", "o", study="s", n_cells=5, from_names={"lane": pattern})


def test_an_example_that_the_app_would_refuse(names, sources, tmp_path) -> None:
    path = sources / "alien.h5ad"
    cells_ = World().draw("x", {B: 20}, seed=7)
    write_h5ad(path, cells_.counts, [f"c{i}" for i in range(20)], as_names([f"zzz{i}" for i in range(300)]), {})
    example = ExampleConfig("alien", "t", "d", "o", source=SourceFile(path="alien.h5ad"))
    with pytest.raises(SourceError, match="example alien would be refused"):
        read_example(path, example, "human", names, tmp_path)


def test_a_curators_corrections_win(request_for, names, rules, tmp_path) -> None:
    corrections = (
        Override("*", B, (), "dropped here"),
        Override("*", "third name", (CD8,)),
        Override("*", "CL:*", (MONO,)),
    )
    facts = read_part(
        request_for(overrides=corrections, spoken={CD4: ("a title", "third name")}), names, rules, tmp_path
    )
    words = {word["word"]: word for word in facts["words"]}
    assert (words[B]["fate"], words[B]["terms"], words[B]["is_corrected"]) == ("left out", [], True)
    assert words[CD4]["terms"] == [CD8]
    assert words[CD8]["terms"] == [MONO]
    assert set(facts["labels"]) == {CD8, MONO}
