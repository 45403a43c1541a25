"""The volumes everybody is given: the same noise, as HU for the library and as the network's input for its peers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW = (-1024.0, 1500.0)
"""HU that become 0 and 1: the intensity window of models/anatomynet-random.safetensors."""


@dataclass(frozen=True, order=True)
class Size:
    """Voxels along z, y and x."""

    depth: int
    height: int
    width: int

    @classmethod
    def parse(cls, text: str) -> Size:
        """From "178x302x225"; ValueError for anything else."""
        extents = [int(extent) for extent in text.split("x")]
        if len(extents) != 3 or min(extents) < 1:
            raise ValueError(f"{text!r} is not DEPTHxHEIGHTxWIDTH")
        return cls(*extents)

    @property
    def voxels(self) -> int:
        return self.depth * self.height * self.width

    @property
    def even(self) -> Size:
        """Each axis rounded up to even: what the network accepts."""
        return Size(*(extent + extent % 2 for extent in self.shape))

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.depth, self.height, self.width

    def __str__(self) -> str:
        return "x".join(map(str, self.shape))


def hounsfield_units(size: Size) -> NDArray[np.int16]:
    """Noise over the whole intensity window, the same on every machine; (z, y, x)."""
    generator = np.random.Generator(np.random.PCG64(seed=1))
    return generator.integers(int(WINDOW[0]), int(WINDOW[1]), size=size.shape, dtype=np.int16, endpoint=True)


def network_input(units: NDArray[np.int16]) -> NDArray[np.float32]:
    """(1, 1, z, y, x) intensities in [0, 1], zero-padded at the high ends to even extents.

    Plane by plane, so that a peer's peak memory is not that of this conversion.
    """
    depth, height, width = units.shape
    lower, upper = WINDOW
    padded = np.zeros((1, 1, *Size(depth, height, width).even.shape), np.float32)
    for z in range(depth):
        padded[0, 0, z, :height, :width] = (units[z].astype(np.float64) - lower) / (upper - lower)
    return padded
