from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.keras

ROWS, WIDTH = 7, 3


def points(rows: int = ROWS, *, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, WIDTH)).astype("float32")


def voted(x: np.ndarray, others: np.ndarray, labels: np.ndarray, *, without_own: bool = False) -> np.ndarray:
    """The mean of labels, by its definition: row after row."""
    answers = []
    for number, row in enumerate(x.astype("float64")):
        weights = np.exp(-np.linalg.norm(row - others, axis=1))
        if without_own:
            weights[number] = 0
        answers.append(weights @ labels / weights.sum())
    return np.stack(answers)


def make_layer(outputs: int = 1, *, capacity: int = ROWS, vote: str = "numbers"):
    from search_spaces.layers.neighbours import NeighbourVote

    layer = NeighbourVote(outputs, capacity=capacity, vote=vote)
    layer.build((None, WIDTH), (None, 1))
    return layer


def remember(layer, x: np.ndarray, target: np.ndarray, *, count: int) -> None:
    for variable, values in zip(
        (layer.memory, layer.labels, layer.present), layer.contents(x, target, count=count), strict=True
    ):
        variable.assign(values)


class TestTraining:
    def test_the_other_rows_of_the_batch_vote_and_the_own_does_not(self):
        x, target = points(), np.arange(ROWS, dtype="float32")[:, None]
        ours = make_layer()(x, target, training=True)
        np.testing.assert_allclose(ours, voted(x, x, target, without_own=True), rtol=1e-5)

    def test_a_row_knows_nothing_of_its_own_label(self):
        x, target = points(), np.zeros((ROWS, 1), "float32")
        changed = target.copy()
        changed[2] = 100
        before, after = (np.asarray(make_layer()(x, t, training=True)) for t in (target, changed))
        assert (before != after)[:, 0].tolist() == [number != 2 for number in range(ROWS)]

    def test_what_is_remembered_does_not_vote(self):
        layer, x, target = make_layer(), points(), np.ones((ROWS, 1), "float32")
        remember(layer, x, np.full(ROWS, 50.0), count=ROWS)
        np.testing.assert_allclose(layer(x, target, training=True), 1, rtol=1e-5)

    def test_gradients_are_finite_where_rows_are_the_same(self):
        import tensorflow as tf

        x = tf.constant(np.repeat(points(2), 3, axis=0))
        with tf.GradientTape() as tape:
            tape.watch(x)
            answers = make_layer()(x, np.arange(6, dtype="float32")[:, None], training=True)
        assert np.isfinite(tape.gradient(answers, x)).all()


