from core.explore.heatmap import heatmap as view_of
from layouts import heatmap
from tests.components import classes, goes_to, text


def test_clusters_can_be_chosen_without_a_pointer(answered):
    view = view_of(answered.bundle, answered.result, 5)
    buttons = classes(heatmap.clusters(view, 5, chosen="cluster:2/5"), "button")
    assert [goes_to(button)["sel"] for button in buttons] == [
        "cluster:1/5",
        None,
        "cluster:3/5",
        "cluster:4/5",
        "cluster:5/5",
    ]
    n_cells = [int(text(button).split()[2]) for button in buttons]
    assert n_cells == [int(view.row_sizes[view.cluster_of_row == number].sum()) for number in range(1, 6)]
    assert sum(n_cells) == answered.result.n_query


def test_rows_are_cells_or_stand_for_many(answered):
    from dataclasses import replace

    view = view_of(answered.bundle, answered.result)
    assert text(heatmap.sub(view)) == f"{view.n_cells} cells  × {len(view.type_ids)} types"
    many = replace(view, row_sizes=view.row_sizes * 10)
    assert text(heatmap.sub(many)).endswith(f"stand for {view.n_cells * 10:,} cells")
