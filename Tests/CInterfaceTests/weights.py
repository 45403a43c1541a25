"""Writes a small AnatomyNet with random weights: four stages of 4 to 7 channels, three classes."""

import hashlib
import json
import random
import struct

CHANNELS = [4, 5, 6, 7]
CLASSES = ["background", "Mandible", "Larynx é"]
METADATA = {
    "anatomynet.format_version": "1",
    "anatomynet.architecture": "AnatomyNet",
    "anatomynet.squeeze_reduction": "2,3",
    "anatomynet.classes": json.dumps(CLASSES),
    "anatomynet.intensity_window": "-1000,1500",
    "anatomynet.license": "CC0",
    "institute": "für Prüfzwecke",
}


def shapes():
    c0, c1, c2, c3 = CHANNELS
    result = {}

    def norm(name, channels):
        for field in ("weight", "bias", "running_mean", "running_var"):
            result[f"{name}.{field}"] = [channels]
        result[f"{name}.num_batches_tracked"] = []

    def block(name, inputs, outputs, reduction=None, shortcut=1):
        result[f"{name}.conv1.weight"] = [outputs, inputs, 3, 3, 3]
        norm(f"{name}.bn1", outputs)
        result[f"{name}.conv2.weight"] = [outputs, outputs, 3, 3, 3]
        norm(f"{name}.bn2", outputs)
        if reduction:
            hidden = outputs // reduction
            result[f"{name}.se.fc.0.weight"] = [hidden, outputs]
            result[f"{name}.se.fc.0.bias"] = [hidden]
            result[f"{name}.se.fc.2.weight"] = [outputs, hidden]
            result[f"{name}.se.fc.2.bias"] = [outputs]
        if inputs != outputs:
            result[f"{name}.downsample.0.weight"] = [outputs, inputs] + [shortcut] * 3
            norm(f"{name}.downsample.1", outputs)

    result["conv1.weight"] = [c0, 1, 3, 3, 3]
    norm("bn1", c0)
    for stage, (inputs, outputs) in enumerate([(c0, c1), (c1, c2), (c2, c3)], start=1):
        block(f"layer{stage}.0", inputs, outputs, 2)
        block(f"layer{stage}.1", outputs, outputs, 2)
    for layer, (inputs, outputs) in {4: (c3 + c2, c2), 6: (c2 + c1, c1), 8: (c1 + c0, c0)}.items():
        block(f"layer{layer}", inputs, outputs, 3)
        block(f"layer{layer + 1}.0", outputs, outputs, 2)
    result["layer10.deconv1.weight"] = [c0, c0 // 2, 2, 2, 2]
    result["layer10.deconv1.bias"] = [c0 // 2]
    block("layer10", c0 // 2 + 1, 14, None, 3)
    result["layer11.0.weight"] = [len(CLASSES), 14, 3, 3, 3]
    result["layer11.0.bias"] = [len(CLASSES)]
    return result


def product(shape):
    size = 1
    for dimension in shape:
        size *= dimension
    return size


def tensors():
    """Pairs of dtype, shape and bytes by name."""
    source = random.Random(1)
    result = {}
    for name, shape in shapes().items():
        count = product(shape)
        if name.endswith("num_batches_tracked"):
            result[name] = ("I64", shape, struct.pack("<q", 7))
            continue
        if name.endswith("running_var"):
            values = [source.uniform(0.5, 2) for _ in range(count)]
        else:
            values = [source.uniform(-0.3, 0.3) for _ in range(count)]
        result[name] = ("F32", shape, struct.pack(f"<{count}f", *values))
    return result


def assemble(contents, metadata=METADATA):
    """The header as a dictionary and the data section."""
    header, data = {}, b""
    for name, (dtype, shape, piece) in contents.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(piece)]}
        data += piece
    header["__metadata__"] = {**metadata, "anatomynet.data_sha256": hashlib.sha256(data).hexdigest()}
    return header, data


def container(header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


if __name__ == "__main__":
    import sys

    with open(sys.argv[1], "wb") as file:
        file.write(container(*assemble(tensors())))
