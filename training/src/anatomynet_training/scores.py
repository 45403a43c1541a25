"""DSC and 95 % Hausdorff distance of every organ of a case."""

import csv
from dataclasses import dataclass
from typing import TextIO

import numpy as np

from .metrics import dice, hausdorff95
from .sample import Sample

COLUMNS = ("case", "organ", "dsc", "hd95_mm", "truth_voxels", "predicted_voxels")
"""Of a table of scores."""


@dataclass(frozen=True)
class Score:
    case: str
    organ: str
    dsc: float
    """NaN where truth and prediction are empty."""
    hausdorff95: float
    """Millimetres; NaN where truth or prediction is empty."""
    truth_voxels: int
    predicted_voxels: int

    @property
    def is_absent(self) -> bool:
        return self.truth_voxels == self.predicted_voxels == 0


def scores_of(sample: Sample, predicted: np.ndarray) -> list[Score]:
    """The scores of every organ drawn in the sample; `predicted` has the sample's labels."""
    scores = []
    for label, organ in enumerate(sample.organs, start=1):
        if not sample.drawn[label - 1]:
            continue
        truth, own = sample.labels == label, predicted == label
        scores.append(Score(sample.name, organ, dice(own, truth), hausdorff95(own, truth, sample.spacing),
                            int(truth.sum()), int(own.sum())))
    return scores


def write_scores(table: TextIO, scores: list[Score]) -> None:
    """Appends rows to a table, at once: what was computed outlives whatever comes."""
    csv.writer(table).writerows(
        [score.case, score.organ, f"{score.dsc:.4f}", f"{score.hausdorff95:.2f}", score.truth_voxels,
         score.predicted_voxels]
        for score in scores
    )
    table.flush()
