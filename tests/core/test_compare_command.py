import pytest

from core.__main__ import main
from tests.worlds import CD4, B, write_h5ad


@pytest.fixture(scope="module")
def result(tiny_builds, tiny_query, tmp_path_factory):
    out = tmp_path_factory.mktemp("compare") / "result"
    assert main(["annotate", str(tiny_query), "--bundle", str(tiny_builds), "--out", str(out)]) == 0
    return out


def run(result, bundle, *arguments) -> int:
    return main(["compare", str(result), "--bundle", str(bundle), *map(str, arguments)])


def test_the_same_numbers_as_the_page(result, tiny_builds, tmp_path, capsys):
    assert run(result, tiny_builds, "--by", "condition", "--out", tmp_path / "table.csv") == 0
    text = capsys.readouterr().out
    assert "No difference is certain between disease and healthy." in text
    assert "Moderated paired t-test over replicates (3 in both groups, column donor)" in text
    assert (tmp_path / "table.csv").read_text().startswith("group,against,type_id,type_name,n_group")


def test_cells_are_tested_where_it_is_asked(result, tiny_builds, capsys):
    assert run(result, tiny_builds, "--by", "donor", "--group", "donor2", "--against", "*", "--replicates", "none") == 0
    text = capsys.readouterr().out
    assert "Fisher's exact test on cells" in text
    assert "not independent" in text
    assert "B cell" in text


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--by", "nope"], "There are: 'condition', 'donor'"),
        (["--group", "nope"], "There is no group in 'condition' named 'nope'"),
        (["--replicates", "nope"], "There is no column named 'nope'"),
        (["--group", "healthy", "--against", "healthy"], "cannot be held against itself"),
        (["--by", "donor", "--replicates", "donor"], "cannot name the replicates too"),
        (["--within", "*"], "it needs --genes"),
    ],
)
def test_what_is_not_there_is_named(result, tiny_builds, capsys, arguments, says):
    assert run(result, tiny_builds, *arguments) == 2
    assert says in capsys.readouterr().err


def test_a_folder_that_is_no_result(tiny_builds, tmp_path, capsys):
    assert run(tmp_path, tiny_builds) == 1
    assert "[no-result]" in capsys.readouterr().err


def test_genes_that_differ(result, tiny_builds, tmp_path, capsys):
    out = tmp_path / "genes.csv"
    named = ("--by", "planted_type", "--group", "B cell", "--against", "*", "--replicates", "none")
    assert run(result, tiny_builds, *named, "--genes", out, "--within", "*") == 0
    assert "differ at q < 0.05 in all selected cells" in capsys.readouterr().out
    assert "CD79B" in [line.split(",")[2] for line in out.read_text().splitlines()[1:8]]
    assert run(result, tiny_builds, *named, "--genes", out, "--within", "CL:1") == 2
    assert "There is no type with 10 cells of both groups named 'CL:1'" in capsys.readouterr().err


def test_genes_of_too_few_replicates_are_said_to_be_of_cells(result, tiny_builds, tmp_path, capsys):
    assert run(result, tiny_builds, "--by", "condition", "--genes", tmp_path / "genes.csv") == 0
    assert "Cells were tested for genes, not replicates" in capsys.readouterr().out


def test_a_folder_for_the_table_is_refused(result, tiny_builds, tmp_path, capsys):
    assert run(result, tiny_builds, "--out", tmp_path) == 2
    assert "[disk]" in capsys.readouterr().err


def test_a_table_of_cells(result, tiny_builds, tmp_path, capsys):
    table = tmp_path / "groups.csv"
    table.write_text("cell,arm\n" + "".join(f"AAAC{i:06d}-1,{'late' if i < 50 else 'early'}\n" for i in range(100)))
    assert run(result, tiny_builds, "--table", table, "--by", "arm") == 0
    text = capsys.readouterr().out
    assert "100 of 110 cells matched." in text
    assert "late" in text
    table.write_bytes(b"\x00")
    assert run(result, tiny_builds, "--table", table) == 1
    assert "[cell-table]" in capsys.readouterr().err
    assert run(result, tiny_builds, "--table", tmp_path / "nowhere.csv") == 2


def test_a_result_without_groups_says_what_would_help(tiny_builds, tiny_world, tmp_path, capsys):
    cells = tiny_world.draw("query", {B: 15, CD4: 15}, seed=5)
    write_h5ad(tmp_path / "bare.h5ad", cells.counts, cells.names, tiny_world.genes, {})
    assert (
        main(["annotate", str(tmp_path / "bare.h5ad"), "--bundle", str(tiny_builds), "--out", str(tmp_path / "r")]) == 0
    )
    assert run(tmp_path / "r", tiny_builds) == 2
    told = capsys.readouterr().err
    assert "no metadata with groups" in told
    assert "2 to 30 values" in told


def test_replicates_that_cannot_be_tested_are_said_and_cells_tested_instead(result, tiny_builds, tmp_path, capsys):
    table = tmp_path / "patients.csv"
    arms = ["late,p1" if i < 50 else f"early,p{2 + i % 2}" for i in range(110)]
    table.write_text("cell,arm,patient\n" + "".join(f"AAAC{i:06d}-1,{arm}\n" for i, arm in enumerate(arms)))
    assert run(result, tiny_builds, "--table", table, "--by", "arm", "--replicates", "patient") == 0
    told = capsys.readouterr().out
    assert "patient cannot be tested as replicates. A group has 1 replicate" in told
    assert "Fisher's exact test on cells" in told
