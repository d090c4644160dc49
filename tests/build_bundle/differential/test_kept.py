import pandas as pd
import pytest

from build_bundle.differential.combine import StudyTest
from build_bundle.differential.kept import Outcome, read_outcomes, write_outcomes


def outcome(background, genes, reason=""):
    table = pd.DataFrame({"gene": genes, "z": [float(g) for g in genes], "p_value": 1e-300})
    return Outcome(background, StudyTest("s", table, 10, 20, same_study=False, method="wilcoxon"), reason)


def test_tests_come_back_as_they_were(tmp_path):
    kept = [outcome("others", [3, 5]), outcome("siblings", [1], "the values are no counts")]
    write_outcomes(tmp_path / "job.arrow", kept)
    found = read_outcomes(tmp_path / "job.arrow")
    assert [(o.background, o.reason) for o in found] == [("others", ""), ("siblings", "the values are no counts")]
    for old, new in zip(kept, found, strict=True):
        pd.testing.assert_frame_equal(old.test.table, new.test.table)
        assert (new.test.study, new.test.n_in, new.test.n_out, new.test.same_study, new.test.method) == (
            "s", 10, 20, False, "wilcoxon",
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["job.arrow"]


def test_a_write_that_is_cut_off_leaves_no_file_of_that_name(tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError("no space left")

    monkeypatch.setattr("build_bundle.differential.kept.feather.write_feather", full)
    with pytest.raises(OSError, match="no space"):
        write_outcomes(tmp_path / "job.arrow", [outcome("others", [1])])
    assert not (tmp_path / "job.arrow").exists()
