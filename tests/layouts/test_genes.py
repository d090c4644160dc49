from dataclasses import replace

import pandas as pd

from core.explore.gene import GeneView
from core.expression.gene_finder import Suggestion
from layouts import genes
from tests.components import text

VIEW = GeneView("MS4A1", "ENSG00000156738", ("CD20", "LEU-16"), 3, 4, 0.12, True, 338, 0.9, pd.DataFrame())


def test_the_facts_of_a_gene():
    words = text(genes.facts(VIEW, chosen=True, of_type="B cell"))
    assert "MS4A1 ENSG00000156738 also called CD20, LEU-16" in words
    assert "12 %  of the reference's cells (3 of 4 studies)" in words
    assert "90 %  of the 338 selected cells." in words


def test_a_gene_nobody_asked_for_says_why_it_is_there():
    assert "sets B cells apart" in text(genes.facts(VIEW, chosen=False, of_type="B cell"))


def test_a_gene_the_file_lacks():
    assert "your file did not measure it" in text(genes.facts(replace(VIEW, in_query=False), chosen=True, of_type=""))


def test_no_cells():
    assert "no cells are selected" in text(genes.facts(replace(VIEW, share_query=None), chosen=True, of_type=""))


def test_suggestions_carry_what_they_were_found_by():
    assert genes.suggestions((Suggestion("MS4A1", "CD20"),), "cd2") == [
        {"value": "MS4A1", "label": "MS4A1 (CD20)", "typed": "cd2"}
    ]


def test_lines():
    assert genes.types_line(3, 3).startswith("3 types")
    assert "60 of 90" in genes.types_line(90, 60)
    assert genes.map_line("LYZ", 1, "query") == "LYZ, 1 cell"
    assert "reference" in genes.map_line("LYZ", 1, "reference")
