"""The one sample type that readers produce and everything else consumes."""

from dataclasses import dataclass, replace

import numpy as np

AIR_HU = -1024

BODY_MARGIN = 4
"""Voxels that are kept around the body where volumes are cropped to it."""


@dataclass(frozen=True)
class Sample:
    """One CT volume with the organs somebody drew in it.

    Arrays are (z, y, x) with z toward the patient's head (superior), y toward the back
    (posterior) and x toward the patient's left: DICOM LPS with identity direction. Readers
    reorient whatever they read to this.
    """

    name: str
    intensities: np.ndarray
    """(z, y, x) int16, Hounsfield units; at or below -1024 where nothing was reconstructed. The library takes
    float32, too."""
    labels: np.ndarray
    """(z, y, x) uint8: 0 background, k the k-th of `organs` (counted from 1)."""
    organs: tuple[str, ...]
    """The organs of the task in label order, background excluded."""
    annotated: tuple[bool, ...]
    """For each organ, whether it is labelled: drawn or completed. One that is not may still be in the image."""
    spacing: tuple[float, float, float]
    """Millimetres between voxel centres along (z, y, x)."""
    completed: tuple[bool, ...] = ()
    """For each organ, whether it was filled in from a model's segmentation; all False where nothing is given."""

    def __post_init__(self) -> None:
        if self.intensities.ndim != 3 or self.intensities.shape != self.labels.shape:
            raise ValueError(
                f"{self.name}: intensities {self.intensities.shape} and labels {self.labels.shape} "
                "must be volumes of one shape"
            )
        if len(self.annotated) != len(self.organs):
            raise ValueError(f"{self.name}: {len(self.organs)} organs but {len(self.annotated)} flags")
        if not self.completed:
            object.__setattr__(self, "completed", (False,) * len(self.organs))
        if len(self.completed) != len(self.organs):
            raise ValueError(f"{self.name}: {len(self.organs)} organs but {len(self.completed)} flags of completion")
        if not all(np.isfinite(extent) and extent > 0 for extent in self.spacing):
            raise ValueError(f"{self.name}: spacing {self.spacing} must be positive millimetres")

    @property
    def drawn(self) -> tuple[bool, ...]:
        """For each organ, whether somebody drew it: the only truth to measure by."""
        return tuple(flag and not filled for flag, filled in zip(self.annotated, self.completed, strict=True))

    def cropped(self, box: tuple[slice, slice, slice]) -> "Sample":
        return replace(self, intensities=self.intensities[box], labels=self.labels[box])


def mask_of(annotated: tuple[bool, ...] | np.ndarray) -> np.ndarray:
    """The paper's mask vector m, background first: background is supervised only if every organ is drawn."""
    organs = np.asarray(annotated, dtype=np.float32)
    return np.concatenate([[float(organs.all())], organs]).astype(np.float32)


def class_weights(samples_annotated: list[tuple[bool, ...]]) -> np.ndarray:
    """The paper's weight vector w, background first: one over the number of volumes that supervise the class.

    A class that no volume supervises weighs 0.
    """
    counts = np.sum([mask_of(annotated) for annotated in samples_annotated], axis=0)
    return np.divide(1.0, counts, out=np.zeros_like(counts), where=counts > 0).astype(np.float32)


def body_box(intensities: np.ndarray, margin: int) -> tuple[slice, slice, slice]:
    """The box around what is denser than fat, `margin` voxels wider; the whole volume where there is none."""
    dense = intensities > -300
    box = []
    for axis in range(3):
        others = tuple(other for other in range(3) if other != axis)
        # A handful of voxels in a plane is noise or the edge of a table, not the body.
        planes = np.flatnonzero(dense.sum(axis=others) > 20)
        extent = intensities.shape[axis]
        if planes.size == 0:
            box.append(slice(0, extent))
        else:
            box.append(slice(max(0, int(planes[0]) - margin), min(extent, int(planes[-1]) + 1 + margin)))
    return box[0], box[1], box[2]