class TestMemory:
    def test_remembered_rows_vote(self):
        layer, x = make_layer(capacity=5), points()
        others, target = points(5, seed=1), np.array([3.0, -1.0, 4.0, 1.0, 50.0], "float32")
        remember(layer, others, target, count=4)  # the last one only fills up
        np.testing.assert_allclose(layer(x), voted(x, others[:4], target[:4, None]), rtol=1e-5)
        np.testing.assert_array_equal(layer(x, np.full((ROWS, 1), 9.0), training=False), layer(x))

    def test_more_rows_than_are_compared_at_once_vote_alike(self, monkeypatch):
        from search_spaces.layers import neighbours

        layer, x = make_layer(capacity=20), 10 * points()
        remember(layer, 10 * points(20, seed=1), np.arange(20, dtype="float32"), count=13)
        whole = np.asarray(layer(x))
        monkeypatch.setattr(neighbours, "_AT_ONCE", 3)  # the last two parts have no vote at all
        np.testing.assert_allclose(layer(x), whole, rtol=1e-5)

    def test_far_rows_still_vote_for_what_is_nearest(self):
        layer = make_layer(capacity=2)
        remember(layer, np.repeat([[0.0], [1.0]], WIDTH, axis=1), np.array([5.0, 7.0]), count=2)
        np.testing.assert_allclose(layer(np.full((1, WIDTH), 1e4, "float32")), 7, atol=0.5)

    def test_answers_do_not_depend_on_how_many_rows_are_asked_for(self):
        """Neighbours lie close where others are far: squares of distances would keep none of their digits."""
        layer, far = make_layer(), np.repeat(100 * points(1), ROWS, axis=0)
        far[ROWS // 2 :] *= -1
        remember(layer, far + 0.05 * points(), np.arange(ROWS), count=ROWS)
        others, x = np.asarray(layer.memory), far + 0.05 * points(seed=1)
        expected = voted(x, others, np.arange(ROWS, dtype="float64")[:, None])
        np.testing.assert_allclose(layer(x), expected, atol=1e-5)
        np.testing.assert_allclose(np.concatenate([layer(row[None]) for row in x]), expected, atol=1e-5)

    def test_points_far_from_0_are_told_apart(self):
        layer, others = make_layer(), points()
        remember(layer, others, np.arange(ROWS), count=ROWS)
        near = np.asarray(layer(points(seed=1)))
        remember(layer, others + 300, np.arange(ROWS), count=ROWS)
        np.testing.assert_allclose(layer(points(seed=1) + 300), near, rtol=1e-3)

    @pytest.mark.parametrize(("outputs", "vote"), [(1, "numbers"), (1, "classes"), (3, "classes")])
    def test_without_any_rows_all_answers_are_alike(self, outputs, vote):
        raw = np.asarray(make_layer(outputs, vote=vote)(points()))
        assert raw.shape == (ROWS, outputs)
        assert np.ptp(raw) < 1e-6
        assert outputs > 1 or not np.any(raw)


class TestClasses:
    @pytest.mark.parametrize("training", [False, True])
    def test_of_two_the_output_is_the_logit_of_the_second(self, training):
        layer, x, target = make_layer(vote="classes"), points(), np.array([0, 1, 1, 0, 1, 0, 0], "float32")
        others = x if training else points(seed=1)
        remember(layer, others, target, count=ROWS)
        logits = np.asarray(layer(x, target[:, None], training=training))
        shares = voted(x, others, target[:, None], without_own=training)
        np.testing.assert_allclose(1 / (1 + np.exp(-logits)), shares, rtol=1e-5)

    def test_of_several_the_output_is_the_logarithm_of_each_share(self):
        layer, x, target = make_layer(3, vote="classes"), points(), np.array([0, 1, 2, 0, 1, 2, 2], "float32")
        others = points(seed=1)
        remember(layer, others, target, count=ROWS)
        np.testing.assert_allclose(np.exp(layer(x)), voted(x, others, np.eye(3)[target.astype(int)]), rtol=1e-5)

    @pytest.mark.parametrize("outputs", [1, 3])
    def test_neighbours_who_all_agree_are_no_certainty(self, outputs):
        layer = make_layer(outputs, vote="classes")
        remember(layer, points(), np.ones(ROWS), count=ROWS)
        raw = np.asarray(layer(points()))
        assert np.isfinite(raw).all()
        assert raw[:, -2 if outputs == 3 else 0].min() > -1e-3

    def test_numbers_have_one_output(self):
        with pytest.raises(ValueError, match="one output, not 3"):
            make_layer(3)


def test_it_is_the_same_after_saving_and_after_an_export(tmp_path):
    import keras
    import tensorflow as tf

    inputs, target = keras.Input((WIDTH,), name="numbers"), keras.Input((1,), name="target")
    layer = make_layer(3, vote="classes")
    model = keras.Model({"numbers": inputs, "target": target}, layer(inputs, target))
    remember(layer, points(seed=1), np.arange(ROWS) % 3, count=ROWS)
    used = keras.Model({"numbers": inputs}, layer(inputs))
    rows = {"numbers": points(), "target": np.zeros((ROWS, 1), "float32")}
    model.save(tmp_path / "model.keras")
    used.export(tmp_path / "export", verbose=False)
    again, exported = keras.saving.load_model(tmp_path / "model.keras"), tf.saved_model.load(tmp_path / "export")
    np.testing.assert_array_equal(again(rows), model(rows))
    np.testing.assert_allclose(exported.serve({"numbers": points()}), model(rows), atol=1e-6)
