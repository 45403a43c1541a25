"""The network, from the project's training package: as PyTorch module, as ONNX file, and its float64 reference.

Runs in PyTorch's environment: python -m peers.network WEIGHTS FOLDER SIZE
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from anatomynet_training.networks import build_network
from safetensors.torch import load_file
from torch import nn

from .volumes import Size, hounsfield_units, network_input


def build(weights: Path) -> nn.Module:
    """AnatomyNet with these weights, for inference with running batch statistics."""
    state = load_file(weights)
    network = build_network("AnatomyNet", classes=len(state["layer11.0.bias"]))
    network.load_state_dict(state)
    return network.eval()


def export_onnx(network: nn.Module, path: Path) -> None:
    """Writes the network with free extents; each runtime fixes them to the volume's before it compiles."""
    free = {2: "depth", 3: "height", 4: "width"}
    torch.onnx.export(
        network,
        (torch.zeros(1, 1, 16, 16, 16),),
        str(path),
        input_names=["intensities"],
        output_names=["logits"],
        dynamic_axes={"intensities": free, "logits": free},
        opset_version=18,
        dynamo=False,
    )


def main() -> None:
    weights, folder, size = Path(sys.argv[1]), Path(sys.argv[2]), Size.parse(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    network = build(weights)
    export_onnx(network, folder / "network.onnx")
    intensities = network_input(hounsfield_units(size))
    with torch.inference_mode():
        logits = network.double()(torch.from_numpy(intensities).double())
    np.save(folder / "reference.npy", logits[0, :, : size.depth, : size.height, : size.width].numpy())


if __name__ == "__main__":
    main()
