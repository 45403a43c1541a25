"""PyTorch, eager, channels-last; bfloat16 by autocast. A run ends with the logits."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from ..network import build
from ..volumes import Size, network_input
from ..worker import Settings


class Network:
    def __init__(self, settings: Settings) -> None:
        torch.set_num_threads(settings.threads)
        torch.set_num_interop_threads(1)
        self._size = Size(*settings.size)
        self._network = build(Path(settings.weights)).to(memory_format=torch.channels_last_3d)
        self._low_precision = settings.precision == "bfloat16"

    def describe(self) -> dict[str, str]:
        return {
            "version": torch.__version__,
            "threads": str(torch.get_num_threads()),
            "precision": "bfloat16 (autocast)" if self._low_precision else "float32",
            "instruction set": torch.backends.cpu.get_cpu_capability(),
            "float32_matmul_precision": torch.get_float32_matmul_precision(),
        }

    def give(self, units: NDArray[np.int16]) -> None:
        self._input = torch.from_numpy(network_input(units)).to(memory_format=torch.channels_last_3d)

    def run(self) -> None:
        self._infer()

    def logits(self) -> NDArray[np.float64]:
        depth, height, width = self._size.shape
        return self._infer()[0, :, :depth, :height, :width].double().numpy()

    def _infer(self) -> torch.Tensor:
        autocast = torch.autocast("cpu", torch.bfloat16) if self._low_precision else nullcontext()
        with torch.inference_mode(), autocast:
            return self._network(self._input)


def load(settings: Settings) -> Network:
    return Network(settings)
