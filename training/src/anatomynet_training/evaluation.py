"""What a model is worth: DSC and 95 % Hausdorff distance per organ and case, of labels the library computed."""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import torch
from monai.metrics import compute_hausdorff_distance

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
    hausdorff95: float
    """Millimetres; NaN where truth or prediction is empty."""
    truth_voxels: int
    predicted_voxels: int


def scores_of(sample: Sample, predicted: np.ndarray) -> list[Score]:
    """The scores of every organ drawn in the sample; `predicted` has the sample's labels."""
    scores = []
    for label, organ in enumerate(sample.organs, start=1):
        if not sample.annotated[label - 1]:
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


def evaluate(samples: Iterable[Sample], segment: Callable[[Sample], np.ndarray], classes: tuple[str, ...],
             folder: Path, pictures: bool) -> list[Score]:
    """Segments and scores all samples; writes `scores.csv`, `summary.csv`, `dsc.png`, and pictures if wanted.

    `segment` returns labels that index `classes` (background first). Organs are matched by name; those
    the model does not know are left out, with a note.
    """
    folder.mkdir(parents=True, exist_ok=True)
    scores: list[Score] = []
    for sample in samples:
        known = tuple(drawn and organ in classes
                      for organ, drawn in zip(sample.organs, sample.annotated, strict=True))
        comparable = Sample(sample.name, sample.intensities, sample.labels, sample.organs, known, sample.spacing)
        predicted = relabelled(segment(sample), classes, sample.organs)
        own = scores_of(comparable, predicted)
        scores += own
        mean = f"{np.mean([score.dsc for score in own]):.3f}" if own else "no known organ drawn"
        print(f"{sample.name}: mean DSC {mean}", flush=True)
        if pictures and any(known):
            draw_overlays(folder / f"{sample.name}.png", comparable, predicted)
    write_scores(folder / "scores.csv", scores)
    write_summary(folder / "summary.csv", scores)
    draw_box_plot(folder / "dsc.png", scores)
    return scores


def relabelled(labels: np.ndarray, classes: tuple[str, ...], organs: tuple[str, ...]) -> np.ndarray:
    """Labels of a model in the label order of a sample; organs the sample does not have become background."""
    table = np.zeros(256, dtype=np.uint8)
    for label, name in enumerate(classes):
        if label > 0 and name in organs:
            table[label] = organs.index(name) + 1
    return table[labels]


def summary(scores: list[Score]) -> list[dict[str, str | float | int]]:
    """Per organ, then over organs: cases, mean and median DSC, mean HD95 and how often an organ was not found."""
    rows: list[dict[str, str | float | int]] = []
    for organ in dict.fromkeys(score.organ for score in scores):
        own = [score for score in scores if score.organ == organ]
        dsc = np.array([score.dsc for score in own])
        distance = np.array([score.hausdorff95 for score in own])
        rows.append({
            "organ": organ,
            "cases": len(own),
            "mean_dsc": round(float(dsc.mean()), 4),
            "median_dsc": round(float(np.median(dsc)), 4),
            "smallest_dsc": round(float(dsc.min()), 4),
            "mean_hd95_mm": round(float(np.nanmean(distance)), 2) if np.isfinite(distance).any() else float("nan"),
            "not_found": sum(score.predicted_voxels == 0 and score.truth_voxels > 0 for score in own),
        })
    if rows:
        rows.append({
            "organ": "mean of organs",
            "cases": len({score.case for score in scores}),
            "mean_dsc": round(float(np.mean([row["mean_dsc"] for row in rows])), 4),
            "median_dsc": round(float(np.mean([row["median_dsc"] for row in rows])), 4),
            "smallest_dsc": min(row["smallest_dsc"] for row in rows),
            "mean_hd95_mm": round(float(np.nanmean([row["mean_hd95_mm"] for row in rows])), 2),
            "not_found": sum(row["not_found"] for row in rows),
        })
    return rows


def write_scores(path: Path, scores: list[Score]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "organ", "dsc", "hd95_mm", "truth_voxels", "predicted_voxels"])
        for score in scores:
            writer.writerow([score.case, score.organ, f"{score.dsc:.4f}", f"{score.hausdorff95:.2f}",
                             score.truth_voxels, score.predicted_voxels])


def write_summary(path: Path, scores: list[Score]) -> None:
    rows = summary(scores)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["organ"])
        writer.writeheader()
        writer.writerows(rows)


def draw_box_plot(path: Path, scores: list[Score]) -> None:
    """A box per organ: DSC above, HD95 below."""
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
