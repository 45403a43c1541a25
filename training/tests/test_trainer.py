import csv
import os
import signal
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ORGANS, blocks

import anatomynet_training
from anatomynet_training import trainer as trainer_module
from anatomynet_training import validation
from anatomynet_training.augmentation import Augmentation
from anatomynet_training.checkpoint import BEST, CHECKPOINT, LAST, restore_checkpoint, save_checkpoint
from anatomynet_training.export import export
from anatomynet_training.learning_curve import draw_learning_curve
from anatomynet_training.losses import LOSSES
from anatomynet_training.networks import build_network
from anatomynet_training.optimisation import learning_rate
from anatomynet_training.progress_table import CURVE
from anatomynet_training.recipe import Recipe, Stage, load_recipe, recipe_from
from anatomynet_training.sample import Sample
from anatomynet_training.spacing_range import spacing_range
from anatomynet_training.trainer import DivergedError, Limits, Trainer
from anatomynet_training.weight_file import ModelDescription, load_weight_file, save_weight_file

PATCHES = Stage(epochs=2, optimiser="adamw", learning_rate=3e-3, final_learning_rate=1e-3, patch=(8, 16, 16))
WHOLE = Stage(epochs=1, optimiser="sgd", learning_rate=1e-3, frozen_statistics=True)


def recipe(**changes) -> Recipe:
    settings = {"network": "AnatomyNet", "stages": (PATCHES, WHOLE), "window": (-1000.0, 1500.0), "average": 0.9}
    return Recipe(**(settings | changes))


SHAPE = (16, 24, 40)


def samples(count: int = 3):
    return [blocks(f"case_{index}", SHAPE, seed=index) for index in range(count)]


def weights_of(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {f"{kind}.{name}": value.clone()
            for kind, network in (("own", trainer.network), ("averaged", trainer.averaged))
            for name, value in network.state_dict().items()}


@pytest.mark.parametrize(("capability", "expected"), [("AVX2", False), ("DEFAULT", False), ("AVX512", True)])
def test_autocast_is_for_processors_with_bfloat16_kernels(tmp_path, monkeypatch, capsys, capability, expected):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert Trainer(recipe(autocast=True), samples(1), [], tmp_path).autocast is expected
    assert ("float32" in capsys.readouterr().out) is not expected
    assert Trainer(recipe(), samples(1), [], tmp_path).autocast is False


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


def test_a_damaged_checkpoint_is_named(tmp_path):
    (tmp_path / CHECKPOINT).write_bytes(b"PK")
    with pytest.raises(ValueError, match=f"{CHECKPOINT}: not a file that a training run wrote"):
        Trainer(recipe(), samples(1), [], tmp_path).run(Limits())


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


def progress_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / CURVE).open() as file:
        return list(csv.DictReader(file))


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


def test_balanced_training_sees_every_organ_equally_often(tmp_path):
    often = [blocks(f"often_{index}", SHAPE, (True, False, False)) for index in range(9)]
    trainer = Trainer(recipe(balance_organs=True), [*often, blocks("both", SHAPE, (True, True, False))], [], tmp_path)
    drawn = [trainer._next_sample(np.random.default_rng(seed)).name for seed in range(1000)]
    # Half of the patches are for the second organ, which only this sample has, and a tenth of the other half.
    assert 0.5 < drawn.count("both") / 1000 < 0.6
    assert len(set(drawn)) == 10

    centres = np.array([trainer.examples.organ_weights[:2]])
    np.testing.assert_allclose(centres, [[0.1, 1.0]])


def test_a_run_that_mirrors_refuses_names_whose_side_it_cannot_exchange_before_it_begins(tmp_path):
    named = [replace(samples(1)[0], organs=("BrainStem", "LeftParotid", "RightParotid"))]
    Trainer(recipe(), named, [], tmp_path)
    with pytest.raises(ValueError, match="LeftParotid, RightParotid"):
        Trainer(recipe(augmentation=Augmentation(mirror=0.5)), named, [], tmp_path)


