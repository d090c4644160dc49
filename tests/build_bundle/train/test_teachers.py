import numpy as np

from build_bundle.cells.corpus import Corpus
from build_bundle.cells.holdout import Holdout
from build_bundle.train.cells import training_cells
from build_bundle.train.settings import TrainSettings
from build_bundle.train.teachers import teacher_blocks
from tests.build_bundle.planted_corpus import PROFILE_STUDY, planted_corpus
from tests.worlds import ALPHA, CD4, MONO, B

TEACHER = "tanaka2022"


def corpus_with_a_teacher(folder) -> Corpus:
    compositions = {"lindholm2019": {B: 30, CD4: 30}, "okafor2020": {B: 30}, TEACHER: {MONO: 40, B: 5}}
    return planted_corpus(folder, compositions=compositions, teachers=[TEACHER], profiles=[ALPHA])


def test_teachers_are_no_cells_of_the_corpus(tmp_path):
    corpus = corpus_with_a_teacher(tmp_path)
    assert corpus.reference == ("lindholm2019", "okafor2020")
    assert corpus.teaching_studies == (PROFILE_STUDY, TEACHER)
    assert set(corpus.cells["study"]) == {"lindholm2019", "okafor2020"}
    assert corpus.teaching["study"].value_counts().to_dict() == {PROFILE_STUDY: 1, TEACHER: 45}
    (matrix,) = corpus.matrices("teacher")
    assert matrix.rows == slice(1, 46)


def test_at_most_so_many_cells_of_a_type_with_their_own_values(tmp_path):
    corpus = corpus_with_a_teacher(tmp_path)
    genes = np.arange(len(corpus.genes))
    (block,) = teacher_blocks(corpus, genes, per_type=20, seed=0)
    assert block.study == TEACHER
    assert {name: int((block.types == name).sum()) for name in (MONO, B)} == {MONO: 20, B: 5}
    (matrix,) = corpus.matrices("teacher")
    everything = matrix.x.toarray()
    types = corpus.teaching["cell_type_ontology_term_id"].to_numpy()[matrix.rows]
    for row, name in zip(block.x.toarray()[:, matrix.genes], block.types, strict=True):
        assert name in set(types[(everything == row).all(axis=1)])
    assert teacher_blocks(corpus, genes, per_type=0, seed=0) == []


def test_held_out_teachers_do_not_teach(tmp_path):
    corpus = corpus_with_a_teacher(tmp_path)
    genes = np.arange(len(corpus.genes))
    assert teacher_blocks(corpus, genes, per_type=20, seed=0, holdout=Holdout(frozenset({TEACHER}))) == []
    pair = Holdout(pairs=frozenset({(MONO, TEACHER)}))
    (block,) = teacher_blocks(corpus, genes, per_type=20, seed=0, holdout=pair)
    assert set(block.types) == {B}


def test_a_type_that_only_a_teacher_has_is_learned_and_the_statistics_stay_the_references(tmp_path):
    corpus = corpus_with_a_teacher(tmp_path)
    few = {"profile_cells": 0, "n_vocabulary": 100}
    taught = training_cells(corpus, TrainSettings(**few), seed=0)
    alone = training_cells(corpus, TrainSettings(teacher_cells=0, **few), seed=0)
    assert MONO in taught.data.classes
    assert MONO not in alone.data.classes
    assert len(taught.data) == len(alone.data) + 45
    assert np.array_equal(taught.genes, alone.genes)
    assert np.array_equal(taught.inputs.mean, alone.inputs.mean)
    assert np.array_equal(taught.rows, alone.rows)
