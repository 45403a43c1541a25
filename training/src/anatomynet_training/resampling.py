"""Separable linear resampling of axis-aligned volumes, anti-aliased where the target is coarser.

The grids share the outer faces of the volume (not the first voxel's centre), so resampling
there and back moves nothing.
"""

import numpy as np
import torch
from torch import Tensor


def resampled_extent(extent: int, spacing: float, target: float) -> int:
    return max(1, round(extent * spacing / target))


def interpolation_matrix(extent: int, new_extent: int, ratio: float) -> Tensor:
    """(new_extent, extent) rows of linear weights that sum to 1.

    `ratio` is the new spacing over the old one; above 1 the triangle widens to `ratio` old voxels,
    which removes what the coarser grid cannot represent. Beyond the ends the border voxel counts.
    """
    centre = extent / 2 + (np.arange(new_extent) + 0.5 - new_extent / 2) * ratio - 0.5
    width = max(1.0, ratio)
    reach = int(np.ceil(width))
    offsets = np.floor(centre)[:, None] + np.arange(-reach, reach + 2)
    weights = np.clip(1 - np.abs(offsets - centre[:, None]) / width, 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    matrix = np.zeros((new_extent, extent))
    rows = np.broadcast_to(np.arange(new_extent)[:, None], offsets.shape)
    np.add.at(matrix, (rows, np.clip(offsets, 0, extent - 1).astype(int)), weights)
    return torch.from_numpy(matrix.astype(np.float32))


def resample(volume: Tensor, spacing: tuple[float, ...], target: tuple[float, ...],
             shape: tuple[int, ...] | None = None) -> Tensor:
    """Resamples the last three axes (z, y, x) of a float32 tensor from `spacing` to `target` millimetres.

    The new extents are rounded to whole voxels unless `shape` gives them (the way back to a known grid).
    """
    extents = volume.shape[-3:]
    if shape is None:
        shape = tuple(resampled_extent(*axis) for axis in zip(extents, spacing, target, strict=True))
    for axis in range(3):
        ratio = target[axis] / spacing[axis]
        dimension = axis - 3
        # A thousandth of a voxel's width over 500 voxels is half a voxel: below that, resampling only blurs.
        if extents[axis] == shape[axis] and abs(ratio - 1) < 1e-3:
            continue
        matrix = interpolation_matrix(extents[axis], shape[axis], ratio)
        volume = torch.tensordot(volume, matrix, dims=([dimension % volume.ndim], [1])).movedim(-1, dimension)
    return volume.contiguous()


def resample_labels(labels: np.ndarray, classes: int, spacing: tuple[float, ...],
                    target: tuple[float, ...]) -> np.ndarray:
    """Label map on the target grid: each voxel takes the class with the most of it."""
    best: Tensor | None = None
    winner: Tensor | None = None
    source = torch.from_numpy(labels)
    for index in range(classes):
        share = resample((source == index).float(), spacing, target)
        if best is None:
            best, winner = share, torch.zeros(share.shape, dtype=torch.uint8)
        else:
            winner[share > best] = index
            best = torch.maximum(best, share)
    return winner.numpy()
