"""One module per runtime, each with `load(settings) -> Runtime`. A module is imported only in its own environment."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Runtime(Protocol):
    """A loaded network, ready for volumes of one size."""

    def describe(self) -> dict[str, str]:
        """What the runtime says of itself: at least "version", "threads", "precision"."""
        ...

    def give(self, units: NDArray[np.int16]) -> None:
        """Takes the volume, HU (z, y, x), and does everything with it that is not timed."""
        ...

    def run(self) -> None:
        """One whole inference: what is timed."""
        ...

    def logits(self) -> NDArray[np.float64]:
        """(class, z, y, x), each voxel's up to a constant, of the volume without padding."""
        ...
