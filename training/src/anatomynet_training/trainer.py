"""The training loop: resumable at any moment, and honest about how far it is."""

import copy
import hashlib
import math
import signal
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from .augmentation import Examples
from .checkpoint import CHECKPOINT, restore_checkpoint, save_best, save_checkpoint
from .losses import LOSSES, merge_missing_into_background
from .mirroring import mirrored_classes
from .networks import build_network, freeze_batch_statistics, pad_at_high_end
from .optimisation import learning_rate, make_optimiser
from .precision import has_bfloat16_kernels
from .preprocessing import prepare
from .progress_table import CURVE, append_row, drop_rows_after
from .recipe import Recipe, Stage
from .run_identity import identity_of
from .sample import BODY_MARGIN, Sample, body_box
from .spacing_range import spacing_range
from .squeeze import WholeVolumeSqueeze
from .supervision import loss_weights, organ_rarity, with_organs_dropped
from .validation import validation_scores
from .weight_file import load_weight_file
from .weight_metadata import class_names


@dataclass
class Limits:
    """Where a run ends; the recipe's epochs where nothing is given."""

    minutes: float | None = None
    """Wall-clock time from now. The recipe's stages share what is left of the run in proportion to their epochs."""
    checkpoint_minutes: float = 3.0


class DivergedError(RuntimeError):
    """Loss or gradient are no longer numbers; what is on disk is from before."""


