"""How good a network is while it trains, by PyTorch; a model's own figures are what `evaluation` finds."""

import numpy as np
from torch import nn

from .metrics import dice_per_organ
from .preprocessing import segment
from .recipe import Recipe
from .sample import BODY_MARGIN, Sample, body_box


def validation_scores(network: nn.Module, samples: list[Sample], recipe: Recipe,
                      autocast: bool) -> dict[str, np.ndarray]:
    """DSC per organ over the samples, in their original grids; NaN where an organ was not drawn, or neither is there
    nor was found.

    The network sees what the recipe trains it on: where that is the box around the body, everything outside counts
    as background that was found.
    """
    rows = []
    for sample in samples:
        box = body_box(sample.intensities, BODY_MARGIN) if recipe.crop_to_body else np.s_[:, :, :]
        predicted = np.zeros_like(sample.labels)
        predicted[box] = segment(network, sample.cropped(box), recipe.preprocessing, autocast=autocast)
        rows.append(dice_per_organ(predicted, sample))
    table = np.array(rows)
    return {organ: table[:, index] for index, organ in enumerate(samples[0].organs)}
