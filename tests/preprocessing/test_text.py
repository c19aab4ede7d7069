from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from sklearn.feature_extraction.text import TfidfVectorizer

from automl_cli.preprocessing.text import ReadLengths, fit_topics
from automl_cli.spec.dataset import ColumnSpec

pytestmark = pytest.mark.keras

TEXT = ColumnSpec(kind="text", missing=["none"])
SENTENCES = np.array(
    [
        f"{subject} {verb}, {adverb}; {verb}!"
        for subject in ("The cat", "A dog", "É tudo", "the CAT")
        for verb in ("sat", "ran off", "didn't")
        for adverb in ("slowly", "very slowly", "2 times")
    ],
    dtype=object,
)
NOTHING = np.zeros((len(SENTENCES), 1))  # of a target that says nothing


def test_weights_are_those_of_scikit_learn() -> None:
    layer = fit_topics(SENTENCES, TEXT, averaged=NOTHING, dimensions=3, seed=0, name="topics")
    assert layer is not None
    reference = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"[^\W_]+")
    expected = reference.fit_transform(SENTENCES).toarray()
    assert set(layer.terms) == set(reference.vocabulary_)
    order = [reference.vocabulary_[term] for term in layer.terms]
    weights = tf.sparse.to_dense(tf.sparse.reorder(layer.weigh(tf.constant(SENTENCES)))).numpy()
    np.testing.assert_allclose(weights, expected[:, order], atol=1e-6)


def test_texts_that_share_words_are_near_each_other() -> None:
    layer = fit_topics(SENTENCES, TEXT, averaged=NOTHING, dimensions=2, seed=0, name="topics")
    assert layer is not None
    cat, same_cat, dog = layer(tf.constant(["the cat sat", "The cat... sat?", "a dog ran off"])).numpy()
    np.testing.assert_array_equal(cat, same_cat)
    assert np.linalg.norm(cat - dog) > 0.5


def test_texts_without_a_known_word_are_zero() -> None:
    layer = fit_topics(SENTENCES, TEXT, averaged=NOTHING, dimensions=2, seed=0, name="topics")
    assert layer is not None
    np.testing.assert_array_equal(layer(tf.constant(["", "none", "xyzzy", "?!"])), np.zeros((4, 2)))


@pytest.mark.parametrize("cells", [["one", "two"] * 5, [""] * 40, [f"word{n}" for n in range(40)]])
def test_texts_that_share_too_little_have_no_topics(cells: list[str]) -> None:
    nothing = np.zeros((len(cells), 1))
    topics = fit_topics(np.array(cells, dtype=object), TEXT, averaged=nothing, dimensions=8, seed=0, name="topics")
    assert topics is None


def test_terms_that_tell_about_the_target_have_a_dimension_of_their_own() -> None:
    is_dog = np.array([["dog" in cell] for cell in SENTENCES], np.float64)
    layer = fit_topics(SENTENCES, TEXT, averaged=is_dog, dimensions=2, seed=0, name="topics")
    assert layer is not None
    alone = layer(tf.constant(SENTENCES)).numpy()[:, 2:]
    assert any(np.array_equal(term > 0, is_dog[:, 0] > 0) for term in alone.T)


def test_a_target_by_chance_gives_no_term_a_dimension() -> None:
    chance = np.random.default_rng(0).standard_normal((len(SENTENCES), 1))
    layer = fit_topics(SENTENCES, TEXT, averaged=chance, dimensions=2, seed=0, name="topics")
    assert layer is not None
    assert layer.dimensions == 2


def test_lengths_count_characters_and_words() -> None:
    cells = tf.constant(["Üb er", " a  b\nc ", "none", ""])
    lengths = ReadLengths([["none"]])([cells])
    np.testing.assert_array_equal(lengths, [[5, 2], [6, 3], [np.nan, np.nan], [np.nan, np.nan]])
