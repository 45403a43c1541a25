"""AnatomyNet with weights made by hand, whose scores depend only on the voxel's own intensity.

All weights are zero but those on one path: the input image, which is concatenated before the last block,
passes that block's shortcut unchanged, and the class layer turns it into one straight line a class. So
labels follow from the resampled intensities alone, and an independent program can predict them.
"""

import numpy as np

from anatomynet_tensors import shapes
from safetensors_container import assemble, container

CHANNELS = (28, 30, 32, 34)
SQUEEZE_REDUCTION = (15, 16)


def weight_file(lines):
    """The file, which has no metadata. lines: one (slope, intercept) a class; scores are slope * intensity + intercept."""
    # Without num_batches_tracked, as PyTorch 0.3 wrote state dicts.
    tensors = {
        name: np.full(shape, starting_value(name), np.float32)
        for name, shape in shapes(CHANNELS, len(lines), SQUEEZE_REDUCTION).items()
        if not name.endswith("num_batches_tracked")
    }
    half = CHANNELS[0] // 2
    tensors["layer10.downsample.0.weight"][0, half, 1, 1, 1] = 1
    tensors["layer11.0.weight"][:, 0, 1, 1, 1] = [slope for slope, _ in lines]
    tensors["layer11.0.bias"][:] = [intercept for _, intercept in lines]
    return container(*assemble({name: ("F32", values.shape, values.tobytes()) for name, values in tensors.items()}))


def starting_value(name):
    """Zero, or what lets a normalisation pass everything unchanged."""
    if name.endswith("running_var"):
        return 1 - 1e-5
    return 1 if ("bn" in name or "downsample.1" in name) and name.endswith(".weight") else 0
