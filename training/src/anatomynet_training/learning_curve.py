"""The learning curve of a run, drawn from its `progress.csv`."""

import csv
from pathlib import Path

from matplotlib.figure import Figure


def draw_learning_curve(progress: Path, picture: Path) -> None:
    """Loss above, validation DSC per organ below, over the epochs."""
    with progress.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError(f"{progress}: nothing was validated yet")
    organs = list(rows[0])[list(rows[0]).index("mean_dsc") + 1 :]
    epochs = [float(row["epoch"]) for row in rows]
    figure = Figure(figsize=(8, 8))
    loss, scores = figure.subplots(2, 1, sharex=True, height_ratios=(1, 2))
    loss.plot(epochs, [float(row["loss"]) for row in rows], color="black")
    loss.set_ylabel("training loss")
    for organ in organs:
        scores.plot(epochs, [float(row[organ]) for row in rows], label=organ, linewidth=1)
    scores.plot(epochs, [float(row["mean_dsc"]) for row in rows], label="mean", color="black", linewidth=2)
    scores.set_ylabel("validation DSC")
    scores.set_xlabel("epoch")
    scores.set_ylim(0, 1)
    scores.grid(alpha=0.3)
    scores.legend(loc="lower right", ncols=3, fontsize="small")
    figure.tight_layout()
    figure.savefig(picture, dpi=120)
