"""Runs that stop and go on, or start from weights."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import ORGANS, PATCHES, SHAPE, WHOLE, blocks, progress_rows, recipe, samples

from anatomynet_training import validation
from anatomynet_training.checkpoint import CHECKPOINT, restore_checkpoint, save_checkpoint
from anatomynet_training.networks import build_network
from anatomynet_training.progress_table import CURVE
from anatomynet_training.recipe import Stage
from anatomynet_training.trainer import Limits, Trainer
from anatomynet_training.weight_file import ModelDescription, load_weight_file, save_weight_file


def weights_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {f"{kind}.{name}": value.clone()
            for kind, network in (("own", trainer.network), ("averaged", trainer.averaged))
            for name, value in network.state_dict().items()}


SQUEEZED = Stage(epochs=2, optimiser="adamw", learning_rate=1e-3, patch=(8, 16, 16), frozen_statistics=True,
                 whole_volume_squeeze=True)


@pytest.mark.parametrize("first_stage", [PATCHES, SQUEEZED])
def test_interrupted_run_ends_with_the_weights_of_an_uninterrupted_one(tmp_path, first_stage):
    stages = (first_stage, WHOLE)
    whole = Trainer(recipe(stages=stages), samples(2), [], tmp_path / "whole")
    whole.run(Limits())
    for stop_at in (1, 4, 5):
        folder = tmp_path / f"stopped_at_{stop_at}"
        first = Trainer(recipe(stages=stages), samples(2), [], folder)
        train_step = first._train_step

        def step_then_stop(*arguments, first=first, train_step=train_step, stop_at=stop_at):
            if first.step + 1 == stop_at:
                first.stop_requested = True
            return train_step(*arguments)

        first._train_step = step_then_stop
        first.run(Limits())
        assert first.step == stop_at
        second = Trainer(recipe(stages=stages), samples(2), [], folder)
        second.run(Limits())
        assert second.step == whole.step == 6
        expected, found = weights_of(whole), weights_of(second)
        assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_other_recipe_cannot_go_on_with_a_run(tmp_path):
    Trainer(recipe(), samples(1), [], tmp_path).run(Limits())
    with pytest.raises(ValueError, match="another recipe"):
        Trainer(recipe(average=0.5), samples(1), [], tmp_path).run(Limits())


def test_a_run_goes_on_only_with_its_own_seed_organs_and_samples(tmp_path):
    Trainer(recipe(), samples(1), [], tmp_path).run(Limits())
    renamed = replace(samples(1)[0], organs=("BrainStem", "Parotid_R", "Parotid_L"))
    for training, seed, what in ((samples(1), 1, "seed"), ([renamed], 0, "list of organs"),
                                 (samples(2), 0, "list of training samples")):
        with pytest.raises(ValueError, match=f"{tmp_path} holds a run with another {what}"):
            Trainer(recipe(), training, [], tmp_path, seed).run(Limits())
    Trainer(recipe(), samples(1), [], tmp_path).run(Limits())


def changed(**changes):
    sample = samples(1)[0]
    return [replace(sample, **{name: change(getattr(sample, name)) for name, change in changes.items()})]


def test_a_run_goes_on_only_with_its_samples_as_they_were(tmp_path):
    def trainer(training, validation=()):
        return Trainer(recipe(), training, list(validation), tmp_path)

    save_checkpoint(trainer(samples(1)))
    for training in (changed(intensities=lambda voxels: voxels + (voxels == 600)),
                     changed(labels=lambda labels: labels[::-1].copy()),
                     changed(annotated=lambda _: (True, True, False)),
                     changed(completed=lambda _: (False, True, False)),
                     changed(spacing=lambda _: (3.0, 2.0, 2.5))):
        with pytest.raises(ValueError, match="another content of the training samples"):
            restore_checkpoint(trainer(training))
    with pytest.raises(ValueError, match="another list of validation samples"):
        restore_checkpoint(trainer(samples(1), [blocks("validation", SHAPE)]))
    restore_checkpoint(trainer(changed(intensities=np.asfortranarray)))


def weight_file(path, organs, network="AnatomyNet"):
    description = ModelDescription(network, ("background", *organs), (-1000.0, 1500.0), None)
    save_weight_file(path, build_network(network, len(organs) + 1).state_dict(), description)
    return path


def test_a_run_starts_from_the_weights_of_a_file(tmp_path):
    path = weight_file(tmp_path / "m.safetensors", ORGANS)
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    trainer.start_from(path)
    weights, _ = load_weight_file(path)
    for network in (trainer.network, trainer.averaged):
        assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_a_run_cannot_start_from_weights_for_other_organs_or_of_another_network(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    with pytest.raises(ValueError, match="other.safetensors is for the organs A, B, C; the samples have BrainStem"):
        trainer.start_from(weight_file(tmp_path / "other.safetensors", ("A", "B", "C")))
    with pytest.raises(ValueError, match="unet.safetensors: the tensors are not those of AnatomyNet for 4 classes"):
        trainer.start_from(weight_file(tmp_path / "unet.safetensors", ORGANS, "baseline"))


def test_a_run_goes_on_with_the_weights_it_started_from_or_without_naming_them(tmp_path):
    own, other = (weight_file(tmp_path / name, ORGANS) for name in ("own.safetensors", "other.safetensors"))

    def trainer(folder, start):
        made = Trainer(recipe(), samples(1), [], tmp_path / folder)
        if start:
            made.start_from(start)
        made.folder.mkdir(exist_ok=True)
        return made

    save_checkpoint(trainer("started", own))
    save_checkpoint(trainer("random", None))
    for folder in ("started", "random"):
        with pytest.raises(ValueError, match=f"{folder} holds a run with another file of start weights"):
            restore_checkpoint(trainer(folder, other))
    restore_checkpoint(trainer("started", own))
    unnamed = trainer("started", None)
    restore_checkpoint(unnamed)
    save_checkpoint(unnamed)
    restore_checkpoint(trainer("started", own))
    with pytest.raises(ValueError, match="another file of start weights"):
        restore_checkpoint(trainer("started", other))


def test_a_run_that_goes_on_knows_when_squeeze_means_were_measured(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    trainer.squeeze.measured_at = {14: 30}
    save_checkpoint(trainer)
    again = Trainer(recipe(), samples(1), [], tmp_path)
    restore_checkpoint(again)
    assert again.squeeze.measured_at == {14: 30}


def test_a_checkpoint_of_an_earlier_version_goes_on(tmp_path, capsys):
    save_checkpoint(Trainer(recipe(), samples(1), [], tmp_path))
    state = torch.load(tmp_path / CHECKPOINT)
    for name in ("validation", "content", "start_weights", "loss_sum", "loss_count", "squeeze_measured_at"):
        del state[name]
    torch.save(state, tmp_path / CHECKPOINT)
    trainer = Trainer(recipe(), samples(1), [blocks("validation", SHAPE)], tmp_path)
    trainer.start_from(weight_file(tmp_path / "m.safetensors", ORGANS))
    restore_checkpoint(trainer)
    assert "start weights count at the beginning of a run alone" in capsys.readouterr().out
    assert all(torch.equal(value, state["network"][name]) for name, value in trainer.network.state_dict().items())


def test_a_checkpoint_from_before_a_setting_existed_goes_on_with_its_default(tmp_path):
    trainer = Trainer(recipe(), samples(2), [], tmp_path)
    save_checkpoint(trainer)
    state = torch.load(tmp_path / CHECKPOINT)
    del state["recipe"]["balance_organs"]
    torch.save(state, tmp_path / CHECKPOINT)
    restore_checkpoint(Trainer(recipe(), samples(2), [], tmp_path))
    with pytest.raises(ValueError, match="another recipe"):
        restore_checkpoint(Trainer(recipe(balance_organs=True), samples(2), [], tmp_path))


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"PK")
    with pytest.raises(ValueError, match=f"{CHECKPOINT}: not a file that a training run wrote"):
        Trainer(recipe(), samples(1), [], tmp_path).run(Limits())


def with_losses(trainer: Trainer, stop_at: int | None = None) -> Trainer:
    """The trainer, but that a step only counts: its loss is the step's number."""

    def step(*_):
        trainer.stop_requested = trainer.step + 1 == stop_at
        return float(trainer.step)

    trainer._train_step = step
    return trainer


