"""The Dice similarity coefficient as the paper reports it, and the Hausdorff distance, which MONAI computes."""

import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance

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


def hausdorff95(predicted: np.ndarray, truth: np.ndarray, spacing: tuple[float, ...]) -> float:
    """The larger of the two directed 95th percentiles of surface distance, in millimetres."""
    if not predicted.any() or not truth.any():
        return float("nan")
    both = predicted | truth
    box = tuple(
        slice(max(0, int(where.min()) - 1), int(where.max()) + 2) for where in np.nonzero(both)
    )
    distances = compute_hausdorff_distance(
        torch.from_numpy(predicted[box])[None, None],
        torch.from_numpy(truth[box])[None, None],
        include_background=True,
        percentile=95,
        spacing=list(spacing),
    )
    return float(distances[0, 0])
