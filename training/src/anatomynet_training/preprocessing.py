"""What happens to a volume before the network sees it and to the scores afterwards, as the library does it."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from .networks import logits
from .resampling import resample, resample_labels
from .sample import AIR_HU, Sample


@dataclass(frozen=True)
class Preprocessing:
    """The part of the weight file's metadata that concerns the input."""

    spacing: tuple[float, float, float] | None
    """Millimetres (z, y, x) of the grid the network sees; None for the caller's own."""
    window: tuple[float, float] | None
    """Hounsfield units that become 0 and 1; what lies outside is clipped. None where voxels enter as they are."""

    def intensities(self, hounsfield: Tensor) -> Tensor:
        """What enters the network. With a window nothing is thinner than air, whatever marks the reconstruction."""
        if self.window is None:
            return hounsfield
        lower, upper = self.window
        return ((hounsfield.clamp(min=AIR_HU) - lower) / (upper - lower)).clamp(0, 1)


def prepare(sample: Sample, preprocessing: Preprocessing) -> Sample:
    """The sample on the network's grid, still in HU: what training reads many times."""
    hounsfield = torch.from_numpy(np.maximum(sample.intensities, AIR_HU).astype(np.float32))
    labels = sample.labels
    spacing = preprocessing.spacing or sample.spacing
    hounsfield = resample(hounsfield, sample.spacing, spacing)
    labels = resample_labels(labels, len(sample.organs) + 1, sample.spacing, spacing)
    intensities = hounsfield.round().to(torch.int16).numpy()
    return replace(sample, intensities=intensities, labels=labels, spacing=spacing)


def segment(network: nn.Module, sample: Sample, preprocessing: Preprocessing,
            autocast: bool = False) -> np.ndarray:
    """Labels (z, y, x) in the sample's own grid, by PyTorch: resample, window, pad, run, resample logits, arg-max.

    The network must be in evaluation mode (or set to volume statistics). `autocast` computes in
    bfloat16: for looking at progress, not for reported figures.
    """
    hounsfield = torch.from_numpy(np.maximum(sample.intensities, AIR_HU).astype(np.float32))
    spacing = preprocessing.spacing or sample.spacing
    resampled = resample(hounsfield, sample.spacing, spacing)
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        scores = logits(network, preprocessing.intensities(resampled))
    scores = resample(scores, spacing, sample.spacing, tuple(sample.intensities.shape), smooth=False)
    return scores.argmax(dim=0).to(torch.uint8).numpy()
