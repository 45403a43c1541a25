"""Training on patches with the squeeze of whole volumes."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from .networks import SqueezeExcitation
from .sample import Sample

MEASURED_FIRST = 4
"""Samples whose means are averaged before the first step."""

STEPS_BETWEEN_MEASUREMENTS = 25
KEPT = 0.8
"""Share of the old means at each further measurement."""


class WholeVolumeSqueeze:
    """What squeeze-and-excitation sees of whole volumes: each block's channel means, averaged over samples.

    A gate depends on the mean over the volume. A patch around an organ has another mean than the volume
    it is from, so a network trained on patches is gated otherwise than at inference. With these means in
    place of the patch's own it is gated nearly as there, at the cost of a patch. They are kept for each
    octave of volume sizes by itself, for the share of air grows with the field of view.
    """

    def __init__(self, network: nn.Module, whole: Callable[[Sample], Tensor]):
        """`whole` makes a sample's whole volume the network's input."""
        self.network = network
        self.modules = [module for module in network.modules() if isinstance(module, SqueezeExcitation)]
        self.whole = whole
        self.means: dict[int, list[Tensor]] = {}
        self.measured_at: dict[int, int] = {}
        """For each octave, the step before which its means were last measured."""

    def follow(self, sample: Sample, training: list[Sample], step: int) -> None:
        """Measures what is missing for `sample`, and now and then again, for the weights change."""
        octave = _octave(sample)
        if octave not in self.means:
            alike = [other for other in training if _octave(other) == octave][:MEASURED_FIRST]
            measured = [self._measure(other) for other in alike]
            self.means[octave] = [torch.stack(means).mean(dim=0) for means in zip(*measured, strict=True)]
            self.measured_at[octave] = step
        elif step - self.measured_at.get(octave, 0) >= STEPS_BETWEEN_MEASUREMENTS:
            self.means[octave] = [
                KEPT * old + (1 - KEPT) * new
                for old, new in zip(self.means[octave], self._measure(sample), strict=True)
            ]
            self.measured_at[octave] = step

    @contextmanager
    def given(self, sample: Sample) -> Iterator[None]:
        """Within, the network is gated by the means kept for volumes like the sample's."""
        for module, mean in zip(self.modules, self.means[_octave(sample)], strict=True):
            module.given_mean = mean
        try:
            yield
        finally:
            for module in self.modules:
                module.given_mean = None

    @torch.no_grad()
    def _measure(self, sample: Sample) -> list[Tensor]:
        means: list[Tensor] = []
        handles = [
            module.register_forward_pre_hook(lambda module, inputs: means.append(module.mean(inputs[0])))
            for module in self.modules
        ]
        try:
            self.network(self.whole(sample))
        finally:
            for handle in handles:
                handle.remove()
        return means


def _octave(sample: Sample) -> int:
    return round(math.log2(sample.labels.size))