def test_validation_patients_are_kept_out_of_training(tmp_path):
    with pytest.raises(ValueError, match="both training and validation: case_0, case_2$"):
        Trainer(recipe(), samples(3), [samples(3)[2], blocks("other", SHAPE), samples(1)[0]], tmp_path)


def test_balancing_needs_an_organ(tmp_path):
    with pytest.raises(ValueError, match="no organ is drawn"):
        Trainer(recipe(balance_organs=True), [blocks("none", SHAPE, (False, False, False))], [], tmp_path)


def test_a_checkpoint_from_before_a_setting_existed_goes_on_with_its_default(tmp_path):
    trainer = Trainer(recipe(), samples(2), [], tmp_path)
    save_checkpoint(trainer)
    state = torch.load(tmp_path / CHECKPOINT)
    del state["recipe"]["balance_organs"]
    torch.save(state, tmp_path / CHECKPOINT)
    restore_checkpoint(Trainer(recipe(), samples(2), [], tmp_path))
    with pytest.raises(ValueError, match="another recipe"):
        restore_checkpoint(Trainer(recipe(balance_organs=True), samples(2), [], tmp_path))


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


def test_spacing_range_is_the_samples_where_they_are_resampled_to_one_grid():
    fine = blocks("fine")
    coarse = replace(blocks("coarse"), spacing=(4.0, 2.5, 2.5))
    scaling = Augmentation(affine=0.5, scale=0.1)
    assert spacing_range([fine, coarse], recipe()) == ((3, 2, 2), (4, 2.5, 2.5))
    assert spacing_range([fine, coarse], recipe(augmentation=scaling, spacing=(3.0, 3.0, 3.0))) == (
        (3, 2, 2), (4, 2.5, 2.5))


def test_spacing_range_is_widened_by_the_scaling_where_the_network_sees_the_samples_own_grids():
    fine = blocks("fine")
    coarse = replace(blocks("coarse"), spacing=(4.0, 2.5, 2.5))
    scaling = Augmentation(affine=0.5, scale=0.1)
    assert spacing_range([fine, coarse], recipe(augmentation=scaling)) == ((2.7, 1.8, 1.8), (4.4, 2.75, 2.75))
    assert spacing_range([fine, coarse], recipe(augmentation=replace(scaling, affine=0.0))) == (
        (3, 2, 2), (4, 2.5, 2.5))


def test_learning_rate_follows_half_a_cosine():
    assert learning_rate(PATCHES, 0) == pytest.approx(3e-3)
    assert learning_rate(PATCHES, 0.5) == pytest.approx(2e-3)
    assert learning_rate(PATCHES, 1) == pytest.approx(1e-3)
    assert learning_rate(WHOLE, 0.7) == 1e-3


SHIPPED = sorted(path.stem for path in (Path(anatomynet_training.__file__).parent / "recipes").glob("*.toml"))


def test_the_documented_recipes_are_shipped():
    assert {"paper", "fast-cpu", "phantom", "head-and-neck-7oar"} < set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_recipes_load_and_survive_their_checkpoint(name):
    shipped = load_recipe(name)
    assert recipe_from(shipped.table()) == shipped


def test_paper_recipe_is_the_published_schedule():
    first, second = load_recipe("paper").stages
    assert (first.optimiser, first.learning_rate, first.epochs) == ("rmsprop", 0.002, 150)
    assert (second.optimiser, second.learning_rate, second.epochs) == ("sgd", 0.001, 50)


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


def test_misspelt_settings_are_refused():
    with pytest.raises(ValueError, match="unknown recipe settings: avrage"):
        recipe_from({"network": "AnatomyNet", "window": [0, 1], "avrage": 0.9,
                     "stages": [{"epochs": 1, "optimiser": "sgd", "learning_rate": 1.0}]})


