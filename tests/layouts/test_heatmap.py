from core.explore.heatmap import heatmap as view_of
from layouts import heatmap
from tests.components import text


def test_rows_are_cells_or_stand_for_many(answered):
    from dataclasses import replace

    view = view_of(answered.bundle, answered.result)
    assert text(heatmap.sub(view)) == f"{view.n_cells} cells  × {len(view.type_ids)} types"
    many = replace(view, row_sizes=view.row_sizes * 10)
    assert text(heatmap.sub(many)).endswith(f"stand for {view.n_cells * 10:,} cells")
