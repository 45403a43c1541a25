"""OpenVINO on the exported ONNX file, compiled for the volume's extents. A run ends with the logits."""

from __future__ import annotations

import numpy as np
import openvino
from numpy.typing import NDArray

from ..volumes import Size, network_input
from ..worker import Settings

PRECISIONS = {"float32": openvino.Type.f32, "bfloat16": openvino.Type.bf16}


class Model:
    def __init__(self, settings: Settings) -> None:
        core = openvino.Core()
        model = core.read_model(settings.onnx)
        self._size = Size(*settings.size)
        model.reshape([1, 1, *self._size.even.shape])
        self._compiled = core.compile_model(
            model,
            "CPU",
            {
                "PERFORMANCE_HINT": "LATENCY",
                "INFERENCE_PRECISION_HINT": PRECISIONS[settings.precision],
                "INFERENCE_NUM_THREADS": settings.threads,
                "NUM_STREAMS": 1,
            },
        )
        self._request = self._compiled.create_infer_request()

    def describe(self) -> dict[str, str]:
        def value(key: str) -> str:
            return str(self._compiled.get_property(key))

        return {
            "version": openvino.__version__,
            "threads": value("INFERENCE_NUM_THREADS"),
            "precision": self._compiled.get_property("INFERENCE_PRECISION_HINT").to_string(),
            "ENABLE_CPU_PINNING": value("ENABLE_CPU_PINNING"),
            "NUM_STREAMS": value("NUM_STREAMS"),
        }

    def give(self, units: NDArray[np.int16]) -> None:
        self._input = network_input(units)

    def run(self) -> None:
        # Shared, not copied: neither way costs OpenVINO time that is not inference.
        self._request.infer({0: self._input}, share_inputs=True, share_outputs=True)

    def logits(self) -> NDArray[np.float64]:
        self.run()
        depth, height, width = self._size.shape
        return self._request.get_output_tensor().data[0, :, :depth, :height, :width].astype(np.float64)


def load(settings: Settings) -> Model:
    return Model(settings)
