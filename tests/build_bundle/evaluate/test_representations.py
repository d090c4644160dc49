import numpy as np
import pytest
from sklearn.decomposition import PCA

from build_bundle.cells.stream import chunks
from build_bundle.evaluate.representations import cosine, encoded, logistic_logits, principal_components, raw
from build_bundle.train.encoder import train_encoder
from tests.build_bundle.planted_corpus import planted_corpus
from tests.worlds import ALPHA, B


@pytest.fixture(scope="module")
def some(planted, trained):
    wanted = np.ones(len(planted.cells), dtype=bool)
    return list(chunks(planted, wanted, trained.encoder.inputs))


def stacked(represent, some):
    return np.concatenate([represent(c.x, c.measured) for c in some])


def test_raw_is_log_expression_with_missing_genes_at_the_mean(trained, some):
    inputs = trained.encoder.inputs
    okafor = next(c for c in some if not c.measured.all())
    v = raw(inputs)(okafor.x, okafor.measured)
    np.testing.assert_array_equal(v[:, ~okafor.measured], np.tile(inputs.mean[~okafor.measured], (len(v), 1)))
    x = okafor.x.toarray()[:, okafor.measured].astype(float)
    share = float(inputs.profile[okafor.measured].sum())
    np.testing.assert_allclose(
        v[:, okafor.measured], np.log1p(1e4 * share * x / x.sum(axis=1, keepdims=True)), rtol=1e-4
    )


def test_cosine_and_encoder_lie_on_the_sphere(trained, some):
    for represent in (cosine(trained.encoder.inputs), encoded(trained.encoder)):
        np.testing.assert_allclose(np.linalg.norm(stacked(represent, some), axis=1), 1, rtol=1e-4)


def test_pca_agrees_with_scikit_learn(trained, some):
    base = raw(trained.encoder.inputs)
    mine = stacked(principal_components(some, base, 5), some)
    theirs = PCA(5, svd_solver="full").fit_transform(stacked(base, some).astype(float))
    np.testing.assert_allclose(np.abs(mine), np.abs(theirs), atol=5e-3)


def test_logistic_regression_names_most_cells(planted, trained, some):
    logits = stacked(logistic_logits(trained, planted), some)
    found = np.array(trained.classes, dtype=object)[logits.argmax(axis=1)]
    assert np.mean(found == planted.cells["cell_type_ontology_term_id"]) > 0.9
    np.testing.assert_allclose(np.linalg.norm(logits, axis=1), 1, rtol=1e-4)


def test_logistic_regression_of_two_types_keeps_both_sides(tmp_path, quick_training):
    corpus = planted_corpus(tmp_path, compositions={"one": {B: 20, ALPHA: 20}, "two": {B: 20, ALPHA: 20}})
    trained = train_encoder(corpus, quick_training, seed=0)
    wanted = np.ones(len(corpus.cells), dtype=bool)
    logits = stacked(logistic_logits(trained, corpus), chunks(corpus, wanted, trained.encoder.inputs))
    assert logits.shape == (80, 2)
    assert len(np.unique(logits.argmax(axis=1))) == 2
