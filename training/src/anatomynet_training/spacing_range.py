"""What a weight file says of the voxels that its network is for."""

import numpy as np

from .recipe import Recipe
from .sample import Sample


def spacing_range(samples: list[Sample], recipe: Recipe) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Smallest and largest spacing (z, y, x) of the samples' original grids, rounded to micrometres.

    Where the network sees these grids themselves, the augmentation's scaling widens the range: a volume enlarged by a
    factor looks like one of that much finer spacing. Where all are resampled to one grid it does not, for what is
    enlarged then is the anatomy.
    """
    spacings = np.array([sample.spacing for sample in samples])
    scale = recipe.augmentation.scale if recipe.augmentation.affine and recipe.spacing is None else 0.0
    smallest, largest = spacings.min(axis=0) * (1 - scale), spacings.max(axis=0) * (1 + scale)
    return tuple(smallest.round(3).tolist()), tuple(largest.round(3).tolist())
