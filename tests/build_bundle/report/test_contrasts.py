from build_bundle.cells.step_context import StepContext
from build_bundle.differential import run
from build_bundle.differential.settings import DifferentialSettings
from build_bundle.report.contrasts import gather_contrasts
from build_bundle.steps.task import Finished
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MONO, B


def test_one_row_a_term_with_the_genes_against_each_background(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lonely": {ALPHA: 80}, "blood": {B: 80, MONO: 80}})
    out = tmp_path / "out"
    out.mkdir()
    facts = run(StepContext(corpus, {}, {}, DifferentialSettings(), out))
    done = {
        "corpus": Finished("corpus", corpus.folder, {}, "", 0.0),
        "differential": Finished("differential", out, facts, "", 0.0),
    }
    found = gather_contrasts(done)
    assert found["facts"]["notes"] == facts["notes"]
    rows = {row["name"]: row for row in found["rows"]}
    assert list(rows) == ["B cell", "monocyte", "pancreatic A cell"]
    others, siblings, parent = rows["B cell"]["genes"]
    assert others == siblings  # the monocytes of the same study are both
    assert " up, " in others
    assert parent == ""
    assert rows["B cell"]["n_in"] == 80
    assert rows["pancreatic A cell"]["genes"][0].endswith("(other studies)")
    assert rows["pancreatic A cell"]["genes"][1:] == ["", ""]


def test_without_the_step_there_is_nothing_to_say():
    assert gather_contrasts({}) is None
