"""What must be the same for a run to go on as if nothing had happened, besides its recipe."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from .sample import Sample

CALLED = {
    "seed": "seed",
    "organs": "list of organs",
    "training": "list of training samples",
    "validation": "list of validation samples",
    "content": "content of the training samples",
}
"""What a user calls the entries of an identity."""


def identity_of(seed: int, training: list[Sample], validation: list[Sample]) -> dict[str, Any]:
    """The entries by which a checkpoint knows its run, of samples as they were read."""
    return {
        "seed": seed,
        "organs": list(training[0].organs),
        "training": [sample.name for sample in training],
        "validation": [sample.name for sample in validation],
        "content": [sample_digest(sample) for sample in training],
    }


def sample_digest(sample: Sample) -> str:
    """SHA-256 of voxels, labels, which organs are labelled, and spacing."""
    digest = hashlib.sha256()
    for array in (sample.intensities, sample.labels, np.array(sample.annotated), np.array(sample.completed),
                  np.array(sample.spacing)):
        digest.update(f"{array.dtype.str} {array.shape} ".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()


def check_identity(checkpoint: dict[str, Any], own: dict[str, Any], folder: Path) -> None:
    """ValueError names the first entry in which a checkpoint differs; what it does not say may be anything.

    Checkpoints of version 0.1.0 say nothing, those of 0.2.0 neither the validation samples nor any content.
    """
    for name, value in own.items():
        if checkpoint.get(name, value) != value:
            raise ValueError(f"{folder} holds a run with another {CALLED[name]}; use a new folder")
