import pytest
from dash.exceptions import PreventUpdate

from callbacks import collection

HANDLERS = (collection.months, collection.reads, collection.rates)


@pytest.mark.parametrize("handler", HANDLERS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_figure_is_drawn_for_the_reference_of_the_address(handler, theme, as_ann):
    assert len(handler(theme, None, "/reference").data) > 0
    assert handler(theme, "no such reference", "/reference").to_dict() == handler(theme, None, "/reference").to_dict()


@pytest.mark.parametrize("handler", HANDLERS)
def test_nothing_is_drawn_too_early_or_elsewhere(handler, as_ann):
    for theme, path in ((None, "/reference"), ("light", "/"), ("light", None)):
        with pytest.raises(PreventUpdate):
            handler(theme, None, path)
