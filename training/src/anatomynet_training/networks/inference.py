"""Inference exactly as the library does it: high-end zero padding, and one of two batch statistics."""

import torch
from torch import Tensor, nn
from torch.nn import functional


def pad_at_high_end(intensities: Tensor, multiple: int) -> Tensor:
    """Zero-pads the last three axes at their high ends to a multiple; zeros are air after the intensity step."""
    padding: list[int] = []
    for extent in reversed(intensities.shape[-3:]):
        padding += [0, -extent % multiple]
    return functional.pad(intensities, padding)


@torch.inference_mode()
def logits(network: nn.Module, intensities: Tensor, padding_multiple: int | None = None) -> Tensor:
    """The class scores of one volume (z, y, x) in [0, 1] before softmax; returns (classes, z, y, x) float32.

    Pads to the architecture's multiple where none is given. Uses whichever batch statistics the network's
    modules are set to: see `use_volume_statistics`.
    """
    depth, height, width = intensities.shape
    padded = pad_at_high_end(intensities[None, None], padding_multiple or network.architecture.padding_multiple)
    return network(padded)[0, :, :depth, :height, :width].float()


def probabilities(network: nn.Module, intensities: Tensor, padding_multiple: int | None = None) -> Tensor:
    """Softmax over the classes of `logits`."""
    return logits(network, intensities, padding_multiple).softmax(dim=0)


def freeze_batch_statistics(network: nn.Module) -> None:
    """Normalise with the running statistics, unchanged, also while the weights train on."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.eval()


def use_volume_statistics(network: nn.Module) -> None:
    """Normalise each volume with its own (biased) statistics, as the authors evaluated.

    The running statistics are left as they are.
    """
    network.eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = 0.0
            module.train()
