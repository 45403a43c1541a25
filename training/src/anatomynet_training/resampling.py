"""Separable linear resampling of axis-aligned volumes, smoothed before where the target is coarser.

The grids share the centre of the volume (not the first voxel's), so resampling there and back moves nothing.
The library does the same: its docs/geometry.md has the formulas.
"""

import math

import numpy as np
import torch
from torch import Tensor


def resampled_extent(extent: int, spacing: float, target: float) -> int:
    return max(1, round(extent * spacing / target))


def smoothing_kernel(ratio: float) -> np.ndarray:
    """Symmetric weights that remove what a grid coarser by `ratio` cannot represent; [1] where it is not coarser.

    Lindeberg's discrete Gaussian of variance (ratio² - 1) / (8 ln 2), cut where more than 0.99 of it is kept and
    normalised: what ITK's DiscreteGaussianImageFilter does with its default error.
    """
    if ratio <= 1:
        return np.ones(1)
    variance = (ratio * ratio - 1) / (8 * math.log(2))
    # Its Fourier transform is exp(t (cos w - 1)); the period is long enough for nothing to come around.
    period = 64 + 2 * int(16 * math.sqrt(variance))
    frequencies = 2 * np.pi * np.arange(period // 2 + 1) / period
    half = np.fft.irfft(np.exp(variance * (np.cos(frequencies) - 1)), period)[:period // 2]
    kept = half[0] + 2 * np.cumsum(np.append(0, half[1:]))
    reach = max(1, int(np.argmax(kept >= 0.99)))
    return np.concatenate([half[reach:0:-1], half[:reach + 1]]) / kept[reach]


def interpolation_matrix(extent: int, new_extent: int, ratio: float, smooth: bool = True) -> Tensor:
    """(new_extent, extent) rows of weights that sum to 1: linear interpolation of the smoothed values.

    `ratio` is the new spacing over the old one. Beyond the ends the border voxel counts.
    """
    centre = (extent / 2 + (np.arange(new_extent) + 0.5 - new_extent / 2) * ratio - 0.5).clip(0, extent - 1)
    base = np.floor(centre).astype(int)
    fraction = centre - base
    kernel = smoothing_kernel(ratio) if smooth else np.ones(1)
    reach = len(kernel) // 2
    matrix = np.zeros((new_extent, extent))
    rows = np.arange(new_extent)
    for offset, weight in zip(range(-reach, reach + 1), kernel, strict=True):
        np.add.at(matrix, (rows, np.clip(base + offset, 0, extent - 1)), (1 - fraction) * weight)
        np.add.at(matrix, (rows, np.clip(base + 1 + offset, 0, extent - 1)), fraction * weight)
    return torch.from_numpy(matrix.astype(np.float32))


def resample(volume: Tensor, spacing: tuple[float, ...], target: tuple[float, ...],
             shape: tuple[int, ...] | None = None, smooth: bool = True) -> Tensor:
    """Resamples the last three axes (z, y, x) of a float32 tensor from `spacing` to `target` millimetres.

    The new extents are rounded to whole voxels unless `shape` gives them (the way back to a known grid).
    Without `smooth` a coarser target takes the values at its voxels' centres.
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
        matrix = interpolation_matrix(extents[axis], shape[axis], ratio, smooth)
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
