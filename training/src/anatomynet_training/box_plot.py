"""Box plots of scores."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from .scores import Score


def draw_box_plot(path: Path, scores: list[Score]) -> None:
    """A box per organ: DSC above, HD95 below."""
    scores = [score for score in scores if not score.is_absent]
    organs = list(dict.fromkeys(score.organ for score in scores))
    if not organs:
        return
    figure = Figure(figsize=(1.2 * len(organs) + 2, 8))
    above, below = figure.subplots(2, 1, sharex=True)
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
