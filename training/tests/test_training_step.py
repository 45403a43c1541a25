"""What one step of training does, and entering a stage."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import PATCHES, SHAPE, WHOLE, blocks, recipe, samples

from anatomynet_training.losses import LOSSES
from anatomynet_training.optimisation import learning_rate
from anatomynet_training.trainer import Trainer


def one_step(trainer: Trainer, fraction: float = 0.0, stage: int = 0) -> float:
    trainer.enter(stage)
    return trainer._train_step(trainer.recipe.stages[stage], fraction)


def test_each_stage_has_its_optimiser(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    for stage, kind in ((0, torch.optim.AdamW), (1, torch.optim.SGD)):
        trainer.enter(stage)
        assert type(trainer.optimiser) is kind


def test_a_step_uses_the_learning_rate_of_its_moment(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    one_step(trainer, fraction=0.5)
    assert [group["lr"] for group in trainer.optimiser.param_groups] == [learning_rate(PATCHES, 0.5)]


@pytest.mark.parametrize("clip", [0.0, 1e-3])
def test_gradients_are_clipped_where_the_recipe_says_so(tmp_path, clip):
    trainer = Trainer(recipe(clip_gradient=clip), samples(1), [], tmp_path)
    one_step(trainer)
    norm = torch.stack([value.grad.norm() for value in trainer.network.parameters()]).norm().item()
    assert norm == pytest.approx(clip, rel=1e-3) if clip else norm > 0.01


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (1000, 0.9)])
def test_a_step_moves_the_average_a_part_of_the_way(tmp_path, step, decay):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    trainer.step = step
    before = {name: value.clone() for name, value in trainer.averaged.state_dict().items()}
    one_step(trainer)
    own, averaged = trainer.network.state_dict(), trainer.averaged.state_dict()
    for name in ("conv1.weight", "bn1.running_mean"):
        assert not torch.equal(own[name], before[name])
        torch.testing.assert_close(averaged[name], decay * before[name] + (1 - decay) * own[name])


@pytest.mark.parametrize(("background", "supervised"), [("masked", 0), ("marginal", 1)])
def test_a_step_merges_missing_organs_into_the_background_where_the_recipe_says_so(
        tmp_path, monkeypatch, background, supervised):
    seen = {}
    dice_and_focal = LOSSES["dice_and_focal"]

    def loss(p, truth, mask, weights):
        seen.update(p=p.detach(), mask=mask)
        return dice_and_focal(p, truth, mask, weights)

    monkeypatch.setitem(LOSSES, "dice_and_focal", loss)
    one_step(Trainer(recipe(background=background), [blocks("partly", SHAPE, (True, False, True))], [], tmp_path))
    assert seen["mask"].tolist() == [[supervised, 1, 0, 1]]
    missing = seen["p"][:, 2] if background == "marginal" else 0
    torch.testing.assert_close(seen["p"].sum(dim=1), torch.ones_like(seen["p"][:, 0]) + missing)


def test_a_frozen_stage_begins_with_the_averaged_statistics_and_keeps_them(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    for buffer in trainer.averaged.buffers():
        if buffer.is_floating_point():
            buffer.copy_(torch.rand_like(buffer) + 0.5)
    expected = {name: buffer.clone() for name, buffer in trainer.averaged.named_buffers()}
    one_step(trainer, stage=1)
    found = dict(trainer.network.named_buffers())
    assert all(torch.equal(found[name], buffer) for name, buffer in expected.items())


def test_a_stage_that_is_not_frozen_follows_its_examples_statistics(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    before = trainer.network.bn1.running_mean.clone()
    one_step(trainer)
    assert not torch.equal(trainer.network.bn1.running_mean, before)


@pytest.mark.parametrize(("crop", "shape"), [(False, (40, 24, 40)), (True, (34, 24, 40))])
def test_samples_are_cropped_to_the_body_where_the_recipe_says_so(tmp_path, crop, shape):
    sample = blocks("tall", (40, 24, 40))
    sample.intensities[30:] = -1024
    trainer = Trainer(recipe(crop_to_body=crop), [sample], [], tmp_path)
    assert trainer.training[0].intensities.shape == trainer.training[0].labels.shape == shape


def test_a_stage_on_patches_draws_patches_and_one_without_whole_volumes(tmp_path):
    trainer = Trainer(recipe(stages=(PATCHES, replace(WHOLE, frozen_statistics=False))), samples(1), [], tmp_path)
    seen = []
    trainer.network.register_forward_pre_hook(lambda _, inputs: seen.append(tuple(inputs[0].shape[2:])))
    one_step(trainer, stage=0)
    one_step(trainer, stage=1)
    assert seen == [PATCHES.patch, SHAPE]


def test_an_epoch_has_every_sample_once_in_an_order_of_its_own(tmp_path):
    trainer = Trainer(recipe(), samples(5), [], tmp_path)
    orders = []
    for epoch in range(3):
        names = []
        for trainer.step in range(5 * epoch, 5 * epoch + 5):
            names.append(trainer._next_sample(np.random.default_rng(0)).name)
        assert sorted(names) == [f"case_{index}" for index in range(5)]
        orders.append(tuple(names))
    assert len(set(orders)) > 1
