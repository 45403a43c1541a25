"""Writes a small AnatomyNet with random weights: four stages of 4 to 7 channels, three classes."""

import json
import random
import struct
import sys

from anatomynet_tensors import shapes
from safetensors_container import assemble, container

CHANNELS = [4, 5, 6, 7]
CLASSES = ["background", "Mandible", "Larynx é"]
SQUEEZE_REDUCTION = (2, 3)
METADATA = {
    "anatomynet.format_version": "1",
    "anatomynet.architecture": "AnatomyNet",
    "anatomynet.squeeze_reduction": ",".join(map(str, SQUEEZE_REDUCTION)),
    "anatomynet.classes": json.dumps(CLASSES),
    "anatomynet.intensity_window": "-1000,1500",
    "anatomynet.license": "CC0",
    "institute": "für Prüfzwecke",
}


def product(shape):
    size = 1
    for dimension in shape:
        size *= dimension
    return size


def tensors():
    """Dtype, shape and bytes by name."""
    source = random.Random(1)
    result = {}
    for name, shape in shapes(CHANNELS, len(CLASSES), SQUEEZE_REDUCTION).items():
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


if __name__ == "__main__":
    with open(sys.argv[1], "wb") as file:
        file.write(container(*assemble(tensors(), METADATA)))
