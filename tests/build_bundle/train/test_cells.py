import numpy as np
import pytest

from build_bundle.cells.holdout import Holdout
from build_bundle.train.cells import training_cells
from build_bundle.train.settings import TrainSettings
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, MONO, B

PANELS = {"lindholm2019": slice(0, 200), "okafor2020": slice(100, 300)}
SETTINGS = TrainSettings(n_vocabulary=300)


def test_a_gene_tells_the_share_of_studies_that_measured_it(tmp_path):
    compositions = {study: {B: 20, ALPHA: 20} for study in (*PANELS, "tanaka2022", "ferreira2021")}
    corpus = planted_corpus(
        tmp_path, compositions=compositions, panels=PANELS, profiles=[MONO], teachers=["ferreira2021"],
        two_parts=["tanaka2022"],
    )  # fmt: skip
    cells = training_cells(corpus, SETTINGS, seed=0)
    studies = ["lindholm2019", "okafor2020", "tanaka2022"]  # neither profiles nor teachers
    measured = np.zeros((3, len(corpus.genes)))
    for part in map(corpus.part, corpus.parts):
        if part.study in studies:
            measured[studies.index(part.study), part.genes] = 1  # two files of a study are one
    np.testing.assert_allclose(cells.measured_by, measured.mean(axis=0)[cells.genes], rtol=1e-6)
    assert len(np.unique(cells.measured_by)) == 3
    without = training_cells(corpus, SETTINGS, seed=0, holdout=Holdout(frozenset({"okafor2020"})))
    assert set(np.unique(without.measured_by)) == {0.5, 1.0}


def test_one_study_measured_all_it_measured(tmp_path):
    corpus = planted_corpus(tmp_path, compositions={"lindholm2019": {B: 20, ALPHA: 20}}, panels=PANELS)
    assert training_cells(corpus, SETTINGS, seed=0).measured_by == pytest.approx(1)
