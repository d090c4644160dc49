import pandas as pd

from build_bundle.evaluate.__main__ import main
from build_bundle.evaluate.summary import evaluation_table, markdown
from core.bundle.schema import EVALUATION
from tests.build_bundle.builder_world import write_sources
from tests.build_bundle.evaluate.test_summary import scored


def test_evaluates_the_corpus_of_a_build_and_prints_the_table(planted, tmp_path, capsys):
    config = write_sources(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    arguments = ["--corpus", str(planted.folder), "--config", str(config), "--out", str(out)]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    assert "### mafp_weighted, study held out" in printed
    assert printed == (out / "evaluation.md").read_text(encoding="utf-8") + "\n"
    table = pd.read_parquet(out / EVALUATION.file)
    assert "all" in set(table["held_out"])
    n_trials = len(list((out / "trials").iterdir()))
    assert n_trials >= 2
    assert main(arguments) == 0  # goes on from what is finished
    assert len(list((out / "trials").iterdir())) == n_trials


def test_a_mistake_in_the_configuration_is_told(planted, tmp_path, capsys):
    config = tmp_path / "bad.toml"
    config.write_text("name = 3\n", encoding="utf-8")
    assert main(["--corpus", str(planted.folder), "--config", str(config), "--out", str(tmp_path)]) == 2
    assert "name" in capsys.readouterr().err


def test_markdown_has_a_row_a_study_and_a_column_a_model():
    text = markdown(evaluation_table(scored(), n_bootstrap=50, seed=0), metrics=("accuracy",))
    lines = text.strip().splitlines()
    assert lines[0] == "### accuracy, study held out"
    assert lines[2] == "| held out | cells | K | encoder | pca_100 |"
    assert [line.split("|")[1].strip() for line in lines[4:]] == ["s1", "s2", "s3", "all"]
    assert " to " in lines[-1]
    assert " to " not in lines[4]
