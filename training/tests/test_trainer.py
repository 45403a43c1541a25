import os
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import ORGANS, PATCHES, SHAPE, WHOLE, blocks, progress_rows, recipe, samples

from anatomynet_training import trainer as trainer_module
from anatomynet_training import validation
from anatomynet_training.augmentation import Augmentation
from anatomynet_training.checkpoint import BEST, CHECKPOINT, LAST
from anatomynet_training.export import export
from anatomynet_training.learning_curve import draw_learning_curve
from anatomynet_training.losses import LOSSES
from anatomynet_training.progress_table import CURVE
from anatomynet_training.recipe import Stage, load_recipe
from anatomynet_training.sample import Sample
from anatomynet_training.trainer import DivergedError, Limits, Trainer
from anatomynet_training.weight_file import load_weight_file


@pytest.mark.parametrize(("capability", "expected"), [("AVX2", False), ("DEFAULT", False), ("AVX512", True)])
def test_autocast_is_for_processors_with_bfloat16_kernels(tmp_path, monkeypatch, capsys, capability, expected):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert Trainer(recipe(autocast=True), samples(1), [], tmp_path).autocast is expected
    assert ("float32" in capsys.readouterr().out) is not expected
    assert Trainer(recipe(), samples(1), [], tmp_path).autocast is False


def test_termination_signal_saves_a_checkpoint(tmp_path):
    trainer = Trainer(recipe(stages=(Stage(1e6, "adamw", 1e-3, patch=(8, 8, 8)),)), samples(), [], tmp_path)
    before = signal.getsignal(signal.SIGTERM)
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM)).start()
    trainer.run(Limits())
    assert 0 < trainer.step < 1e6
    assert torch.load(tmp_path / CHECKPOINT, weights_only=True)["step"] == trainer.step
    assert signal.getsignal(signal.SIGTERM) == before


def test_time_limit_shortens_every_stage(tmp_path):
    trainer = Trainer(recipe(stages=(Stage(1e6, "adamw", 1e-3, patch=(8, 8, 8)),)), samples(), [], tmp_path)
    trainer.run(Limits(minutes=1 / 60))
    assert trainer.progress == 1 and trainer.step < 1e4


def test_learns_the_organs_of_one_volume(tmp_path):
    """From scratch to a validated, exportable, better-than-chance network within seconds."""
    stage = Stage(epochs=60, optimiser="adamw", learning_rate=1e-2, final_learning_rate=1e-3)
    trainer = Trainer(recipe(stages=(stage,), average=0.6, background="marginal", validate_every_epochs=30),
                      samples(1), [blocks("validation", SHAPE, seed=1)], tmp_path)
    trainer.run(Limits())
    best = torch.load(tmp_path / BEST, weights_only=True)
    assert np.mean(list(best["validation"].values())) > 0.4
    assert best["organs"] == list(ORGANS)
    assert best["spacing_range"] == [[3.0, 2.0, 2.0], [3.0, 2.0, 2.0]]
    rows = progress_rows(tmp_path)
    assert len(rows) == 2 and set(ORGANS) < set(rows[0])
    draw_learning_curve(tmp_path / CURVE, tmp_path / "curve.png")
    assert (tmp_path / "curve.png").stat().st_size > 1000


def test_a_run_without_validation_can_be_exported(tmp_path):
    trainer = Trainer(recipe(), samples(1), [], tmp_path)
    trainer.run(Limits())
    assert not (tmp_path / BEST).exists()
    export(tmp_path / LAST, tmp_path / "model.safetensors", "none", "Boxes.")
    weights, metadata = load_weight_file(tmp_path / "model.safetensors")
    assert all(torch.equal(weights[name], value) for name, value in trainer.averaged.state_dict().items())
    assert metadata["anatomynet.spacing_minimum"] == "2,2,3"


@pytest.mark.filterwarnings("error")
def test_a_run_whose_validation_shows_no_organ_can_be_exported(tmp_path):
    undrawn = blocks("undrawn", SHAPE, annotated=(False, False, False))
    Trainer(recipe(), samples(1), [undrawn], tmp_path).run(Limits())
    assert not (tmp_path / BEST).exists()
    export(tmp_path / LAST, tmp_path / "model.safetensors", "none", "Boxes.")


@pytest.mark.filterwarnings("error")
def test_an_organ_that_a_validation_sample_neither_has_nor_was_found_in_is_in_no_mean(tmp_path, monkeypatch):
    first, second = blocks("first", SHAPE), blocks("second", SHAPE)
    second.labels[second.labels == 2] = 0
    for sample in (first, second):
        sample.labels[sample.labels == 3] = 0
    labels = np.where(second.labels == 1, 1, 0)  # Parotid_L is missed in the one sample that has it.
    monkeypatch.setattr(validation, "segment", lambda network, sample, *_, **__: labels)
    Trainer(recipe(), samples(1), [first, second], tmp_path).run(Limits())
    row = progress_rows(tmp_path)[-1]
    assert [row[organ] for organ in ORGANS] == ["1.0", "0.0", "nan"]
    assert row["mean_dsc"] == "0.5"


