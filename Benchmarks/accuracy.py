"""How exact the library is: its scores against the same network in double precision (PyTorch).

    python Benchmarks/accuracy.py MODEL.safetensors [SAMPLE.npz ...] [--library libanatomynet.so]

Needs the package in training/. Without samples (as `anatomynet-training import` writes them) a volume
of noise is used. Scores are compared as the logarithms of probabilities, which are the logits up to
a constant in each voxel; errors are stated in standard deviations of the double-precision scores.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from anatomynet_training.dataset import load_sample
from anatomynet_training.library import Library
from anatomynet_training.networks import pad_at_high_end
from anatomynet_training.sample import Sample
from anatomynet_training.weight_file import load_weight_file
from anatomynet_training.weight_metadata import network_of, preprocessing_of
from peers.score_error import relative_error


@dataclass(frozen=True)
class Accuracy:
    rms: float
    largest: float
    flips: int
    voxels: int
    largest_margin_of_a_flip: float
    lowest_dsc: float

    def row(self, name: str, storage: str) -> str:
        return (
            f"| {name} | {storage} | {self.rms:.1e} | {self.largest:.1e} | {self.flips} of {self.voxels} "
            f"| {self.largest_margin_of_a_flip:.1e} | {100 * (1 - self.flips / self.voxels):.4f} % "
            f"| {self.lowest_dsc:.4f} |"
        )


def noise(shape: tuple[int, int, int] = (62, 83, 71)) -> Sample:
    """A volume that no network was trained on: HU of independent voxels."""
    values = np.random.default_rng(0).uniform(-1024, 2000, shape).astype(np.int16)
    return Sample("noise", values, np.zeros(values.shape, np.uint8), (), (), (1.0, 1.0, 1.0))


def exact_scores(weights: dict[str, torch.Tensor], metadata: dict[str, str], sample: Sample) -> np.ndarray:
    """Log-probabilities (class, z, y, x), everything after the intensity window in double precision."""
    network = network_of(weights, metadata).double()
    multiple = int(metadata.get("anatomynet.padding_multiple", network.architecture.padding_multiple))
    hounsfield = torch.from_numpy(sample.intensities.astype(np.float32))
    intensities = preprocessing_of(metadata).intensities(hounsfield).double()[None, None]
    with torch.no_grad():
        logits = network(pad_at_high_end(intensities, multiple))[0]
    depth, height, width = sample.intensities.shape
    return logits.log_softmax(dim=0)[:, :depth, :height, :width].numpy()


def compare(exact: np.ndarray, probabilities: np.ndarray, labels: np.ndarray) -> Accuracy:
    # Probabilities below the smallest normal float32 lose bits whatever computed them.
    representable = (probabilities > 1e-30).all(axis=0)
    reference = exact[:, representable]
    rms, largest = relative_error(np.log(probabilities[:, representable].astype(np.float64)), reference)
    wanted = exact.argmax(axis=0)
    flipped = wanted != labels
    ordered = np.sort(exact[:, flipped], axis=0) / reference.std()
    margins = ordered[-1] - ordered[-2]
    scores = [
        2 * np.sum((wanted == label) & (labels == label)) / (np.sum(wanted == label) + np.sum(labels == label))
        for label in np.unique(wanted)
    ]
    return Accuracy(
        rms=rms,
        largest=largest,
        flips=int(flipped.sum()),
        voxels=labels.size,
        largest_margin_of_a_flip=float(margins.max(initial=0)),
        lowest_dsc=float(min(scores)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("samples", type=Path, nargs="*")
    parser.add_argument("--library", type=Path, help="libanatomynet.so; absent: the installed one")
    options = parser.parse_args()
    weights, metadata = load_weight_file(options.model)
    spacing = preprocessing_of(metadata).spacing or (1.0, 1.0, 1.0)
    print("| volume | storage | rms, std | largest, std | labels that differ | their margin, std | equal labels | lowest DSC of a class |")
    print("|---|---|---|---|---|---|---|---|")
    for sample in [load_sample(path) for path in options.samples] or [noise()]:
        # On the network's own grid: two resamplers would differ more than two roundings.
        own = Sample(sample.name, sample.intensities, sample.labels, sample.organs, sample.annotated, spacing)
        exact = exact_scores(weights, metadata, own)
        with Library(options.library).load(options.model) as model:
            for storage in ("float32", "bfloat16"):
                labels, probabilities = model.segment_with_probabilities(
                    own, bfloat16_storage=storage == "bfloat16"
                )
                print(compare(exact, probabilities, labels).row(own.name, storage), flush=True)


if __name__ == "__main__":
    main()
