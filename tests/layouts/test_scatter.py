import pytest

from layouts import ids, scatter
from tests.components import find, text


@pytest.mark.parametrize(
    ("own", "kind", "labels"),
    [
        ((), "SegmentedControl", ["Embedding", "Raw"]),
        (("X_umap",), "SegmentedControl", ["Embedding", "Raw", "Your UMAP"]),
        (("X_umap", "X_tsne_harmony"), "Select", ["Embedding", "Raw", "Your UMAP", "Your t-SNE harmony"]),
    ],
)
def test_the_switch_offers_the_maps_of_the_file(own, kind, labels):
    switch = find(scatter.layout("raw", own), ids.SPACE_SWITCH)
    assert type(switch).__name__ == kind
    assert switch.value == "raw"
    assert [choice["label"] for choice in switch.data] == labels
    assert [choice["value"] for choice in switch.data] == ["embedding", "raw", *own]
    assert ("your file holds" in getattr(switch, "data-tip")) == bool(own)


def test_the_legend_names_what_is_drawn():
    assert "reference" in text(scatter.legend(is_own=False))
    assert "reference" not in text(scatter.legend(is_own=True))
    assert "reference" not in text(find(scatter.layout("X_umap", ("X_umap",)), ids.SCATTER_LEGEND))


def test_the_zoom_explains_itself():
    zoom = find(scatter.layout("embedding"), ids.MAP_ZOOM)
    assert getattr(zoom, "aria-label") == "Zoom to my cells"
    assert "back to the whole reference" in getattr(zoom, "data-tip")
