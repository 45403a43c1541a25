"""This library through its C interface. A run is a whole `anatomynet_segment`: HU in, labels out."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_uint8, c_void_p

import anatomynet
import numpy as np
from numpy.typing import NDArray

from ..worker import Settings

INSTRUCTION_SETS = {"best": 0, "portable": 1, "avx2": 2, "avx512": 3}
STORAGES = {"float32": 0, "bfloat16": 1}

_functions = anatomynet._library


class Library(anatomynet.Model):
    """The example's wrapper with the options that it has not: even padding, instruction set, memory, storage."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._units = np.zeros((0, 0, 0), np.int16)
        load = anatomynet._LoadOptions()
        _functions.anatomynet_load_options_init(byref(load), ctypes.sizeof(load))
        load.padding_multiple = 2
        load.keep_memory = settings.keep_memory
        load.instruction_set = INSTRUCTION_SETS[settings.instruction_set]
        self._handle = c_void_p()
        anatomynet._check(_functions.anatomynet_load(os.fsencode(settings.weights), byref(load), byref(self._handle)))
        self._options = anatomynet._SegmentOptions()
        _functions.anatomynet_segment_options_init(byref(self._options), ctypes.sizeof(self._options))
        self._options.threads = settings.threads
        self._options.feature_map_storage = STORAGES[settings.precision]

    def describe(self) -> dict[str, str]:
        best = _functions.anatomynet_instruction_set
        best.restype = c_char_p
        chosen = self._settings.instruction_set
        return {
            "version": anatomynet.version(),
            "threads": str(self._settings.threads),
            "precision": f"float32 arithmetic, {self._settings.precision} storage",
            "instruction set": best().decode() if chosen == "best" else f"{chosen} (load option)",
        }

    def give(self, units: NDArray[np.int16]) -> None:
        self._units = units

    def run(self) -> None:
        self._segment(None)

    def logits(self) -> NDArray[np.float64]:
        # The C interface gives probabilities; their logarithms are the logits less a constant a voxel.
        probabilities = np.empty((len(self.class_names), *self._units.shape), np.float32)
        self._segment(probabilities)
        return np.log(probabilities, dtype=np.float64)

    def _segment(self, probabilities: NDArray[np.float32] | None) -> NDArray[np.uint8]:
        units = self._units
        zeros, identity = (0.0, 0.0, 0.0), (1, 0, 0, 0, 1, 0, 0, 0, 1)
        volume = self._volume(units, zeros, zeros, identity, 1, 0)
        outputs = self._outputs(probabilities, None, units.shape)
        labels = np.empty(units.shape, np.uint8)
        segment = _functions.anatomynet_segment
        status = segment(
            self._handle,
            byref(volume),
            byref(self._options),
            labels.ctypes.data_as(POINTER(c_uint8)),
            labels.nbytes,
            None if outputs is None else byref(outputs),
        )
        anatomynet._check(status)
        return labels


def load(settings: Settings) -> Library:
    return Library(settings)
