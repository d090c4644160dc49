"""The doctor: repairs are made and told, nonsense is refused, and a good matrix passes unchanged."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from core.errors import LimitError, MatrixRefusedError
from core.expression.doctor import Diagnosis, examine
from core.expression.findings import Finding
from core.expression.genes import GeneNames
from core.expression.matrix import ExpressionMatrix, RawMatrix
from tests.attacks.corpus import CELLS, COUNTS, ENCODER, ENSEMBL, ENTREZ, GENES, HUMAN, MOUSE, N_CELLS, N_GENES, NAMES

MANY = [f"ZNF{i}" for i in range(3200)]
MANY_NAMES = GeneNames.from_lists(MANY, *[[()] * 3200] * 3)
WHOLE = np.tile(np.arange(3200) < 1500, (4, 1)).astype(np.float32)


def raw(x=COUNTS, cells=CELLS, genes=GENES, obs=None, **facts) -> RawMatrix:
    facts = {"format": "Comma-separated text", "orientation_known": False, "layer": "table"} | facts
    matrix = ExpressionMatrix(sparse.csr_matrix(x), cells, genes, pd.DataFrame() if obs is None else obs)
    return RawMatrix(matrix, **facts)


def diagnose(upload: RawMatrix, **options) -> Diagnosis:
    return examine(upload, NAMES, **({"organism": "human", "encoder_genes": ENCODER} | options))


def refused(upload: RawMatrix, **options) -> MatrixRefusedError:
    with pytest.raises(MatrixRefusedError) as caught:
        diagnose(upload, **options)
    return caught.value


def codes(diagnosis: Diagnosis) -> list[str]:
    return [f.code for f in diagnosis.findings]


def test_a_good_matrix_passes_unchanged():
    d = diagnose(raw())
    assert np.array_equal(d.matrix.x.toarray(), COUNTS)
    assert d.matrix.var_names.tolist() == GENES
    assert (d.scale, d.n_matched, d.n_genes_file, d.organism) == ("counts", N_GENES, N_GENES, "human")
    assert codes(d) == ["format", "orientation", "scale-counts", "genes", "species", "depth"]
    assert {f.level for f in d.findings} == {"ok"}


def test_the_findings_read_as_in_the_design():
    texts = {f.title: f.text for f in diagnose(raw()).findings}
    assert texts["Orientation"] == "Cells in rows, genes in columns. Read as they are."
    assert re.fullmatch(
        r"Whole numbers from 0 to \d+: counts\. Normalised here to 10,000 per cell and log\.", texts["Scale"]
    )
    assert texts["Genes"] == "400 of 400 genes matched, by human gene symbols; 400 of the 600 the reference uses."
    assert texts["Species"].startswith("Human: 100 % of the matched names")


def test_without_an_encoder_only_the_matched_genes_are_told():
    genes = next(f for f in diagnose(raw(), encoder_genes=()).findings if f.code == "genes")
    assert genes.text == "400 of 400 genes matched, by human gene symbols."


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 1000), st.booleans(), st.sampled_from([GENES, ENSEMBL[:N_GENES], ENTREZ[:N_GENES]]))
def test_order_orientation_and_ids_do_not_matter(seed, turned, ids):
    order = np.random.default_rng(seed).permutation(N_GENES)
    x, genes = COUNTS[:, order], [ids[i] for i in order]
    upload = raw(x.T, genes, CELLS) if turned else raw(x, CELLS, genes)
    d = diagnose(upload)
    back = np.argsort(order)
    assert d.matrix.var_names[back].tolist() == GENES
    assert np.array_equal(d.matrix.x.toarray()[:, back], COUNTS)


@settings(deadline=None, max_examples=30)
@given(st.integers(1, N_GENES))
def test_however_few_genes_match_nine_are_never_enough(n_known):
    genes = GENES[:n_known] + [f"probe{i}_at" for i in range(N_GENES - n_known)]
    upload = raw(genes=genes)
    if n_known < 120:
        assert refused(upload).code in {"unknown-genes", "few-genes"}
    if n_known > 200:
        assert diagnose(upload).n_matched == n_known


@pytest.mark.parametrize("n", [217, 980])
def test_panels_chosen_on_purpose_pass(n):
    x = np.tile(COUNTS, (1, 3))[:, :n]
    d = diagnose(raw(x, genes=HUMAN[:n]))
    assert d.n_matched == n


def test_a_panel_outside_the_reference_is_refused():
    error = refused(raw(genes=HUMAN[780:1180]), encoder_genes=HUMAN[:800])
    assert error.code == "few-genes"
    assert "Only 20 of the 800 genes" in error.message


def test_few_shared_genes_are_a_warning():
    genes = next(
        f
        for f in diagnose(raw(), encoder_genes=HUMAN[300:] + [f"X{i}" for i in range(9)]).findings
        if f.code == "genes"
    )
    assert genes.level == "warning"


def test_small_numbers_are_not_taken_for_ncbi_ids():
    assert refused(raw(genes=[str(i) for i in range(1000, 1000 + N_GENES)])).code == "unknown-genes"
    spread = [str(i * 3 + 900) for i in range(N_GENES)]  # one in seven is a gene's number
    assert refused(raw(genes=spread)).code == "unknown-genes"


def test_duplicates_are_added_up():
    d = diagnose(raw(genes=[GENES[5], *GENES[1:]]))
    assert d.n_matched == N_GENES - 1
    column = d.matrix.var_names.tolist().index(GENES[5])
    assert np.array_equal(d.matrix.x.toarray()[:, column], COUNTS[:, 0] + COUNTS[:, 5])
    assert "1 gene occurred more than once" in next(f.text for f in d.findings if f.code == "duplicate-genes")


def test_logarithms_are_undone_before_duplicates_are_added():
    x = np.log1p(COUNTS)
    d = diagnose(raw(x, genes=[GENES[5], *GENES[1:]]))
    column = d.matrix.var_names.tolist().index(GENES[5])
    np.testing.assert_allclose(d.matrix.x.toarray()[:, column], COUNTS[:, 0] + COUNTS[:, 5], rtol=1e-4)


def test_cell_names_become_unique():
    cells = ["a", "a", "a-1", "", "a", *CELLS[5:]]
    d = diagnose(raw(cells=cells))
    assert d.matrix.obs_names[:5].tolist() == ["a", "a-2", "a-1", "cell-1", "a-3"]
    assert len(set(d.matrix.obs_names)) == N_CELLS
    assert d.matrix.obs.index.tolist() == d.matrix.obs_names.tolist()
    assert "3 cell names" in next(f.text for f in d.findings if f.code == "duplicate-cells")


def test_empty_cells_and_their_metadata_are_left_out():
    x = COUNTS.copy()
    x[[0, 7]] = 0
    d = diagnose(raw(x, obs=pd.DataFrame({"n": range(N_CELLS)})))
    assert d.matrix.n_obs == N_CELLS - 2
    assert 7 not in d.matrix.obs["n"].tolist()
    assert "2 cells without any value" in next(f.text for f in d.findings if f.code == "empty-cells")


def test_cells_that_hold_unknown_genes_only_are_no_answer():
    x = COUNTS.copy()
    x[:, :200] = 0
    genes = GENES[:200] + [f"probe{i}" for i in range(200)]
    assert refused(raw(x, genes=genes)).code == "no-cells-left"


def test_missing_values_cost_their_genes_only():
    x = COUNTS.copy()
    x[3, [1, 2]] = np.nan
    d = diagnose(raw(x))
    assert d.n_matched == N_GENES - 2
    assert "2 genes with missing values" in next(f.text for f in d.findings if f.code == "missing")


def test_all_reasons_are_told_at_once():
    error = refused(raw(COUNTS - COUNTS.mean(0), genes=MOUSE[:N_GENES]))
    assert error.code == "wrong-species"
    assert {f.code for f in error.findings if f.level == "error"} == {"scaled", "wrong-species"}
    error = refused(raw(COUNTS - COUNTS.mean(0)))
    assert error.code == "scaled"
    assert "genes" in {f.code for f in error.findings}


@pytest.mark.parametrize("turned", [False, True])
def test_probes_are_named_whichever_axis_they_are_on(turned):
    probes = [f"{1000 + i}_s_at" for i in range(len(GENES))]
    error = refused(raw(COUNTS.T, probes, CELLS) if turned else raw(genes=probes))
    assert error.code == "unknown-genes"
    assert f"0 of {len(GENES)}" in error.message
    assert "They look like microarray probe ids (1000_s_at, 1001_s_at, 1002_s_at ...)." in error.message


def test_wrong_species_names_both_and_the_way_out():
    error = refused(raw(genes=MOUSE[:N_GENES]))
    assert "These cells are mouse, this reference is human" in error.message
    assert error.next_step == "Choose a mouse reference for these cells."
    error = refused(raw(genes=[e.replace("ENSG", "ENSXETG") for e in ENSEMBL[:N_GENES]]))
    assert "These cells are of another species" in error.message


def test_a_file_that_says_which_axis_holds_cells_may_still_be_wrong():
    d = diagnose(raw(COUNTS.T, GENES, CELLS, orientation_known=True, format="AnnData (.h5ad)"))
    turned = next(f for f in d.findings if f.code == "orientation")
    assert (turned.level, turned.text) == ("info", "Genes in rows, cells in columns. Turned here.")


def test_the_best_known_names_are_taken():
    upload = raw(
        genes=[f"probe{i}" for i in range(N_GENES)],
        other_var_names={"var/gene_ids": np.array(ENSEMBL[:N_GENES], dtype=object)},
    )
    d = diagnose(upload)
    assert d.matrix.var_names.tolist() == GENES
    assert "named by var/gene_ids" in next(f.text for f in d.findings if f.code == "orientation")


def test_gene_names_in_a_metadata_column():
    obs = pd.DataFrame({"gene": np.array(GENES, dtype=object), "kind": "x", "length": range(N_GENES)})
    d = diagnose(raw(COUNTS.T, [str(i) for i in range(N_GENES)], CELLS, obs=obs))
    assert d.matrix.var_names.tolist() == GENES
    assert d.matrix.obs_names.tolist() == CELLS


def test_long_axes_are_judged_by_a_sample():
    n = 4000
    x = sparse.random(n, N_GENES, density=0.02, random_state=0, format="csr")
    x.data[:] = 1
    d = diagnose(RawMatrix(ExpressionMatrix(x, [f"c{i}" for i in range(n)], GENES), "CSV", orientation_known=False))
    assert d.matrix.n_vars == N_GENES


def test_shallow_cells_are_a_warning():
    x = np.zeros_like(COUNTS)
    x[np.arange(N_CELLS), np.arange(N_CELLS)] = 1
    x[:, 50:52] = 2
    depth = next(f for f in diagnose(raw(x)).findings if f.code == "depth")
    assert (depth.level, depth.text) == (
        "warning",
        "Median 3 of 400 genes per cell. Close subtypes may stay ambiguous.",
    )


@pytest.mark.parametrize(("n_genes", "n_found", "level"), [(2_000, 39, "warning"), (2_000, 41, "ok"), (400, 21, "ok")])
def test_a_panel_is_shallow_where_a_cell_has_less_than_two_of_a_hundred_of_its_genes(n_genes, n_found, level):
    counts = np.zeros((40, n_genes))
    counts[:, :n_found] = 3
    d = examine(raw(counts, [f"c{i}" for i in range(40)], MANY[:n_genes]), MANY_NAMES, organism="human")
    assert next(f.level for f in d.findings if f.code == "depth") == level


def test_depth_of_whole_transcriptomes_counts_genes():
    d = examine(raw(WHOLE, list("abcd"), MANY), MANY_NAMES, organism="human")
    assert next(f.text for f in d.findings if f.code == "depth") == "Median 1,500 genes per cell."
    assert "droplets" not in codes(d)


def test_empty_droplets_are_suspected():
    x = WHOLE.copy()
    x[3, 20:] = 0
    d = examine(raw(x, list("abcd"), MANY), MANY_NAMES, organism="human")
    suspected = next(f for f in d.findings if f.code == "droplets")
    assert suspected.text == "1 of 4 cells have fewer than 50 genes: they may be empty droplets."


def test_one_cell_is_answered():
    d = diagnose(raw(COUNTS[:1], CELLS[:1]))
    assert d.matrix.n_obs == 1
    assert "one-cell" in codes(d)


def test_too_many_cells_are_a_limit():
    with pytest.raises(LimitError, match="40 cells are in the file; this server takes 10"):
        diagnose(raw(), max_cells=10)
    assert diagnose(raw(COUNTS.T, GENES, CELLS), max_cells=N_CELLS).matrix.n_obs == N_CELLS


def test_a_declared_scale_is_believed():
    d = diagnose(raw(np.log2(COUNTS + 1)), declared_scale="log2")
    np.testing.assert_allclose(d.matrix.x.toarray(), COUNTS, rtol=1e-4, atol=1e-4)
    assert "as declared" in next(f.text for f in d.findings if f.title == "Scale")


def test_notes_of_the_reader_are_shown_first():
    d = diagnose(raw(notes=("raw/X was read instead of X: it is better.",)))
    assert [f.title for f in d.findings][:2] == ["Format", "Format"]


def test_the_uploaded_arrays_are_not_changed():
    upload = raw(np.log1p(COUNTS))
    before = upload.matrix.x.copy()
    diagnose(upload)
    assert (upload.matrix.x != before).nnz == 0


def test_genes_left_after_missing_values_are_enough_or_the_file_is_refused():
    names = [*HUMAN[:110], *(f"CLONE{i}" for i in range(10))]
    x = np.ones((4, 120))
    x[0, :50] = np.nan  # 60 known genes stay
    refusal = outcome(raw(x, [f"c{i}" for i in range(4)], names))
    assert isinstance(refusal, MatrixRefusedError)
    assert refusal.code == "few-genes"
    assert "60 human genes without missing values" in str(refusal)


def test_nothing_but_genes_with_missing_values_is_empty():
    x = np.zeros((3, 150))
    x[:, :2] = [[1, np.nan], [np.nan, 2], [3, 4]]
    refusal = outcome(raw(x, ["a", "b", "c"], HUMAN[:150]))
    assert isinstance(refusal, MatrixRefusedError)
    assert refusal.code == "empty"
    assert "but those of genes with missing values" in str(refusal)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_the_matrix_there_is_an_answer_or_a_reason(data):
    n, m = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 150))
    seed = data.draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    x = rng.choice(
        np.array(data.draw(st.sampled_from([[0, 1, 2], [0, 0.5, 3], [0, -1, 1], [0, np.nan, 1], [0, np.inf], [0]]))),
        (n, m),
    )
    names = data.draw(st.sampled_from([HUMAN, MOUSE, ENSEMBL, ENTREZ, [str(i) for i in range(200)]]))[:m]
    result = outcome(raw(x, [f"c{i}" for i in range(n)], names))
    if isinstance(result, MatrixRefusedError):
        assert result.next_step
        assert any(f.level == "error" for f in result.findings)
    else:
        assert np.isfinite(result.matrix.x.data).all()
        assert result.matrix.x.data.min() > 0
        assert (np.diff(result.matrix.x.indptr) > 0).all()
        assert result.n_matched >= 100


def outcome(upload) -> Diagnosis | MatrixRefusedError:
    try:
        return diagnose(upload)
    except MatrixRefusedError as error:
        return error


def test_findings_as_plain_values():
    assert Finding("a", "b", "ok", "c").to_dict() == {"code": "a", "title": "b", "level": "ok", "text": "c"}


@pytest.mark.parametrize("turned", [False, True])
def test_some_cells_of_a_large_file_are_drawn(turned):
    obs = pd.DataFrame({"donor": [f"d{i}" for i in range(N_CELLS)]}, index=CELLS)
    upload = raw(COUNTS.T, GENES, CELLS) if turned else raw(obs=obs)
    d = diagnose(upload, draw=7)
    rows = [CELLS.index(name) for name in d.matrix.obs_names]
    assert len(rows) == 7
    assert rows == sorted(rows)
    assert np.array_equal(d.matrix.x.toarray(), COUNTS[rows])
    if not turned:
        assert d.matrix.obs["donor"].tolist() == [f"d{i}" for i in rows]
    assert d.n_cells_file == N_CELLS
    assert f"7 of {N_CELLS} cells are searched, drawn at random." in [f.text for f in d.findings]
    assert diagnose(upload, draw=7).matrix.obs_names.tolist() == d.matrix.obs_names.tolist()


def test_nothing_is_drawn_where_all_cells_are_wanted():
    assert diagnose(raw(), draw=N_CELLS).matrix.n_obs == N_CELLS
    assert "drawn" not in codes(diagnose(raw(), draw=N_CELLS + 1))


def test_too_many_cells_say_how_many_may_be_drawn():
    with pytest.raises(LimitError) as caught:
        diagnose(raw(), max_cells=5)
    assert (caught.value.code, caught.value.fits) == ("too-many-cells", 5)
    assert diagnose(raw(), max_cells=5, draw=5).matrix.n_obs == 5
