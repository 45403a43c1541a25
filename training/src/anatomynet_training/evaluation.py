"""What a model is worth: scores, their summary and pictures, of labels the library computed."""

import csv
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from .box_plot import draw_box_plot
from .dataset import load_sample
from .library import LibraryError
from .overlays import draw_overlays
from .relabelling import relabelled
from .sample import Sample
from .scores import COLUMNS, Score, scores_of, write_scores
from .summary import mean_of_numbers, write_summary


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
        csv.writer(table).writerow(COLUMNS)
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
            mean = f"{mean_of_numbers([score.dsc for score in own]):.3f}" if own else "no known organ drawn"
            print(f"{sample.name}: mean DSC {mean}", flush=True)
            if pictures and any(known):
                draw_overlays(folder / f"{sample.name}.png", comparable, predicted)
    write_summary(folder / "summary.csv", scores)
    draw_box_plot(folder / "dsc.png", scores)
    return scores, skipped