class Trainer:
    """Trains one network on prepared samples, in one folder that holds all its state.

    The folder receives `checkpoint.pt` (everything needed to go on), `last.pt` (the averaged weights
    of the same moment), `best.pt` (those with the best mean validation DSC, where anything was
    validated) and `progress.csv`.
    """

    def __init__(self, recipe: Recipe, training: list[Sample], validation: list[Sample], folder: Path, seed: int = 0):
        """`training` and `validation` are samples as they were read, in their original grids.

        Only what somebody drew is validated; what was completed is only trained on.
        """
        if not training:
            raise ValueError("no training samples")
        for sample in (*training, *validation):
            if sample.organs != training[0].organs:
                raise ValueError(f"{sample.name}: organs {sample.organs} differ from {training[0].organs}")
        if common := {sample.name for sample in training} & {sample.name for sample in validation}:
            raise ValueError(f"samples of both training and validation: {', '.join(sorted(common))}")
        if recipe.augmentation.mirror:
            mirrored_classes(training[0].organs)  # Refuses names now that it would refuse in some step.
        self.recipe = recipe
        self.spacing_range = spacing_range(training, recipe)
        self.training = [
            with_organs_dropped(self._prepared(sample), recipe.organ_dropout, seed) for sample in training
        ]
        self.validation = validation
        self.folder = folder
        self.seed = seed
        self.organs = training[0].organs
        self.identity = identity_of(seed, training, validation)
        self.start_weights: str | None = None
        """SHA-256 of the weight file that the run began with."""
        torch.manual_seed(seed)
        self.network = build_network(recipe.network, len(self.organs) + 1).to(memory_format=torch.channels_last_3d)
        multiple = self.network.architecture.padding_multiple
        self.organ_weights = organ_rarity(self.training) if recipe.balance_organs else None
        self.examples = Examples(recipe.preprocessing, recipe.augmentation, recipe.voxel_limit, multiple,
                                 self.organ_weights)
        self._report_cut_volumes()
        self.averaged = copy.deepcopy(self.network).eval()
        self.squeeze = WholeVolumeSqueeze(self.network, self._whole_volume)
        self.weights = loss_weights(self.training, recipe.background)
        self.autocast = recipe.autocast and has_bfloat16_kernels()
        if recipe.autocast and not self.autocast:
            print("this processor has no bfloat16 kernels: computing in float32", flush=True)
        self.optimiser: torch.optim.Optimizer | None = None
        self.stage_index = -1
        self.step = 0
        self.progress = 0.0
        self.best = -1.0
        self.next_validation = recipe.validate_every_epochs
        # Of the steps since the last validation.
        self.loss_sum, self.loss_count = 0.0, 0
        self.stop_requested = False

    def _prepared(self, sample: Sample) -> Sample:
        prepared = prepare(sample, self.recipe.preprocessing)
        return prepared.cropped(body_box(prepared.intensities, BODY_MARGIN)) if self.recipe.crop_to_body else prepared

    def _report_cut_volumes(self) -> None:
        if all(stage.patch for stage in self.recipe.stages):
            return
        for sample in self.training:
            depth, kept = len(sample.labels), self.examples.slices_of_whole(sample.labels.shape)
            if kept < depth:
                height = sample.spacing[0]
                print(f"{sample.name}: cut to {kept} of its {depth} slices "
                      f"({kept * height:.0f} of {depth * height:.0f} mm) in each step on whole volumes, "
                      f"for voxel_limit is {self.recipe.voxel_limit}", flush=True)

    def _whole_volume(self, sample: Sample) -> torch.Tensor:
        intensities = self.recipe.preprocessing.intensities(torch.from_numpy(sample.intensities.astype(np.float32)))
        padded = pad_at_high_end(intensities[None, None], self.network.architecture.padding_multiple)
        return padded.to(memory_format=torch.channels_last_3d)

    def start_from(self, weight_file: Path) -> None:
        """Starts from the weights of a file instead of random ones.

        ValueError where they are another network's, or the classes that the file names other organs.
        """
        state, metadata = load_weight_file(weight_file)
        organs = class_names(metadata)[1:]
        if organs and organs != self.organs:
            raise ValueError(
                f"{weight_file} is for the organs {', '.join(organs)}; the samples have {', '.join(self.organs)}"
            )
        try:
            self.network.load_state_dict(state)
        except RuntimeError as error:
            raise ValueError(
                f"{weight_file}: the tensors are not those of {self.recipe.network} for {len(self.organs) + 1} classes"
            ) from error
        self.averaged.load_state_dict(state)
        self.start_weights = hashlib.sha256(weight_file.read_bytes()).hexdigest()

    def run(self, limits: Limits) -> None:
        """Trains until the recipe or the time is done, or SIGTERM or SIGINT asks to stop; then checkpoints."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if (self.folder / CHECKPOINT).exists():
            restore_checkpoint(self)
            print(f"resumed at step {self.step}, {100 * self.progress:.1f} %", flush=True)
        drop_rows_after(self.folder / CURVE, self.step)
        previous = {name: signal.signal(name, self._request_stop) for name in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._loop(limits)
        finally:
            for name, handler in previous.items():
                signal.signal(name, handler)
        save_checkpoint(self)

    def _loop(self, limits: Limits) -> None:
        began, progress_at_start, step_at_start = time.time(), self.progress, self.step
        total_steps = math.ceil(self.recipe.epochs * len(self.training))
        saved, reported, unreported = began, began, []
        while self.progress < 1 and not self.stop_requested:
            index, fraction = self.recipe.stage_at(self.progress)
            self.enter(index)
            loss = self._train_step(self.recipe.stages[index], fraction)
            self.step += 1
            self.loss_sum += loss
            self.loss_count += 1
            unreported.append(loss)
            now = time.time()
            if limits.minutes is None:
                self.progress = min(1.0, self.step / total_steps)
            else:
                share = (now - began) / (60 * limits.minutes)
                self.progress = min(1.0, progress_at_start + (1 - progress_at_start) * share)
            if now - reported > 30:
                done = (self.progress - progress_at_start) or 1e-9
                remaining = (now - began) * (1 - self.progress) / done
                rate = (now - began) / (self.step - step_at_start)
                print(
                    f"step {self.step}  {100 * self.progress:.1f} %  stage {index + 1}  "
                    f"loss {np.mean(unreported):.4f}  {rate:.2f} s/step  {remaining / 60:.0f} min left",
                    flush=True,
                )
                reported, unreported = now, []
            epoch = self.step / len(self.training)
            if self.validation and (epoch >= self.next_validation or self.progress >= 1):
                self.next_validation = epoch + self.recipe.validate_every_epochs
                self._validate()
            if time.time() - saved > 60 * limits.checkpoint_minutes:
                save_checkpoint(self)
                saved = time.time()

    def _train_step(self, stage: Stage, fraction: float) -> float:
        generator = np.random.default_rng([self.seed, self.step])
        sample = self._next_sample(generator)
        intensities, labels, mask = self.examples.draw(sample, stage.patch, generator)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(stage, fraction)
        intensities = intensities.to(memory_format=torch.channels_last_3d)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.autocast), self._gating(stage, sample):
            logits = self.network(intensities)
        p = logits.float().softmax(dim=1)
        if self.recipe.background == "marginal":
            p, mask = merge_missing_into_background(p, mask)
        loss = LOSSES[self.recipe.loss](p, labels, mask, self.weights)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_gradient or math.inf)
        # Before the weights and their average take it in, and a checkpoint them.
        if not (loss.isfinite() and norm.isfinite()):
            raise self._diverged(sample, f"loss {loss.item():g}, gradient norm {norm.item():g}")
        self.optimiser.step()
        if not all(value.isfinite().all() for value in self.network.state_dict().values()):
            raise self._diverged(sample, f"loss {loss.item():g}, weights or statistics that are not finite")
        self._average()
        return loss.item()

    def _next_sample(self, generator: np.random.Generator) -> Sample:
        if self.organ_weights is not None:
            chances = np.array([sample.annotated for sample in self.training]) @ self.organ_weights
            return self.training[generator.choice(len(self.training), p=chances / chances.sum())]
        order = np.random.default_rng([self.seed, self.step // len(self.training)]).permutation(len(self.training))
        return self.training[order[self.step % len(self.training)]]

    def _diverged(self, sample: Sample, what: str) -> DivergedError:
        return DivergedError(f"step {self.step}, sample {sample.name}, stage {self.stage_index + 1}: {what}; "
                             f"the run stops, {self.folder} holds its state from before")

    def _gating(self, stage: Stage, sample: Sample) -> AbstractContextManager[None]:
        if not stage.whole_volume_squeeze:
            return nullcontext()
        self.squeeze.follow(sample, self.training, self.step)
        return self.squeeze.given(sample)

    @torch.no_grad()
    def _average(self) -> None:
        # A short average first, or the start would linger in it for a thousand steps.
        decay = min(self.recipe.average, (1 + self.step) / (10 + self.step))
        own = self.network.state_dict()
        for name, value in self.averaged.state_dict().items():
            if value.is_floating_point():
                value.lerp_(own[name], 1 - decay)
            else:
                value.copy_(own[name])

    def enter(self, index: int) -> None:
        """Makes what a stage needs, unless the trainer is in it."""
        if index == self.stage_index:
            return
        stage = self.recipe.stages[index]
        self.optimiser = make_optimiser(stage, self.network)
        self.network.train()
        if stage.frozen_statistics:
            # The last few examples' statistics are noise; the average over hundreds is what inference uses.
            averaged = dict(self.averaged.named_buffers())
            for name, buffer in self.network.named_buffers():
                buffer.copy_(averaged[name])
            freeze_batch_statistics(self.network)
        self.stage_index = index

    def _validate(self) -> None:
        scores = validation_scores(self.averaged, self.validation, self.recipe, self.autocast)
        means = {organ: float(np.nanmean(values)) if np.isfinite(values).any() else math.nan
                 for organ, values in scores.items()}
        found = [value for value in means.values() if math.isfinite(value)]
        mean = float(np.mean(found)) if found else math.nan
        print(f"validation at step {self.step}: mean {mean:.4f}  "
              + "  ".join(f"{organ} {value:.3f}" for organ, value in means.items()), flush=True)
        row = {
            "step": self.step,
            "epoch": round(self.step / len(self.training), 3),
            "progress": round(self.progress, 5),
            "learning_rate": self.optimiser.param_groups[0]["lr"],
            "loss": self.loss_sum / self.loss_count,
            "mean_dsc": mean,
            **means,
        }
        append_row(self.folder / CURVE, row)
        self.loss_sum, self.loss_count = 0.0, 0
        if mean > self.best:
            self.best = mean
            save_best(self, means)

    def _request_stop(self, *_: Any) -> None:
        self.stop_requested = True
