"""The Dice similarity coefficient as the paper reports it; distances come from MONAI (see `evaluation`)."""

import numpy as np

from .sample import Sample


def dice(predicted: np.ndarray, truth: np.ndarray) -> float:
    """2 TP / (2 TP + FN + FP) of two masks; 1 where both are empty.

    The paper's definition, but for the empty masks, of which it says nothing: `evaluation` counts them apart.
    """
    total = int(predicted.sum()) + int(truth.sum())
    return 1.0 if total == 0 else 2.0 * int((predicted & truth).sum()) / total


def dice_per_organ(predicted: np.ndarray, sample: Sample) -> list[float]:
    """DSC of each organ of the sample; NaN where it was not drawn."""
    return [
        dice(predicted == label, sample.labels == label) if drawn else float("nan")
        for label, drawn in enumerate(sample.drawn, start=1)
    ]
