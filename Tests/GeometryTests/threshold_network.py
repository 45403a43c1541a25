"""AnatomyNet with weights made by hand, whose scores depend only on the voxel's own intensity.

All weights are zero but those on one path: the input image, which is concatenated before the last block,
passes that block's shortcut unchanged, and the class layer turns it into one straight line a class. So
labels follow from the resampled intensities alone, and an independent program can predict them.
"""

import json
import struct

import numpy as np


def state_dict(lines):
    """lines: one (slope, intercept) a class; class scores are slope * intensity + intercept."""
    tensors = {}

    def zeros(name, *shape):
        tensors[name] = np.zeros(shape, np.float32)

    def norm(name, channels):
        for key, value in (("weight", 1), ("bias", 0), ("running_mean", 0), ("running_var", 1 - 1e-5)):
            tensors[f"{name}.{key}"] = np.full(channels, value, np.float32)

    def block(name, inputs, outputs, reduction, shortcut_kernel=1, shortcut=None):
        zeros(f"{name}.conv1.weight", outputs, inputs, 3, 3, 3)
        norm(f"{name}.bn1", outputs)
        zeros(f"{name}.conv2.weight", outputs, outputs, 3, 3, 3)
        norm(f"{name}.bn2", outputs)
        if reduction:
            zeros(f"{name}.se.fc.0.weight", outputs // reduction, outputs)
            zeros(f"{name}.se.fc.0.bias", outputs // reduction)
            zeros(f"{name}.se.fc.2.weight", outputs, outputs // reduction)
            zeros(f"{name}.se.fc.2.bias", outputs)
        if inputs != outputs if shortcut is None else shortcut:
            zeros(f"{name}.downsample.0.weight", outputs, inputs, *[shortcut_kernel] * 3)
            norm(f"{name}.downsample.1", outputs)

    channels = [28, 30, 32, 34]
    zeros("conv1.weight", channels[0], 1, 3, 3, 3)
    norm("bn1", channels[0])
    for layer in (1, 2, 3):
        block(f"layer{layer}.0", channels[layer - 1], channels[layer], 15)
        block(f"layer{layer}.1", channels[layer], channels[layer], 15)
    for layer, below, level in ((4, 3, 2), (6, 2, 1), (8, 1, 0)):
        block(f"layer{layer}", channels[below] + channels[level], channels[level], 16)
        block(f"layer{layer + 1}.0", channels[level], channels[level], 15)
    half = channels[0] // 2
    zeros("layer10.deconv1.weight", channels[0], half, 2, 2, 2)
    zeros("layer10.deconv1.bias", half)
    block("layer10", half + 1, half, 0, shortcut_kernel=3)
    tensors["layer10.downsample.0.weight"][0, half, 1, 1, 1] = 1
    zeros("layer11.0.weight", len(lines), half, 3, 3, 3)
    tensors["layer11.0.weight"][:, 0, 1, 1, 1] = [slope for slope, _ in lines]
    tensors["layer11.0.bias"] = np.array([intercept for _, intercept in lines], np.float32)
    return tensors


def safetensors(tensors):
    header, data = {}, b""
    for name, values in tensors.items():
        content = values.tobytes()
        header[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data