@pytest.mark.parametrize("spoil", ["loss", "gradient"])
@pytest.mark.parametrize("clip", [0.0, 2.0])
def test_a_run_that_diverges_stops_before_anything_is_spoilt(tmp_path, monkeypatch, spoil, clip):
    settings = recipe(stages=(replace(PATCHES, epochs=6),), clip_gradient=clip)
    trainer = Trainer(settings, samples(2), [], tmp_path)
    dice_and_focal = LOSSES["dice_and_focal"]

    def loss(*arguments):
        value = dice_and_focal(*arguments)
        if trainer.step < 3:
            return value
        # The gradient of a square root at zero is infinite, its value is not.
        return value * float("nan") if spoil == "loss" else value + (value - value.detach()).abs().sqrt()

    monkeypatch.setitem(LOSSES, "dice_and_focal", loss)
    with pytest.raises(DivergedError, match=r"step 3, sample case_[01], stage 1: loss .*, gradient norm"):
        trainer.run(Limits(checkpoint_minutes=0))
    assert trainer.step == 3
    for state in (trainer.averaged.state_dict(), *(torch.load(tmp_path / name)[key] for name, key in
                  ((CHECKPOINT, "network"), (CHECKPOINT, "averaged"), (LAST, "weights")))):
        assert all(torch.isfinite(value).all() for value in state.values())
    assert torch.load(tmp_path / CHECKPOINT)["step"] == 3


def test_an_update_that_makes_weights_infinite_reaches_neither_average_nor_checkpoint(tmp_path, monkeypatch):
    trainer = Trainer(recipe(stages=(replace(PATCHES, epochs=6),)), samples(2), [], tmp_path)

    def overflowing(stage, network):
        optimiser = torch.optim.SGD(network.parameters(), lr=0.0)

        def overflow(*_):
            if trainer.step == 3:
                next(network.parameters()).data.fill_(float("inf"))

        optimiser.register_step_post_hook(overflow)
        return optimiser

    monkeypatch.setattr(trainer_module, "make_optimiser", overflowing)
    with pytest.raises(DivergedError, match="step 3, sample case_[01], stage 1: loss .*, weights or statistics"):
        trainer.run(Limits(checkpoint_minutes=0))
    for state in (trainer.averaged.state_dict(), torch.load(tmp_path / CHECKPOINT)["network"]):
        assert all(torch.isfinite(value).all() for value in state.values())


def test_a_run_that_mirrors_refuses_names_whose_side_it_cannot_exchange_before_it_begins(tmp_path):
    named = [replace(samples(1)[0], organs=("BrainStem", "LeftParotid", "RightParotid"))]
    Trainer(recipe(), named, [], tmp_path)
    with pytest.raises(ValueError, match="LeftParotid, RightParotid"):
        Trainer(recipe(augmentation=Augmentation(mirror=0.5)), named, [], tmp_path)


def test_validation_patients_are_kept_out_of_training(tmp_path):
    with pytest.raises(ValueError, match="both training and validation: case_0, case_2$"):
        Trainer(recipe(), samples(3), [samples(3)[2], blocks("other", SHAPE), samples(1)[0]], tmp_path)


def test_paper_recipe_keeps_a_head_and_neck_volume_whole(tmp_path, capsys):
    """Of the paper's average extents, 178 x 302 x 225, in a field of view that is half as large again."""
    intensities = np.full((190, 340, 280), -1024, np.int16)
    intensities[6:176, 20:314, 30:247] = 0
    paper = load_recipe("paper")
    patient = Sample("patient", intensities, np.zeros(intensities.shape, np.uint8), (), (), paper.spacing)
    trainer = Trainer(paper, [patient], [], tmp_path)
    assert trainer.training[0].labels.shape == (178, 302, 225)
    drawn, _, _ = trainer.examples.draw(trainer.training[0], None, np.random.default_rng(0))
    assert drawn.shape[2:] == (184, 304, 232)
    assert "patient" not in capsys.readouterr().out


def test_volumes_that_are_cut_to_the_voxel_limit_are_reported(tmp_path, capsys):
    whole = replace(WHOLE, frozen_statistics=False)
    limited = {"voxel_limit": 10 * 24 * 40, "spacing": (3.0, 2.0, 2.0)}
    training = [blocks("tall", SHAPE), blocks("short", (10, 24, 40))]
    Trainer(recipe(stages=(PATCHES, whole), **limited), training, [], tmp_path)
    assert capsys.readouterr().out == (
        "tall: cut to 10 of its 16 slices (30 of 48 mm) in each step on whole volumes, for voxel_limit is 9600\n")
    Trainer(recipe(stages=(PATCHES,), **limited), training, [], tmp_path)
    assert capsys.readouterr().out == ""


def test_whole_volumes_of_any_extents_suit_a_network_with_four_poolings(tmp_path):
    trainer = Trainer(recipe(network="baseline4Pool", stages=(replace(WHOLE, frozen_statistics=False),)),
                      [blocks("case", (20, 24, 40))], [], tmp_path)
    trainer.run(Limits())
    assert trainer.step == 1
