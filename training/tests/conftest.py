import csv
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from anatomynet_training.progress_table import CURVE
from anatomynet_training.recipe import Recipe, Stage
from anatomynet_training.sample import Sample

# The volumes are tiny: a second thread costs more in waiting than it computes, most of all on a busy machine.
torch.set_num_threads(1)

FIXTURES = Path(__file__).parent / "fixtures"


def folder_from_environment(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} does not name {what}")
    return Path(value)


ORGANS = ("BrainStem", "Parotid_L", "Parotid_R")


def blocks(name: str = "blocks", shape: tuple[int, int, int] = (24, 32, 40), annotated=(True, True, True),
           seed: int = 0) -> Sample:
    """A body of soft tissue in air with three bright boxes, different in size and side."""
    generator = np.random.default_rng(seed)
    depth, height, width = shape
    intensities = np.full(shape, -1024, dtype=np.int16)
    body = (slice(2, depth - 2), slice(4, height - 4), slice(4, width - 4))
    intensities[body] = generator.normal(0, 20, [part.stop - part.start for part in body])
    labels = np.zeros(shape, dtype=np.uint8)
    boxes = (
        (slice(6, 14), slice(12, 20), slice(17, 23), 300),
        (slice(8, 16), slice(10, 18), slice(26, 34), 600),
        (slice(8, 14), slice(10, 16), slice(6, 12), 600),
    )
    for label, (z, y, x, value) in enumerate(boxes, start=1):
        intensities[z, y, x] = value
        if annotated[label - 1]:
            labels[z, y, x] = label
    return Sample(name, intensities, labels, ORGANS, tuple(annotated), (3.0, 2.0, 2.0))


SHAPE = (16, 24, 40)
"""Of the volumes that the tests of runs train on."""


def samples(count: int = 3):
    return [blocks(f"case_{index}", SHAPE, seed=index) for index in range(count)]


PATCHES = Stage(epochs=2, optimiser="adamw", learning_rate=3e-3, final_learning_rate=1e-3, patch=(8, 16, 16))
WHOLE = Stage(epochs=1, optimiser="sgd", learning_rate=1e-3, frozen_statistics=True)


def recipe(**changes) -> Recipe:
    settings = {"network": "AnatomyNet", "stages": (PATCHES, WHOLE), "window": (-1000.0, 1500.0), "average": 0.9}
    return Recipe(**(settings | changes))


def progress_rows(folder: Path) -> list[dict[str, str]]:
    with (folder / CURVE).open() as file:
        return list(csv.DictReader(file))


@pytest.fixture
def sample() -> Sample:
    return blocks()
