"""Imported samples on disk: one compressed NumPy archive each, fields under their own names."""

from pathlib import Path

import numpy as np

from .archive import open_archive
from .sample import Sample


def save_sample(folder: Path, sample: Sample) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        folder / f"{sample.name}.npz",
        intensities=sample.intensities,
        labels=sample.labels,
        organs=np.array(sample.organs),
        annotated=np.array(sample.annotated),
        spacing=np.array(sample.spacing),
        completed=np.array(sample.completed),
    )


def load_sample(path: Path) -> Sample:
    """An imported sample; ValueError naming the file where it is something else or damaged."""
    with open_archive(path) as archive:
        return Sample(
            name=path.stem,
            intensities=archive["intensities"],
            labels=archive["labels"],
            organs=tuple(archive["organs"].tolist()),
            annotated=tuple(archive["annotated"].tolist()),
            spacing=tuple(archive["spacing"].tolist()),
            # Samples imported by version 0.1.0 do not say.
            completed=tuple(archive["completed"].tolist()) if "completed" in archive else (),
        )


def sample_paths(folder: Path) -> list[Path]:
    """The imported samples of a folder, by name."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise ValueError(f"{folder}: no imported samples (*.npz)")
    return paths


def load_samples(folder: Path) -> list[Sample]:
    return [load_sample(path) for path in sample_paths(folder)]
