"""From a training checkpoint to a weight file, and the proof that the library computes the same with it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from .library import Library
from .networks import network_with_weights, probabilities, use_volume_statistics
from .preprocessing import Preprocessing
from .recipe import recipe_from
from .run_state import read_state
from .sample import AIR_HU, Sample
from .weight_file import ModelDescription, load_weight_file, save_weight_file

BACKGROUND = "background"

EXPORTED_KEYS = {"weights", "organs", "spacing_range", "recipe"}

PROBABILITY_TOLERANCE = 1e-4
"""Largest difference between float32 PyTorch and the library's float32."""

LABEL_AGREEMENT = 0.9999
"""Least share of voxels with equal labels: where two classes tie, rounding decides."""

DEFAULT_NEGATIVE_SLOPE = 0.01
"""Of a weight file that states leaky_relu and no slope."""


def export(checkpoint: Path, output: Path, licence: str, provenance: str) -> None:
    """Writes the averaged weights of a run's `best.pt` or `last.pt` as a weight file; ValueError for other files."""
    state = read_state(checkpoint)
    if "averaged" in state:
        raise ValueError(f"{checkpoint} is a run's state for going on; export best.pt or last.pt of the same folder")
    if not EXPORTED_KEYS <= state.keys():
        raise ValueError(f"{checkpoint}: not best.pt or last.pt of a run; `convert` reads the authors' checkpoints")
    recipe = recipe_from(state["recipe"])
    description = ModelDescription(
        architecture=recipe.network,
        classes=(BACKGROUND, *state["organs"]),
        window=recipe.window,
        spacing=recipe.spacing,
        spacing_range=tuple(map(tuple, state["spacing_range"])),
        licence=licence,
        provenance=provenance,
    )
    save_weight_file(output, state["weights"], description)


@dataclass(frozen=True)
class Parity:
    largest_difference: float
    agreement: float

    @property
    def holds(self) -> bool:
        return self.largest_difference <= PROBABILITY_TOLERANCE and self.agreement >= LABEL_AGREEMENT


def check_parity(library: Library, weight_file: Path, sample: Sample | None = None) -> Parity:
    """Runs one volume through PyTorch and through the library.

    The volume is taken to have the model's spacing, so that the networks are compared and not two
    resamplers. Without a sample, noise: enough to compare arithmetic. A file that the library refuses
    raises LibraryError, one that PyTorch cannot be told to follow ValueError.
    """
    # The library first: of a broken file it says best what is wrong.
    with library.load(weight_file) as model:
        state, metadata = load_weight_file(weight_file)
        preprocessing = preprocessing_of(metadata)
        volume = _noise(preprocessing) if sample is None else sample.intensities
        network = network_of(state, metadata)
        multiple = metadata.get("anatomynet.padding_multiple")
        spacing = preprocessing.spacing or (1.0, 1.0, 1.0)
        own = Sample("parity", volume, np.zeros(volume.shape, np.uint8), (), (), spacing)
        intensities = preprocessing.intensities(torch.from_numpy(volume.astype(np.float32)))
        expected = probabilities(network, intensities, int(multiple) if multiple else None).numpy()
        labels, found = model.segment_with_probabilities(own, allow_untrained_spacing=True)
    return Parity(
        float(np.abs(found - expected).max()),
        float((labels == expected.argmax(axis=0)).mean()),
    )


def _noise(preprocessing: Preprocessing) -> np.ndarray:
    """Of tissue-like HU; where no window is applied, of what one gives: 0 to 1, for which the networks are made.

    HU as they are would make logits some hundred times as large, and with them the rounding of probabilities.
    """
    source, shape = np.random.default_rng(0), (37, 45, 53)
    if preprocessing.window is None:
        return source.uniform(0, 1, shape).astype(np.float32)
    return np.clip(source.normal(0, 300, shape), AIR_HU, 3000).astype(np.int16)


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
