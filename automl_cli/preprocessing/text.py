"""Text: word n-grams weighted by TF-IDF, reduced to a few dimensions, the most telling ones; and lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import norm
from sklearn.decomposition import TruncatedSVD
from threadpoolctl import threadpool_limits

from automl_cli.preprocessing.cells import clean_cells
from automl_cli.preprocessing.reader import NAN, Reader
from automl_cli.spec.dataset import ColumnSpec

# Longer texts are cut: their beginnings say what they are about.
_MAX_CHARACTERS = 2_000
_MAX_TERMS = 5_000
_MIN_TEXTS = 2
# Texts that the terms and their weights are learned from.
_MAX_TEXTS = 10_000
# Dimensions of all text columns together, and at least of one.
_DIMENSIONS = 64
_MIN_DIMENSIONS = 16
_TEXTS_PER_DIMENSION = 16
# Terms of a column that are kept as they are because of what they tell about the target: trees split on "Mrs" at once,
# and would need many splits along the dimensions that she is spread over.
_MAX_TELLING = 64
_TEXTS_PER_TELLING = 8
_UNKNOWN = -1


@keras.saving.register_keras_serializable(package="automl")
class ReadLengths(keras.layers.Layer):
    """Measures texts, columns `(rows,)` into `(rows, 2 x columns)` in float64: characters and words.

    Args:
        missing: For each column the marks that mean 'missing'.
    """

    def __init__(self, missing: Sequence[Sequence[str]], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.missing = [list(marks) for marks in missing]

    def call(self, columns: Sequence[tf.Tensor]) -> tf.Tensor:
        """Returns the lengths of each text, column by column; NaN where it is missing."""
        cells = clean_cells(columns, missing=self.missing)
        characters = tf.strings.length(cells, unit="UTF8_CHAR")
        words = tf.strings.length(tf.strings.regex_replace(cells, r"\S+\s*", "x"))
        lengths = tf.cast(tf.stack([characters, words], axis=2), tf.float64)  # (rows, columns, 2)
        lengths = tf.where(cells[:, :, None] == "", NAN, lengths)
        return tf.reshape(lengths, [-1, 2 * len(columns)])

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        return {**super().get_config(), "missing": self.missing}


@keras.saving.register_keras_serializable(package="automl")
class TextTopics(keras.layers.Layer):
    """Projects the TF-IDF of a text's terms on a few dimensions; a column `(rows,)` to `(rows, dimensions)`.

    A dimension may be a single term.

    Terms are words and pairs of neighbouring words, in lower case and without punctuation. A term weighs
    (1 + log of its count) x (1 + log of its rareness among the texts); the weights of a text have length 1.

    Args:
        terms: The terms that count.
        dimensions: Width of the projection.
        missing: Marks that mean 'missing'.
    """

    def __init__(self, terms: Sequence[str], *, dimensions: int, missing: Sequence[str], **keras_options: Any) -> None:
        super().__init__(autocast=False, **keras_options)
        self.terms = list(terms)
        self.dimensions = dimensions
        self.missing = list(missing)
        numbers = tf.range(len(self.terms), dtype=tf.int64)
        self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(self.terms, numbers), _UNKNOWN)
        self.rareness = self._constant("rareness", (len(self.terms),))
        self.projection = self._constant("projection", (len(self.terms), dimensions))

    def _constant(self, name: str, shape: tuple[int, ...]) -> keras.Variable:
        return self.add_weight(
            shape=shape, dtype="float32", initializer="zeros", trainable=False, autocast=False, name=name
        )

    def call(self, cells: tf.Tensor) -> tf.Tensor:
        """Returns the place of each text among the dimensions; all 0 for texts without a known term."""
        return tf.sparse.sparse_dense_matmul(self.weigh(cells), tf.convert_to_tensor(self.projection))

    def weigh(self, cells: tf.Tensor) -> tf.SparseTensor:
        """Returns the weight of each term in each text, `(rows, terms)` in float32."""
        cells = clean_cells([cells], missing=[self.missing])[:, 0]
        terms = split_terms(cells)
        numbers = self.table.lookup(terms.flat_values)
        places = terms.value_rowids() * len(self.terms) + numbers
        # Each place once, in the order of the rows, with how often the term occurs there.
        distinct, _, counts = tf.unique_with_counts(tf.boolean_mask(places, numbers != _UNKNOWN))
        row, term = distinct // len(self.terms), distinct % len(self.terms)
        frequency = tf.cast(1 + tf.math.log(tf.cast(counts, tf.float64)), tf.float32)
        weights = frequency * tf.gather(tf.convert_to_tensor(self.rareness), term)
        rows = tf.size(cells, tf.int64)
        lengths = tf.sqrt(tf.math.unsorted_segment_sum(tf.square(weights), row, rows))
        shape = tf.stack([rows, len(self.terms)])
        return tf.SparseTensor(tf.stack([row, term], axis=1), weights / tf.gather(lengths, row), shape)

    def get_config(self) -> dict[str, Any]:
        """Returns what the layer is made of again."""
        config = {"terms": self.terms, "dimensions": self.dimensions, "missing": self.missing}
        return {**super().get_config(), **config}


def split_terms(cells: tf.Tensor) -> tf.RaggedTensor:
    """Returns the words of each text and the pairs of neighbouring words, shape `(rows, None)`."""
    beginnings = tf.strings.substr(cells, 0, _MAX_CHARACTERS, unit="UTF8_CHAR")
    folded = tf.strings.lower(beginnings, encoding="utf-8")
    bare = tf.strings.regex_replace(folded, r"[^\p{L}\p{M}\p{N}]+", " ")
    return tf.strings.ngrams(tf.strings.split(bare), (1, 2))


def length_readers(columns: Mapping[str, ColumnSpec]) -> Iterator[Reader]:
    """Yields one reader of lengths for all text columns."""
    names = tuple(name for name, spec in columns.items() if spec.kind == "text")
    if names:
        layer = ReadLengths([columns[name].missing for name in names], name="read_lengths")
        owners = tuple(name for name in names for _ in range(2))
        yield Reader(layer, names, owners=owners, bounded=(False,) * len(owners))


def fit_topics(
    cells: NDArray[Any], spec: ColumnSpec, *, averaged: NDArray[np.float64], dimensions: int, seed: int, name: str
) -> TextTopics | None:
    """Chooses the terms of a text column and finds the dimensions along which texts differ most.

    The dimensions are those of a truncated singular value decomposition (latent semantic analysis), scaled so that
    their values spread by 1 over the texts. Behind them stand the terms that tell most about the target.

    Args:
        cells: Training rows, shape `(rows,)`.
        spec: What the column is.
        averaged: What terms may tell about, of the same rows, `(rows, columns)`.
        dimensions: How many are wanted; fewer where there are few texts or terms.
        seed: Of the choice of texts, where they are very many, and of the decomposition.
        name: Of the layer.

    Returns:
        None where no two texts share a term.
    """
    if len(cells) > _MAX_TEXTS:
        chosen = np.random.default_rng(seed).choice(len(cells), _MAX_TEXTS, replace=False)
        cells, averaged = cells[chosen], averaged[chosen]
    texts = tf.convert_to_tensor(cells, tf.string)
    terms, rareness = _choose_terms(clean_cells([texts], missing=[spec.missing])[:, 0])
    dimensions = min(dimensions, len(terms) - 1, len(cells) // _TEXTS_PER_DIMENSION)
    if dimensions < 1:
        return None
    matrix = _weigh_texts(texts, terms, rareness=rareness, spec=spec)
    telling = _most_telling(matrix, averaged, most=min(_MAX_TELLING, len(cells) // _TEXTS_PER_TELLING))
    with threadpool_limits(1):  # small matrices: more threads would wait for each other
        components = TruncatedSVD(dimensions, random_state=seed).fit(matrix).components_
    spread = (matrix @ components.T).std()
    alone = np.zeros((len(terms), len(telling)), np.float32)
    alone[telling, np.arange(len(telling))] = 1
    layer = TextTopics(terms, dimensions=dimensions + len(telling), missing=spec.missing, name=name)
    layer.rareness.assign(rareness)
    layer.projection.assign(np.concatenate([components.T / (spread if spread > 0 else 1.0), alone], axis=1))
    return layer


def _weigh_texts(texts: tf.Tensor, terms: Sequence[str], *, rareness: NDArray[Any], spec: ColumnSpec) -> csr_matrix:
    layer = TextTopics(terms, dimensions=0, missing=spec.missing)
    layer.rareness.assign(rareness)
    weights = layer.weigh(texts)
    return csr_matrix((weights.values, weights.indices.numpy().T), shape=tuple(weights.shape))


def _most_telling(weights: csr_matrix, averaged: NDArray[np.float64], *, most: int) -> NDArray[np.intp]:
    """Returns the terms whose texts have a target that is further from the others' than chance would have it.

    Args:
        weights: Of the terms in each text, `(rows, terms)`; those above 0 are there.
        averaged: Targets of the same rows, `(rows, columns)`.
        most: How many at most.
    """
    present = (weights > 0).astype(np.float64)
    rows, counts = len(averaged), np.asarray(present.sum(axis=0)).ravel()
    centred = averaged - averaged.mean(axis=0)
    means = present.T @ centred / counts[:, None]  # (terms, columns)
    errors = centred.std(axis=0) * np.sqrt(np.maximum(1 / counts - 1 / rows, 1e-12))[:, None]
    distances = np.abs(means / np.maximum(errors, 1e-12)).max(axis=1)
    # Of so many, the largest would be beyond this by chance alone in one of twenty tables (Bonferroni).
    by_chance = norm.isf(0.025 / max(means.size, 1))
    return np.argsort(-distances, kind="stable")[: min(most, int((distances > by_chance).sum()))]


def _choose_terms(cells: tf.Tensor) -> tuple[list[str], NDArray[np.float64]]:
    """Returns the terms that occur in most of the texts `(rows,)`, and how rare each is."""
    terms = split_terms(cells)
    distinct, numbers = tf.unique(terms.flat_values, tf.int64)
    count = len(distinct)
    places, _ = tf.unique(terms.value_rowids() * count + numbers)  # each term once a text
    texts = np.bincount(places.numpy() % max(count, 1), minlength=count)
    frequent = np.argsort(-texts, kind="stable")[:_MAX_TERMS]
    frequent = frequent[texts[frequent] >= _MIN_TEXTS]
    rareness = 1 + np.log((1 + len(cells)) / (1 + texts[frequent]))
    return [term.decode() for term in tf.gather(distinct, frequent).numpy()], rareness


def share_dimensions(columns: int) -> int:
    """Returns how many dimensions each of several text columns gets."""
    return max(_MIN_DIMENSIONS, _DIMENSIONS // columns)
