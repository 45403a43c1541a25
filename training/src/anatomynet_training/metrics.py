"""The Dice similarity coefficient as the paper reports it; distances come from MONAI (see `evaluation`)."""

import numpy as np

from .sample import Sample


def dice(predicted: np.ndarray, truth: np.ndarray) -> float:
    """2 TP / (2 TP + FN + FP) of two masks; NaN where both are empty: nothing was to be found, and nothing was."""
    total = int(predicted.sum()) + int(truth.sum())
    return 2.0 * int((predicted & truth).sum()) / total if total else float("nan")


def dice_per_organ(predicted: np.ndarray, sample: Sample) -> list[float]:
    """DSC of each organ of the sample; NaN where it was not drawn, or neither is there nor was found."""
    return [
        dice(predicted == label, sample.labels == label) if drawn else float("nan")
        for label, drawn in enumerate(sample.drawn, start=1)
    ]
