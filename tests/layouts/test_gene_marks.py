from core.explore.contrast import study_effects
from core.explore.markers import marked_types
from layouts import gene_marks
from tests.components import text
from tests.worlds import MONO


def test_rows_and_their_line(answered):
    table = marked_types(answered.bundle, "LYZ")
    rows = gene_marks.rows(table)
    assert rows[0]["term"] == MONO
    assert rows[0]["name"] == "monocyte"
    n_up = sum(row["log2_fold_change"] > 0 for row in rows)
    assert gene_marks.line(table).startswith(f"higher in {n_up} type")


def test_every_column_is_defined():
    assert all(column["headerTooltip"] for column in gene_marks.columns())


def test_the_type_of_the_forest_plot(answered):
    head = gene_marks.forest_head(study_effects(answered.bundle, MONO, "LYZ"))
    assert "LYZ in monocyte 3 studies" in text(head)
