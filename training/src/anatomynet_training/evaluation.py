"""What a model is worth: DSC and 95 % Hausdorff distance per organ and case, of labels the library computed."""

import csv
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import matplotlib
import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance

from .dataset import load_sample
from .library import LibraryError
from .metrics import dice
from .overlays import draw_overlays
from .sample import Sample

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


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


def hausdorff95(predicted: np.ndarray, truth: np.ndarray, spacing: tuple[float, ...]) -> float:
    """The larger of the two directed 95th percentiles of surface distance, in millimetres."""
    if not predicted.any() or not truth.any():
        return float("nan")
    both = predicted | truth
    box = tuple(
        slice(max(0, int(where.min()) - 1), int(where.max()) + 2) for where in np.nonzero(both)
    )
    distances = compute_hausdorff_distance(
        torch.from_numpy(predicted[box])[None, None],
        torch.from_numpy(truth[box])[None, None],
        include_background=True,
        percentile=95,
        spacing=list(spacing),
    )
    return float(distances[0, 0])


def evaluate(paths: list[Path], segment: Callable[[Sample], np.ndarray], classes: tuple[str, ...],
             folder: Path, pictures: bool) -> tuple[list[Score], list[str]]:
    """Segments and scores all samples; writes `scores.csv`, `summary.csv`, `dsc.png`, and pictures if wanted.

    `segment` returns labels that index `classes` (background first). Organs are matched by name; those that
    the model does not know, and those that were filled in instead of drawn, are left out, with a note. A sample
    that cannot be read or that the library refuses is reported and skipped. Returns the scores and the names of
    the skipped samples.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scores: list[Score] = []
    skipped: list[str] = []
    strangers: set[str] = set()
    with (folder / "scores.csv").open("w", newline="", encoding="utf-8") as table:
        csv.writer(table).writerow(["case", "organ", "dsc", "hd95_mm", "truth_voxels", "predicted_voxels"])
        for path in paths:
            try:
                sample = load_sample(path)
                predicted = relabelled(segment(sample), classes, sample.organs)
            except (ValueError, OSError, LibraryError) as error:
                skipped.append(path.stem)
                print(f"{path.stem}: skipped: {error}", file=sys.stderr, flush=True)
                continue
            if unknown := set(sample.organs) - set(classes) - strangers:
                print(f"not scored, for the model does not know them: {', '.join(sorted(unknown))}", flush=True)
                strangers |= unknown
            if any(sample.completed):
                filled = [organ for organ, flag in zip(sample.organs, sample.completed, strict=True) if flag]
                print(f"{sample.name}: not scored, for nobody drew them: {', '.join(filled)}", flush=True)
            known = tuple(drawn and organ in classes for organ, drawn in zip(sample.organs, sample.drawn, strict=True))
            comparable = replace(sample, annotated=known, completed=())
            own = scores_of(comparable, predicted)
            write_scores(table, own)
            scores += own
            mean = f"{_mean([score.dsc for score in own]):.3f}" if own else "no known organ drawn"
            print(f"{sample.name}: mean DSC {mean}", flush=True)
            if pictures and any(known):
                draw_overlays(folder / f"{sample.name}.png", comparable, predicted)
    write_summary(folder / "summary.csv", scores)
    draw_box_plot(folder / "dsc.png", scores)
    return scores, skipped


def relabelled(labels: np.ndarray, classes: tuple[str, ...], organs: tuple[str, ...]) -> np.ndarray:
    """Labels of a model in the label order of a sample; organs the sample does not have become background."""
    table = np.zeros(256, dtype=np.uint8)
    for label, name in enumerate(classes):
        if label > 0 and name in organs:
            table[label] = organs.index(name) + 1
    return table[labels]


def summary(scores: list[Score]) -> list[dict[str, str | float | int]]:
    """Per organ, then over organs: cases, mean and median DSC, mean HD95 and how often an organ was not found.

    An organ that a case neither has nor was found in is counted as `absent` and nowhere else.
    """
    rows: list[dict[str, str | float | int]] = []
    for organ in dict.fromkeys(score.organ for score in scores):
        of_organ = [score for score in scores if score.organ == organ]
        own = [score for score in of_organ if not score.is_absent]
        dsc = [score.dsc for score in own]
        rows.append({
            "organ": organ,
            "cases": len(own),
            "mean_dsc": _mean(dsc),
            "median_dsc": round(float(np.median(dsc)), 4) if dsc else float("nan"),
            "smallest_dsc": round(min(dsc, default=float("nan")), 4),
            "mean_hd95_mm": _mean([score.hausdorff95 for score in own], digits=2),
            "not_found": sum(score.predicted_voxels == 0 for score in own),
            "absent": len(of_organ) - len(own),
        })
    if rows:
        rows.append({
            "organ": "mean of organs",
            "cases": len({score.case for score in scores if not score.is_absent}),
            "mean_dsc": _mean([row["mean_dsc"] for row in rows]),
            "median_dsc": _mean([row["median_dsc"] for row in rows]),
            "smallest_dsc": min((row["smallest_dsc"] for row in rows if row["cases"]), default=float("nan")),
            "mean_hd95_mm": _mean([row["mean_hd95_mm"] for row in rows], digits=2),
            "not_found": sum(row["not_found"] for row in rows),
            "absent": sum(row["absent"] for row in rows),
        })
    return rows


def _mean(values: list[float], digits: int = 4) -> float:
    """Of the values that are numbers; NaN where none is."""
    numbers = [value for value in values if np.isfinite(value)]
    return round(float(np.mean(numbers)), digits) if numbers else float("nan")


def write_scores(table: TextIO, scores: list[Score]) -> None:
    """Appends rows to a table, at once: what was computed outlives whatever comes."""
    csv.writer(table).writerows(
        [score.case, score.organ, f"{score.dsc:.4f}", f"{score.hausdorff95:.2f}", score.truth_voxels,
         score.predicted_voxels]
        for score in scores
    )
    table.flush()


def write_summary(path: Path, scores: list[Score]) -> None:
    rows = summary(scores)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["organ"])
        writer.writeheader()
        writer.writerows(rows)


def draw_box_plot(path: Path, scores: list[Score]) -> None:
    """A box per organ: DSC above, HD95 below."""
    scores = [score for score in scores if not score.is_absent]
    organs = list(dict.fromkeys(score.organ for score in scores))
    if not organs:
        return
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(1.2 * len(organs) + 2, 8), sharex=True)
    above.boxplot([[score.dsc for score in scores if score.organ == organ] for organ in organs])
    above.set_ylabel("DSC")
    above.set_ylim(0, 1)
    distances = [[score.hausdorff95 for score in scores if score.organ == organ and np.isfinite(score.hausdorff95)]
                 for organ in organs]
    below.boxplot(distances)
    below.set_ylabel("95 % Hausdorff distance (mm)")
    below.set_ylim(bottom=0)
    below.set_xticks(range(1, len(organs) + 1), organs, rotation=30, ha="right")
    for panel in (above, below):
        panel.grid(axis="y", alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
