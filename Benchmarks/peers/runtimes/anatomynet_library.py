"""This library through its C interface. A run is a whole `anatomynet_segment`: HU in, labels out."""

from __future__ import annotations

import anatomynet
import numpy as np
from numpy.typing import NDArray

from .. import machine
from ..worker import Settings


class Library:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Even extents, as its peers are given.
        self._model = anatomynet.Model(
            settings.weights,
            padding_multiple=2,
            instruction_set=settings.instruction_set,
            keep_memory=settings.keep_memory,
        )

    def describe(self) -> dict[str, str]:
        chosen = self._settings.instruction_set
        return {
            "version": machine.stamp(anatomynet.version()),
            "threads": str(self._settings.threads),
            "precision": f"float32 arithmetic, {self._settings.precision} storage",
            "instruction set": anatomynet.instruction_set() if chosen == "best" else f"{chosen} (load option)",
        }

    def give(self, units: NDArray[np.int16]) -> None:
        self._units = units

    def run(self) -> None:
        self._segment(None)

    def logits(self) -> NDArray[np.float64]:
        # The C interface gives probabilities; their logarithms are the logits less a constant a voxel.
        probabilities = np.empty((len(self._model.class_names), *self._units.shape), np.float32)
        self._segment(probabilities)
        return np.log(probabilities, dtype=np.float64)

    def _segment(self, probabilities: NDArray[np.float32] | None) -> None:
        self._model.segment(
            self._units,
            threads=self._settings.threads,
            bfloat16_storage=self._settings.precision == "bfloat16",
            probabilities=probabilities,
        )


def load(settings: Settings) -> Library:
    return Library(settings)
