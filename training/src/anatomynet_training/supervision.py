"""Which organs of the training samples supervise a network, and how much each counts."""

from dataclasses import replace

import numpy as np
import torch

from .sample import Sample, class_weights


def with_organs_dropped(sample: Sample, probability: float, seed: int) -> Sample:
    """The sample in which each organ counts as not drawn with a probability, and is background then."""
    if probability == 0:
        return sample
    # The name keeps the choice independent of the samples' order and of how many there are.
    generator = np.random.default_rng([seed, *sample.name.encode()])
    kept = tuple(flag and generator.random() >= probability for flag in sample.annotated)
    labels = sample.labels.copy()
    for label, flag in enumerate(kept, start=1):
        if not flag:
            labels[labels == label] = 0
    completed = tuple(filled and flag for filled, flag in zip(sample.completed, kept, strict=True))
    return replace(sample, labels=labels, annotated=kept, completed=completed)


def organ_rarity(samples: list[Sample]) -> np.ndarray:
    """(organ,): the reciprocal of the number of samples in which an organ is drawn; 0 where it is in none."""
    drawn = np.array([sample.annotated for sample in samples]).sum(axis=0)
    if not drawn.any():
        raise ValueError("balance_organs: no organ is drawn in any training sample")
    return np.where(drawn > 0, 1 / np.maximum(drawn, 1), 0.0)


def loss_weights(samples: list[Sample], background: str) -> torch.Tensor:
    """(class,): proportional to the paper's, so that a class supervised in every volume weighs 1."""
    masks = [sample.annotated for sample in samples]
    weights = class_weights(masks)
    if background == "marginal":
        weights[0] = 1 / len(masks)
    return torch.from_numpy(weights * len(masks))
