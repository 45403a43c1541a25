"""What the metadata of a weight file say: its classes, its network in PyTorch, and what happens to its input."""

import json

from torch import Tensor, nn

from .networks import network_with_weights, use_volume_statistics
from .preprocessing import Preprocessing

DEFAULT_NEGATIVE_SLOPE = 0.01
"""Of a weight file that states leaky_relu and no slope."""


def class_names(metadata: dict[str, str]) -> tuple[str, ...]:
    """The classes that the metadata name, background first; none where they name none."""
    return tuple(json.loads(metadata.get("anatomynet.classes", "[]")))


def network_of(state: dict[str, Tensor], metadata: dict[str, str]) -> nn.Module:
    """The network of a weight file as its metadata describe it: activation and whose batch statistics.

    ValueError names what is stated and cannot be followed here.
    """
    orientation = metadata.get("anatomynet.orientation", "LPS")
    if orientation != "LPS":
        raise ValueError(f"the weight file states the orientation {orientation}; only LPS can be compared with PyTorch")
    network = network_with_weights(state, metadata.get("anatomynet.architecture", ""))
    by_default = "leaky_relu" if network.architecture.name == "AnatomyNet" else "relu"
    leaky = metadata.get("anatomynet.activation", by_default) == "leaky_relu"
    slope = float(metadata.get("anatomynet.negative_slope", DEFAULT_NEGATIVE_SLOPE)) if leaky else 0.0
    for module in network.modules():
        if isinstance(module, nn.LeakyReLU):
            module.negative_slope = slope
        elif isinstance(module, nn.ReLU) and leaky:
            raise ValueError("the weight file states leaky_relu for a plain U-Net; PyTorch's has relu")
    if metadata.get("anatomynet.batch_norm") == "volume":
        use_volume_statistics(network)
    return network


def preprocessing_of(metadata: dict[str, str]) -> Preprocessing:
    """What the metadata says about the input."""
    window = metadata.get("anatomynet.intensity_window", "none")
    spacing = metadata.get("anatomynet.spacing", "none")
    return Preprocessing(
        None if spacing == "none" else tuple(map(float, spacing.split(",")))[::-1],
        None if window == "none" else tuple(map(float, window.split(","))),
    )
