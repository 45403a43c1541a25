"""Scores of many cases in a few numbers."""

import csv
from pathlib import Path

import numpy as np

from .scores import Score


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
            "mean_dsc": mean_of_numbers(dsc),
            "median_dsc": round(float(np.median(dsc)), 4) if dsc else float("nan"),
            "smallest_dsc": round(min(dsc, default=float("nan")), 4),
            "mean_hd95_mm": mean_of_numbers([score.hausdorff95 for score in own], digits=2),
            "not_found": sum(score.predicted_voxels == 0 for score in own),
            "absent": len(of_organ) - len(own),
        })
    if rows:
        rows.append({
            "organ": "mean of organs",
            "cases": len({score.case for score in scores if not score.is_absent}),
            "mean_dsc": mean_of_numbers([row["mean_dsc"] for row in rows]),
            "median_dsc": mean_of_numbers([row["median_dsc"] for row in rows]),
            "smallest_dsc": min((row["smallest_dsc"] for row in rows if row["cases"]), default=float("nan")),
            "mean_hd95_mm": mean_of_numbers([row["mean_hd95_mm"] for row in rows], digits=2),
            "not_found": sum(row["not_found"] for row in rows),
            "absent": sum(row["absent"] for row in rows),
        })
    return rows


def mean_of_numbers(values: list[float], digits: int = 4) -> float:
    """Of the values that are numbers; NaN where none is."""
    numbers = [value for value in values if np.isfinite(value)]
    return round(float(np.mean(numbers)), digits) if numbers else float("nan")


def write_summary(path: Path, scores: list[Score]) -> None:
    rows = summary(scores)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else ["organ"])
        writer.writeheader()
        writer.writerows(rows)
