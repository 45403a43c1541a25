"""The nine networks of the AnatomyNet paper and its published training scripts.

Tensors are (batch, channel, z, y, x); input is one channel of intensities, output is
the **logits** of the classes (softmax is left to the loss and to inference). Every spatial
extent must be a multiple of the network's `stride_product`.
"""

from .inference import (
    freeze_batch_statistics,
    logits,
    pad_at_high_end,
    probabilities,
    use_volume_statistics,
)
from .registry import (
    ARCHITECTURES,
    NETWORKS,
    PAPER_TEXT_ARCHITECTURES,
    architecture_of,
    build_network,
    class_count,
    network_with_weights,
)
from .residual import ResidualArchitecture, ResidualNetwork, SqueezeExcitation
from .unet import UNet, UNetArchitecture

__all__ = [
    "ARCHITECTURES",
    "NETWORKS",
    "PAPER_TEXT_ARCHITECTURES",
    "ResidualArchitecture",
    "ResidualNetwork",
    "SqueezeExcitation",
    "UNet",
    "UNetArchitecture",
    "architecture_of",
    "build_network",
    "class_count",
    "freeze_batch_statistics",
    "logits",
    "network_with_weights",
    "pad_at_high_end",
    "probabilities",
    "use_volume_statistics",
]
