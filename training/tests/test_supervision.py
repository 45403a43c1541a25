from dataclasses import replace

import numpy as np
import pytest
from conftest import SHAPE, blocks, recipe, samples

from anatomynet_training.trainer import Trainer


def test_balanced_training_sees_every_organ_equally_often(tmp_path):
    often = [blocks(f"often_{index}", SHAPE, (True, False, False)) for index in range(9)]
    trainer = Trainer(recipe(balance_organs=True), [*often, blocks("both", SHAPE, (True, True, False))], [], tmp_path)
    drawn = [trainer._next_sample(np.random.default_rng(seed)).name for seed in range(1000)]
    # Half of the patches are for the second organ, which only this sample has, and a tenth of the other half.
    assert 0.5 < drawn.count("both") / 1000 < 0.6
    assert len(set(drawn)) == 10

    centres = np.array([trainer.examples.organ_weights[:2]])
    np.testing.assert_allclose(centres, [[0.1, 1.0]])


def test_balancing_needs_an_organ(tmp_path):
    with pytest.raises(ValueError, match="no organ is drawn"):
        Trainer(recipe(balance_organs=True), [blocks("none", SHAPE, (False, False, False))], [], tmp_path)


def test_dropped_organs_are_neither_labelled_nor_marked_as_drawn(tmp_path):
    trainer = Trainer(recipe(organ_dropout=0.5), samples(20), [], tmp_path)
    flags = np.array([sample.annotated for sample in trainer.training])
    assert 0.25 < flags.mean() < 0.75
    for sample in trainer.training:
        assert set(np.unique(sample.labels)) == {0, *(np.flatnonzero(sample.annotated) + 1).tolist()}
    completed = [replace(sample, completed=(True, True, True)) for sample in samples(20)]
    for sample in Trainer(recipe(organ_dropout=0.5), completed, [], tmp_path).training:
        assert sample.completed == sample.annotated
    again = Trainer(recipe(organ_dropout=0.5), samples(20)[::-1], [], tmp_path)
    assert [sample.annotated for sample in again.training] == [sample.annotated for sample in trainer.training][::-1]


def test_weights_are_proportional_to_the_papers(tmp_path):
    partly = [blocks("a"), blocks("b", annotated=(True, False, True)), blocks("c", annotated=(True, False, True))]
    assert Trainer(recipe(), partly, [], tmp_path).weights.tolist() == pytest.approx([3, 1, 3, 1])
    assert Trainer(recipe(background="marginal"), partly, [], tmp_path).weights.tolist() == pytest.approx([1, 1, 3, 1])