def test_the_loss_of_a_validation_is_the_mean_since_the_one_before_however_often_interrupted(tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "segment", lambda network, sample, *_, **__: sample.labels)
    settings = recipe(stages=(replace(PATCHES, epochs=6),), validate_every_epochs=3)
    for stops in ([], [1, 4, 5]):
        folder = tmp_path / str(len(stops))
        for stop_at in [*stops, None]:
            with_losses(Trainer(settings, samples(1), [blocks("v", SHAPE)], folder), stop_at).run(Limits())
        assert [(row["step"], row["loss"]) for row in progress_rows(folder)] == [("3", "1.0"), ("6", "4.0")]


def test_progress_later_than_the_checkpoint_is_dropped_and_written_again(tmp_path, monkeypatch):
    monkeypatch.setattr(validation, "segment", lambda network, sample, *_, **__: sample.labels)
    settings = recipe(stages=(replace(PATCHES, epochs=3),), validate_every_epochs=1)

    def trainer(stop_at=None):
        return with_losses(Trainer(settings, samples(1), [blocks("v", SHAPE)], tmp_path), stop_at)

    trainer(stop_at=1).run(Limits())
    early = (tmp_path / CHECKPOINT).read_bytes()
    trainer().run(Limits())
    whole = (tmp_path / CURVE).read_text()
    assert [row["step"] for row in progress_rows(tmp_path)] == ["1", "2", "3"]
    # As a kill leaves it, the last row half written.
    (tmp_path / CURVE).write_text(whole[:-20])
    (tmp_path / CHECKPOINT).write_bytes(early)
    trainer().run(Limits())
    assert (tmp_path / CURVE).read_text() == whole
    (tmp_path / CHECKPOINT).unlink()
    trainer().run(Limits())
    assert (tmp_path / CURVE).read_text() == whole
