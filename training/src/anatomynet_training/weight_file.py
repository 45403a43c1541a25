"""The library's weight file: a safetensors container whose metadata says everything a model decides."""

import hashlib
import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from .networks import NETWORKS, class_count
from .networks.residual import ResidualArchitecture

FORMAT_VERSION = "1"

NOT_FOR_CLINICAL_USE = "Not for clinical use."


@dataclass(frozen=True)
class ModelDescription:
    """What the metadata states. Per-axis values are (z, y, x) here and written as (x, y, z)."""

    architecture: str
    classes: tuple[str, ...]
    """Background first, in label order."""
    window: tuple[float, float] | None
    """HU mapped to 0 and 1; None where voxels enter as they are."""
    spacing: tuple[float, float, float] | None
    """Millimetres of the network's grid; None where it takes any."""
    spacing_range: tuple[tuple[float, float, float], tuple[float, float, float]] | None = None
    """Smallest and largest spacing of the volumes it was trained on, before resampling; see `spacing_range`."""
    batch_norm: str = "running"
    """'running' or 'volume'."""
    licence: str = ""
    provenance: str = ""
    further: dict[str, str] = field(default_factory=dict)
    """Keys of the model's own, kept by the library and not interpreted."""

    def metadata(self) -> dict[str, str]:
        architecture = NETWORKS[self.architecture]
        entries = {
            "format_version": FORMAT_VERSION,
            "architecture": architecture.name,
            "channels": ",".join(map(str, architecture.channels)),
            "activation": "relu",
            "classes": json.dumps(list(self.classes), ensure_ascii=False),
            "intensity_window": _decimals(self.window) if self.window else "none",
            "orientation": "LPS",
            "spacing": _decimals(self.spacing[::-1]) if self.spacing else "none",
            "padding_multiple": str(architecture.padding_multiple),
            "batch_norm": self.batch_norm,
            "license": self.licence,
            "provenance": self._provenance(),
        }
        if isinstance(architecture, ResidualArchitecture):
            entries["blocks"] = str(architecture.blocks)
            if architecture.squeeze_reduction:
                entries["squeeze_reduction"] = ",".join(map(str, architecture.squeeze_reduction))
            if architecture.negative_slope:
                entries["activation"] = "leaky_relu"
                entries["negative_slope"] = _decimal(architecture.negative_slope)
        if self.spacing_range:
            smallest, largest = self.spacing_range
            entries["spacing_minimum"] = _decimals(smallest[::-1])
            entries["spacing_maximum"] = _decimals(largest[::-1])
        return {f"anatomynet.{key}": value for key, value in entries.items()} | self.further

    def _provenance(self) -> str:
        stated = self.provenance.strip()
        return stated if stated.endswith(NOT_FOR_CLINICAL_USE) else f"{stated} {NOT_FOR_CLINICAL_USE}".strip()


def save_weight_file(path: Path, state: dict[str, Tensor], description: ModelDescription) -> None:
    """Writes a state dict and its description, with the SHA-256 of the data section among the metadata."""
    tensors = {name: tensor.contiguous() for name, tensor in state.items()}
    classes = class_count(tensors)
    if classes != len(description.classes):
        raise ValueError(f"the network tells {classes} classes apart, the description names {len(description.classes)}")
    metadata = description.metadata()
    # The data section does not depend on the metadata, so its checksum can be taken from a first copy.
    checksum = hashlib.sha256(data_section(save(tensors, metadata))).hexdigest()
    content = save(tensors, metadata | {"anatomynet.data_sha256": checksum})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def data_section(content: bytes) -> bytes:
    """Everything after the JSON header of a safetensors container."""
    (header_length,) = struct.unpack("<Q", content[:8])
    return content[8 + header_length :]


def load_weight_file(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file; ValueError for another file."""
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})
    except SafetensorError as error:
        raise ValueError(f"{path}: not a safetensors file, or damaged ({error})") from error


def _decimal(number: float) -> str:
    return np.format_float_positional(number, trim="-")


def _decimals(numbers: tuple[float, ...]) -> str:
    return ",".join(_decimal(number) for number in numbers)
