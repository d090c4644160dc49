import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from core.errors import InputError
from core.explore.gene_sets import MAX_BYTES, MAX_SETS, GeneSets, over_representation, read_gmt
from core.expression.gene_finder import GeneFinder
from core.expression.genes import GeneNames

GENES = [f"GENE{i}" for i in range(200)]
NAMES = GeneNames.from_lists(
    GENES, [[f"ENSG{i:011d}"] for i in range(200)], [[] for _ in GENES], [["OLD"], *[[]] * 199]
)
FINDER = GeneFinder(NAMES, dict.fromkeys(GENES[:180], 1))


def test_a_file_in_any_kind_of_names():
    content = "A\tdescription\tGENE1\tgene2\tENSG00000000003\tOLD\tnobody\tGENE199\n# comment\n\nB\thttp://x\tGENE5,1.0\tGENE6,0.5\t\n"
    sets = read_gmt(("﻿" + content).encode(), FINDER)
    assert sets.sets == {"A": frozenset({"GENE1", "GENE2", "GENE3", "GENE0"}), "B": frozenset({"GENE5", "GENE6"})}
    assert (sets.n_read, sets.n_names, sets.n_known) == (2, 8, 6)


def test_windows_line_ends_and_a_name_given_twice():
    sets = read_gmt(b"A\tx\tGENE1\r\nA\ty\tGENE2\r\n", FINDER)
    assert sets.sets == {"A": frozenset({"GENE1"})}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"\xff\xfe\x00A", "is not text"),
        (b"\x1f\x8b\x08\x00gzip", "is not text"),
        (b"A\tx\tGENE1\x00", "is not text"),
        (b"GENE1\nGENE2\n", "Line 1 of this file is not a gene set"),
        (b"A\tx\tGENE1\nB\n", "Line 2"),
        (b"\tx\tGENE1\n", "Line 1"),
        (b"A\tx\tfoo\tbar\n", "None of the genes"),
        (b"A\tx\t\n", "None of the genes"),
        (b"A\tx\tGENE1\n" * (MAX_SETS + 1), "20,001 sets"),
        (b"A" * (MAX_BYTES + 1), "8 MB"),
        ("\t".join(["A", "x", *map(str, range(200_001))]).encode(), "200,001 different genes"),
    ],
)
def test_what_is_no_gene_set_file_is_refused(content, says):
    with pytest.raises(InputError, match=says) as refused:
        read_gmt(content, FINDER)
    assert refused.value.code == "gene-sets"
    assert refused.value.next_step


def test_names_are_made_harmless():
    sets = read_gmt(b"A\x1b[31m\xe2\x80\xae\tx\tGENE1\n" + b"B" * 500 + b"\tx\tGENE2\n", FINDER)
    first, second = sets.sets
    assert first.isprintable()
    assert len(second) == 120


@given(st.binary(max_size=400))
def test_anything_is_read_or_refused(content):
    with contextlib.suppress(InputError):
        assert read_gmt(content, FINDER).sets


def test_the_test_is_scipys():
    sets = GeneSets({"A": frozenset(GENES[:10]), "B": frozenset(GENES[50:60]), "C": frozenset(GENES[:2])}, 3, 200, 180)
    mine = [*GENES[:6], GENES[100], GENES[199]]
    found = over_representation(sets, mine, GENES[:180])
    assert (found.n_genes, found.n_background, found.n_tested) == (7, 180, 2), "C is too small, GENE199 no background"
    row = found.table.iloc[0]
    table = [[6, 1], [4, 169]]
    assert row["p_value"] == pytest.approx(stats.fisher_exact(table, alternative="greater").pvalue)
    assert row["q_value"] == pytest.approx(2 * row["p_value"])
    assert row["genes"] == tuple(sorted(GENES[:6]))
    assert row["fold"] == pytest.approx(6 / (10 * 7 / 180))
    assert len(found.table) == 1, "B shares no gene"


def test_nothing_to_test():
    sets = GeneSets({"A": frozenset(GENES[:2])}, 1, 2, 2)
    assert over_representation(sets, GENES[:3], GENES).table.empty
    assert over_representation(sets, [], []).n_background == 0


def test_false_discoveries_stay_within_their_rate():
    rng = np.random.default_rng(0)
    sets = GeneSets({f"S{i}": frozenset(rng.choice(GENES, 20, replace=False)) for i in range(300)}, 300, 200, 200)
    hits = [over_representation(sets, rng.choice(GENES, 15, replace=False), GENES).table for _ in range(20)]
    assert np.mean([(table["q_value"] < 0.05).any() for table in hits]) <= 0.15
