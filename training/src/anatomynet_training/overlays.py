"""Pictures in the style of the paper's Fig. 7: truth green, prediction red, agreement yellow."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from .sample import Sample

WINDOW_LEVEL, WINDOW_WIDTH = 40.0, 400.0
"""Hounsfield units: soft tissue."""

OPACITY = 0.55


def overlay(hounsfield: np.ndarray, truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """RGB in [0, 1] of one plane of HU with two masks over it."""
    grey = np.clip((hounsfield - (WINDOW_LEVEL - WINDOW_WIDTH / 2)) / WINDOW_WIDTH, 0, 1)
    picture = np.repeat(grey[..., None], 3, axis=-1)
    colour = np.stack([predicted, truth, np.zeros_like(truth)], axis=-1).astype(float)
    return np.where((truth | predicted)[..., None], (1 - OPACITY) * picture + OPACITY * colour, picture)


def draw_overlays(path: Path, sample: Sample, predicted: np.ndarray) -> None:
    overlay_figure(sample, predicted).savefig(path, dpi=100)


def overlay_figure(sample: Sample, predicted: np.ndarray) -> Figure:
    """One row per drawn organ: the axial, coronal and sagittal plane with the most of its truth and prediction.

    Patient's right is on the picture's left, the head above; voxels keep their proportions.
    """
    drawn = [(label, organ) for label, organ in enumerate(sample.organs, start=1) if sample.annotated[label - 1]]
    if not drawn:
        raise ValueError(f"{sample.name}: no organ was drawn, nothing to compare")
    figure = Figure(figsize=(11, 3 * len(drawn)))
    axes = figure.subplots(len(drawn), 3, squeeze=False)
    for row, (label, organ) in zip(axes, drawn, strict=True):
        truth, own = sample.labels == label, predicted == label
        for axis, (panel, plane) in enumerate(zip(row, ("axial", "coronal", "sagittal"), strict=True)):
            others = tuple(other for other in range(3) if other != axis)
            index = int((truth | own).sum(axis=others).argmax())
            cut = (np.take(volume, index, axis=axis) for volume in (sample.intensities, truth, own))
            picture = overlay(*cut)
            rows, columns = (sample.spacing[other] for other in others)
            # Row 0 of an axial plane is anterior, which belongs on top; of the others it is inferior.
            panel.imshow(picture, origin="upper" if axis == 0 else "lower", aspect=rows / columns,
                         interpolation="nearest")
            panel.set_title(f"{organ}, {plane}", fontsize="small")
            letters = {"axial": ("R", "L", "A", "P"), "coronal": ("R", "L", "S", "I"),
                       "sagittal": ("A", "P", "S", "I")}[plane]
            positions = ((0.03, 0.5), (0.97, 0.5), (0.5, 0.95), (0.5, 0.05))
            for letter, (x, y) in zip(letters, positions, strict=True):
                panel.text(x, y, letter, transform=panel.transAxes, color="white", ha="center", va="center")
            panel.axis("off")
    figure.suptitle(
        f"{sample.name}: truth green, prediction red, agreement yellow "
        f"(window {WINDOW_WIDTH:g} HU, level {WINDOW_LEVEL:g} HU). Not for clinical use.",
        fontsize="small",
    )
    figure.tight_layout(rect=(0, 0, 1, 0.98))
    return figure
