"""ONNX Runtime's CPU provider on the exported ONNX file, its free extents fixed. A run ends with the logits."""

from __future__ import annotations

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..volumes import Size, network_input
from ..worker import Settings


class Session:
    def __init__(self, settings: Settings) -> None:
        if settings.precision != "float32":
            raise ValueError("ONNX Runtime has no bfloat16 convolution on CPUs")
        self._size = Size(*settings.size)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = settings.threads
        options.inter_op_num_threads = 1
        for name, extent in zip(("depth", "height", "width"), self._size.even.shape):
            options.add_free_dimension_override_by_name(name, extent)
        self._session = onnxruntime.InferenceSession(settings.onnx, options, providers=["CPUExecutionProvider"])
        self._threads = settings.threads

    def describe(self) -> dict[str, str]:
        return {
            "version": onnxruntime.__version__,
            "threads": str(self._threads),
            "precision": self._session.get_inputs()[0].type,
            "provider": ", ".join(self._session.get_providers()),
            "instruction set": "not reported: MLAS chooses by the processor's features",
        }

    def give(self, units: NDArray[np.int16]) -> None:
        self._input = network_input(units)

    def run(self) -> None:
        self._infer()

    def logits(self) -> NDArray[np.float64]:
        depth, height, width = self._size.shape
        return self._infer()[0, :, :depth, :height, :width].astype(np.float64)

    def _infer(self) -> NDArray[np.float32]:
        return self._session.run(None, {"intensities": self._input})[0]


def load(settings: Settings) -> Session:
    return Session(settings)
