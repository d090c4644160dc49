from core.explore.compare_choice import OTHERS, Choice
from core.explore.gene_difference import EVERYTHING
from core.ontology.text import ELLIPSIS
from layouts import compare_genes
from layouts.figures.volcano import volcano_figure
from tests.components import text, walk
from tests.layouts.comparisons import genes

CHOICE = Choice("condition", "<STIM>", "CTRL", "")


def test_what_is_offered():
    assert [entry["label"] for entry in compare_genes.offered(genes())] == ["B cell", "monocyte", "All selected cells"]


def test_the_line_tells_cells_and_test():
    assert compare_genes.line(genes(), CHOICE) == "40 cells of <STIM> against 50 of CTRL; Wilcoxon on cells"
    drawn = genes(n_all=900, paired=True, replicates_group=4, replicates_against=4)
    assert compare_genes.line(drawn, CHOICE).endswith(
        "50 of CTRL, drawn from 900; moderated paired t-test over 4 replicates"
    )
    apart = genes(paired=False, replicates_group=4, replicates_against=3)
    assert "moderated t-test between 4 and 3 replicates" in compare_genes.line(apart, CHOICE)


def test_plot_and_table():
    view = genes()
    figure = volcano_figure(view.volcano("CTRL"), theme="light", name="<STIM>")
    body = compare_genes.body(view, CHOICE, figure)
    grid = next(part for part in walk(body) if type(part).__name__ == "AgGrid")
    assert [row["gene_symbol"] for row in grid.rowData] == ["<G0>", "<G1>", "<G2>"]
    assert [column["headerName"] for column in grid.columnDefs][-2:] == ["CTRL", "<STIM>"]
    assert "3 genes that 10 or more of these cells have." in text(body)
    traces = {trace.name: list(trace.text or ()) for trace in figure.data}
    assert (traces["up"], traces["down"]) == (["&lt;G0&gt;"], ["&lt;G2&gt;"])
    assert "&lt;STIM&gt; vs. CTRL" in figure.layout.xaxis.title.text


def test_no_plot_where_no_gene_differs():
    view = genes()
    even = genes(table=view.table.assign(q_value=0.4))
    body = compare_genes.body(even, CHOICE, volcano_figure(even.volcano("CTRL"), theme="light", name="STIM"))
    assert text(body[0]).startswith("No gene differs at q < 0.05. The smallest q is 0.400.")
    plot = next(part for part in walk(body) if type(part).__name__ == "Graph")
    assert plot.style == {"display": "none"}
    assert not hasattr(
        next(part for part in walk(compare_genes.body(view, CHOICE, {})) if type(part).__name__ == "Graph"), "style"
    )


def test_the_axis_has_room_for_both_names():
    group, against = compare_genes.axis_names(Choice("condition", "interferon beta, 24 hours", OTHERS, ""))
    assert group.endswith(ELLIPSIS)
    assert against == "all others"


def test_what_to_beware_of():
    assert "have 4 types" in compare_genes.below(genes(within=EVERYTHING, n_types=4), CHOICE)
    assert "types" not in compare_genes.below(genes(within=EVERYTHING, n_types=1), CHOICE)
    assert "too small. A group has 1." in compare_genes.below(genes(lacking="A group has 1."), CHOICE)
    assert "too small" not in compare_genes.below(genes(), CHOICE)
    assert "The first 500 are listed" in compare_genes.below(genes(501), CHOICE)
    assert len(compare_genes.rows(genes(501))) == 500


def test_a_group_that_was_sequenced_deeper_is_told():
    table = genes().table
    assert "times as many" not in compare_genes.below(genes(table=table.assign(pct_group=0.5, pct_against=0.5)), CHOICE)
    rare = table.assign(pct_group=0.3, pct_against=0.6)
    told = compare_genes.below(genes(table=rare), CHOICE)
    assert "A cell of CTRL has 2.0 times as many genes as one of <STIM>" in told
    apart = genes(table=rare, paired=False, replicates_group=4, replicates_against=3)
    assert "times as many" not in compare_genes.below(apart, CHOICE)


def test_that_deeper_cells_were_thinned_is_told():
    told = compare_genes.below(genes(deeper=0.5), CHOICE)
    assert (
        "A cell of CTRL has 2.0 times as many molecules as one of <STIM>: for the test, molecules were left out" in told
    )
    assert "times as many" not in compare_genes.below(genes(deeper=1.1), CHOICE)


def test_why_there_are_none():
    none = genes().table.head(0)
    assert "The groups do not have 10" in text(compare_genes.nothing(genes(within=EVERYTHING, table=none)))
    assert "these B cells" in text(compare_genes.nothing(genes(table=none)))
