import plotly.io as pio
import pytest

from layouts.figures.templates import bare_axis, figure, register, template, template_name
from layouts.figures.tokens import THEMES, TOKENS


@pytest.mark.parametrize("theme", THEMES)
def test_both_templates_are_registered_and_complete(theme):
    register()
    made = pio.templates[template_name(theme)]
    layout = made.layout
    assert layout.font.family.startswith("Inter")
    assert layout.font.color == TOKENS[theme]["text2"]
    assert layout.margin.to_plotly_json() == {"l": 44, "r": 8, "t": 8, "b": 36, "pad": 0, "autoexpand": False}
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert layout.showlegend is False
    assert (layout.hoverlabel.bgcolor, layout.hoverlabel.font.color) == (
        TOKENS[theme]["text"],
        TOKENS[theme]["surface"],
    )
    for axis in (layout.xaxis, layout.yaxis):
        assert axis.automargin is False
        assert axis.ticks == ""
        assert axis.ticklabelstandoff == 5
        assert axis.zeroline is False
        assert axis.showline is False
        assert axis.gridcolor == TOKENS[theme]["grid"]


def test_figures_carry_their_template_and_no_size():
    register()
    fig = figure("dark")
    assert fig.layout.template.layout.font.color == TOKENS["dark"]["text2"]
    assert fig.layout.width is None
    assert fig.layout.height is None
    assert fig.layout.template.layout.autosize is True


def test_a_missing_template_is_registered_on_demand():
    name = template_name("light")
    register()
    del pio.templates[name]
    assert figure("light").layout.template.layout.hovermode == "closest"
    assert name in pio.templates


def test_a_bare_axis_shows_nothing():
    axis = bare_axis(domain=[0, 0.5])
    assert axis["showgrid"] is axis["showticklabels"] is False
    assert axis["domain"] == [0, 0.5]
    assert template("light").layout.xaxis.showgrid is True
