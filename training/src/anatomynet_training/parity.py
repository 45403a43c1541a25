"""The proof that the library computes what PyTorch does with a weight file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from .library import Library
from .networks import probabilities
from .preprocessing import Preprocessing
from .sample import AIR_HU, Sample
from .weight_file import load_weight_file
from .weight_metadata import network_of, preprocessing_of

PROBABILITY_TOLERANCE = 1e-4
"""Largest difference between float32 PyTorch and the library's float32."""

LABEL_AGREEMENT = 0.9999
"""Least share of voxels with equal labels: where two classes tie, rounding decides."""


@dataclass(frozen=True)
class Parity:
    largest_difference: float
    agreement: float

    @property
    def holds(self) -> bool:
        return self.largest_difference <= PROBABILITY_TOLERANCE and self.agreement >= LABEL_AGREEMENT


def check_parity(library: Library, weight_file: Path, sample: Sample | None = None) -> Parity:
    """Runs one volume through PyTorch and through the library.

    The volume is taken to have the model's spacing, so that the networks are compared and not two
    resamplers. Without a sample, noise: enough to compare arithmetic. A file that the library refuses
    raises LibraryError, one that PyTorch cannot be told to follow ValueError.
    """
    # The library first: of a broken file it says best what is wrong.
    with library.load(weight_file) as model:
        state, metadata = load_weight_file(weight_file)
        preprocessing = preprocessing_of(metadata)
        volume = _noise(preprocessing) if sample is None else sample.intensities
        network = network_of(state, metadata)
        multiple = metadata.get("anatomynet.padding_multiple")
        spacing = preprocessing.spacing or (1.0, 1.0, 1.0)
        own = Sample("parity", volume, np.zeros(volume.shape, np.uint8), (), (), spacing)
        intensities = preprocessing.intensities(torch.from_numpy(volume.astype(np.float32)))
        expected = probabilities(network, intensities, int(multiple) if multiple else None).numpy()
        labels, found = model.segment_with_probabilities(own, allow_untrained_spacing=True)
    return Parity(
        float(np.abs(found - expected).max()),
        float((labels == expected.argmax(axis=0)).mean()),
    )


def _noise(preprocessing: Preprocessing) -> np.ndarray:
    """Of tissue-like HU; where no window is applied, of what one gives: 0 to 1, for which the networks are made.

    HU as they are would make logits some hundred times as large, and with them the rounding of probabilities.
    """
    source, shape = np.random.default_rng(0), (37, 45, 53)
    if preprocessing.window is None:
        return source.uniform(0, 1, shape).astype(np.float32)
    return np.clip(source.normal(0, 300, shape), AIR_HU, 3000).astype(np.int16)
