"""Samples prepared once and read many times: one compressed NumPy archive each."""

from pathlib import Path

import numpy as np

from .sample import Sample


def save_sample(path: Path, sample: Sample) -> None:
    """Writes the sample's fields under their own names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        path,
        intensities=sample.intensities,
        labels=sample.labels,
        organs=np.array(sample.organs),
        annotated=np.array(sample.annotated),
        spacing=np.array(sample.spacing),
    )


def load_sample(path: Path) -> Sample:
    with np.load(path) as archive:
        return Sample(
            name=path.stem,
            intensities=archive["intensities"],
            labels=archive["labels"],
            organs=tuple(archive["organs"].tolist()),
            annotated=tuple(archive["annotated"].tolist()),
            spacing=tuple(archive["spacing"].tolist()),
        )


def load_samples(folder: Path) -> list[Sample]:
    """All prepared samples of a folder, by name."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise ValueError(f"{folder}: no prepared samples (*.npz)")
    return [load_sample(path) for path in paths]
