"""This library through its C interface. A run is a whole `anatomynet_segment`: HU in, labels out."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_double, c_uint8, c_uint32, c_uint64, c_void_p, cast

import anatomynet
import numpy as np
from numpy.typing import NDArray

from ..worker import Settings

INSTRUCTION_SETS = {"best": 0, "portable": 1, "avx2": 2, "avx512": 3}
STORAGES = {"float32": 0, "bfloat16": 1}

_functions = anatomynet._library


class _LoadOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("activation", c_uint32),
        ("negative_slope", c_double),
        ("batch_norm", c_uint32),
        ("padding_multiple", c_uint32),
        ("intensity_window", c_uint32),
        ("spacing_mode", c_uint32),
        ("window_lower", c_double),
        ("window_upper", c_double),
        ("spacing", c_double * 3),
        ("architecture", c_char_p),
        ("orientation", c_char_p),
        ("class_names", c_void_p),
        ("class_count", c_uint32),
        ("instruction_set", c_uint32),
        ("log", c_void_p),
        ("log_user", c_void_p),
        ("keep_memory", c_uint32),
        ("reserved", c_uint32),
    ]


class _SegmentOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("memory_limit", c_uint64),
        ("progress", c_void_p),
        ("progress_user", c_void_p),
        ("log", c_void_p),
        ("log_user", c_void_p),
        ("region_mode", c_uint32),
        ("allow_untrained_spacing", c_uint32),
        ("keep_largest_components", c_uint32),
        ("feature_map_storage", c_uint32),
    ]


class Library(anatomynet.Model):
    """The example's wrapper with the options that it has not: even padding, instruction set, memory, storage."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._units = np.zeros((0, 0, 0), np.int16)
        load = _LoadOptions(struct_size=ctypes.sizeof(_LoadOptions), padding_multiple=2)
        load.keep_memory = settings.keep_memory
        load.instruction_set = INSTRUCTION_SETS[settings.instruction_set]
        self._handle = c_void_p()
        anatomynet._check(_functions.anatomynet_load(os.fsencode(settings.weights), byref(load), byref(self._handle)))
        self._options = _SegmentOptions(struct_size=ctypes.sizeof(_SegmentOptions), threads=settings.threads)
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
            cast(byref(self._options), POINTER(anatomynet._SegmentOptions)),
            labels.ctypes.data_as(POINTER(c_uint8)),
            labels.nbytes,
            None if outputs is None else byref(outputs),
        )
        anatomynet._check(status)
        return labels


def load(settings: Settings) -> Library:
    return Library(settings)
