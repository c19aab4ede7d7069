"""What members of one network have for themselves: a scale of their inputs and a linear output."""

import keras
import numpy as np
import pytest

from search_spaces.family import seeded
from search_spaces.layers.members import ChunkedDraws, MemberHeads, MemberScaling

pytestmark = pytest.mark.keras

X = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")


def test_columns_of_a_chunk_start_with_one_draw_and_chunks_with_their_own():
    draws = np.asarray(ChunkedDraws([3, 1, 2], signs=False, seed=0)((4, 6)))
    assert (draws[:, :3] == draws[:, :1]).all()
    assert (draws[:, 4] == draws[:, 5]).all()
    assert len(np.unique(draws)) == 4 * 3


@pytest.mark.parametrize("signs", [False, True])
def test_draws_have_the_distribution_that_is_asked_for(signs):
    draws = np.asarray(ChunkedDraws([1] * 500, signs=signs, seed=0)((40, 500)))
    assert draws.mean() == pytest.approx(0, abs=0.03)
    assert draws.std() == pytest.approx(1, abs=0.03)
    assert (set(np.unique(draws)) == {-1.0, 1.0}) == signs


def test_a_clone_draws_anew_unless_a_seed_is_given():
    with seeded(3):
        first = ChunkedDraws([2, 2], signs=False)
        other = first.clone()
    assert not np.array_equal(first((3, 4)), other((3, 4)))
    fixed = ChunkedDraws([2, 2], signs=False, seed=1)
    np.testing.assert_array_equal(fixed((3, 4)), fixed.clone()((3, 4)))


def test_every_member_sees_every_row_through_its_own_scale():
    layer = MemberScaling(3, chunks=[4, 2], signs=False)
    seen = np.asarray(layer(X))
    np.testing.assert_allclose(seen.reshape(5, 3, 6), X[:, None] * np.asarray(layer.scale), rtol=1e-6)


def test_every_member_answers_by_its_own_head():
    layer = MemberHeads(3, outputs=2)
    rows = np.random.default_rng(1).normal(size=(5 * 3, 6)).astype("float32")
    answers = np.asarray(layer(rows))
    kernel, bias = (np.asarray(variable) for variable in (layer.kernel, layer.bias))
    assert answers.shape == (5, 3, 2)
    for member in range(3):
        np.testing.assert_allclose(answers[:, member], rows[member::3] @ kernel[member] + bias[member], atol=1e-6)
    assert np.abs(kernel).max() <= 6**-0.5


def test_they_survive_being_saved(tmp_path):
    inputs = keras.Input((6,))
    scaled = MemberScaling(3, chunks=[4, 2], signs=True)(inputs)
    model = keras.Model(inputs, MemberHeads(3, outputs=2)(scaled))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(X), model(X))
    assert again.layers[1].get_config() == model.layers[1].get_config()
