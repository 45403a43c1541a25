"""Organs nobody drew, filled in from a model's own segmentation: self-training on partly annotated volumes."""

from dataclasses import replace

import numpy as np

from .sample import Sample

PLAUSIBLE_PERCENTILES = (5, 95)
"""Of the drawn volumes of an organ: a found one outside this range is not believed."""


def drawn_volumes(samples: list[Sample]) -> dict[str, np.ndarray]:
    """For each organ, the volumes in mm³ of what was drawn of it, over all samples that have any."""
    volumes: dict[str, list[float]] = {}
    for sample in samples:
        voxel = float(np.prod(sample.spacing))
        counts = np.bincount(sample.labels.ravel(), minlength=len(sample.organs) + 1)
        for label, (organ, drawn) in enumerate(zip(sample.organs, sample.drawn, strict=True), start=1):
            if drawn and counts[label]:
                volumes.setdefault(organ, []).append(counts[label] * voxel)
    return {organ: np.array(values) for organ, values in volumes.items()}


def completed(sample: Sample, predicted: np.ndarray, volumes: dict[str, np.ndarray]) -> Sample:
    """The sample with each organ that was not drawn taken from `predicted`, where its volume is plausible.

    `predicted` has the sample's labels. What was drawn stays as it is, and wins where both claim a voxel.
    An organ that was found too small or too large, or that nobody drew anywhere, stays not drawn. The sample says
    which organs were filled in.
    """
    labels = sample.labels.copy()
    annotated, filled = list(sample.annotated), list(sample.completed)
    voxel = float(np.prod(sample.spacing))
    for label, organ in enumerate(sample.organs, start=1):
        if annotated[label - 1] or organ not in volumes:
            continue
        found = (predicted == label) & (sample.labels == 0)
        smallest, largest = np.percentile(volumes[organ], PLAUSIBLE_PERCENTILES)
        if smallest <= found.sum() * voxel <= largest:
            labels[found] = label
            annotated[label - 1] = filled[label - 1] = True
    return replace(sample, labels=labels, annotated=tuple(annotated), completed=tuple(filled))