STAGE = {"epochs": 1, "optimiser": "sgd", "learning_rate": 1.0}
MINIMAL = {"network": "AnatomyNet", "window": [-1000, 1500], "stages": [STAGE]}


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"stages": [STAGE | {"optimiser": "adam"}]}, "optimiser is 'adam'; it must be one of rmsprop, sgd, adamw"),
    ({"stages": [STAGE, STAGE | {"optimiser": 3}]}, "optimiser is 3"),
    ({"stages": [{"epochs": 1}]}, "missing stage settings: optimiser, learning_rate"),
    ({"stages": [STAGE | {"epochs": 0}]}, "epochs is 0; it must be above 0"),
    ({"stages": [STAGE | {"epochs": float("inf")}]}, "epochs is inf"),
    ({"stages": [STAGE | {"learning_rate": -1.0}]}, "learning_rate is -1.0"),
    ({"stages": [STAGE | {"learning_rate": "fast"}]}, "learning_rate is 'fast'; it must be above 0"),
    ({"stages": [STAGE | {"final_learning_rate": -1.0}]}, "final_learning_rate"),
    ({"stages": [STAGE | {"patch": [8, 8]}]}, "patch is"),
    ({"stages": [STAGE | {"patch": [8, 8, 7]}]}, "AnatomyNet needs multiples of 2"),
    ({"network": "baseline4Pool", "stages": [STAGE | {"patch": [16, 16, 24]}]}, "baseline4Pool needs multiples of 16"),
    ({"stages": []}, "at least one stage"),
    ({"stages": 3}, "stages is 3; it must be a list of tables"),
    ({"stages": [3]}, "stage is 3; it must be a table"),
    ({"augmentation": True}, "augmentation is True; it must be a table"),
    ({"augmentation": {"mirror": 1.5}}, "mirror is 1.5; it must be from 0 to 1"),
    ({"augmentation": {"scale": 1.0}}, "scale is 1.0"),
    ({"augmentation": {"rotation_degrees": -5}}, "rotation_degrees is -5"),
    ({"window": [1500, -1000]}, "window is"),
    ({"window": [1500]}, "window is"),
    ({"window": 1500}, "window is"),
    ({"spacing": [1.0, 0, 1.0]}, "spacing is"),
    ({"average": 1.0}, "average is 1.0"),
    ({"organ_dropout": -0.1}, "organ_dropout is -0.1"),
    ({"clip_gradient": float("nan")}, "clip_gradient is nan"),
    ({"voxel_limit": 0}, "voxel_limit is 0"),
    ({"validate_every_epochs": 0}, "validate_every_epochs is 0"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_recipes_that_make_no_sense_are_refused(changes, sentence):
    recipe_from(MINIMAL)
    with pytest.raises(ValueError, match=sentence):
        recipe_from(MINIMAL | changes)


def test_a_recipe_without_a_network_or_window_is_refused():
    with pytest.raises(ValueError, match="missing recipe settings: network, window"):
        recipe_from({"stages": [STAGE]})


def test_an_error_in_a_recipe_names_its_file(tmp_path):
    (tmp_path / "mine.toml").write_text("network = ")
    with pytest.raises(ValueError, match="mine.toml: "):
        load_recipe(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text('network = "AnatomyNet"')
    with pytest.raises(ValueError, match="mine.toml: missing recipe settings: window"):
        load_recipe(str(tmp_path / "mine.toml"))


def test_whole_volumes_of_any_extents_suit_a_network_with_four_poolings(tmp_path):
    trainer = Trainer(recipe(network="baseline4Pool", stages=(replace(WHOLE, frozen_statistics=False),)),
                      [blocks("case", (20, 24, 40))], [], tmp_path)
    trainer.run(Limits())
    assert trainer.step == 1


def test_stages_follow_each_other():
    assert recipe().stage_at(0) == (0, 0)
    assert recipe().stage_at(0.5) == (0, pytest.approx(0.75))
    assert recipe().stage_at(0.7)[0] == 1
    assert recipe().stage_at(1) == (1, 1)
