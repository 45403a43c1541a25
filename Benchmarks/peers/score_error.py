"""How far class scores are from those of the same network in double precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def relative_error(scores: NDArray[np.float64], reference: NDArray[np.float64]) -> tuple[float, float]:
    """Root mean square and largest error over the reference's standard deviation.

    Both are (class, voxels of any axes), and free of what all classes of a voxel may have in common: logarithms of
    probabilities, or `centred` logits.
    """
    error = scores - reference
    deviation = float(reference.std())
    return float(np.sqrt(np.mean(error**2))) / deviation, float(np.abs(error).max()) / deviation


def centred(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Less each voxel's mean over the classes, which changes neither labels nor probabilities: logarithms of
    probabilities can be compared with logits."""
    return logits - logits.mean(axis=0)
