"""Pictures of results: time, ratio and peak memory against volume size and against threads.

Runs in the environment `plots`: python -m peers.plots RESULTS FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from .competitors import COMPETITORS, competitor
from .results import Alone, Alternating, Results
from .summary import ratio
from .volumes import Size

COLOURS = {each.name: f"C{index}" for index, each in enumerate(COMPETITORS)}

Timed = Alone | Alternating
Value = Callable[[Timed], float | None]


def seconds(record: Timed) -> float:
    return median(record.seconds)


def gigabytes(record: Timed) -> float:
    return record.peak_bytes / 1e9


def times_slower(record: Timed) -> float | None:
    return ratio(record) if isinstance(record, Alternating) else None


PANELS: tuple[tuple[str, Value, bool], ...] = (
    ("warm call, s", seconds, True),
    ("times as long as this library", times_slower, False),
    ("peak memory of the process, GB", gigabytes, True),
)


def against(results: Results, position: Callable[[Timed], float], label: str, shown: Callable[[Timed], bool]) -> Figure:
    """Three panels, one line a competitor, over `position` of the records that are to be shown."""
    records = [record for record in _timed(results) if shown(record)]
    names = [each.name for each in COMPETITORS if any(record.competitor == each.name for record in records)]
    figure = Figure(figsize=(12, 4.2), layout="constrained")
    panels: list[Axes] = list(figure.subplots(1, len(PANELS)))
    for panel, (title, value, logarithmic) in zip(panels, PANELS, strict=True):
        for name in names:
            points = sorted(
                (position(record), height)
                for record in records
                if record.competitor == name and (height := value(record)) is not None
            )
            if points:
                panel.plot(*zip(*points, strict=True), "o-", label=competitor(name).title, color=COLOURS[name])
        panel.set_xscale("log", base=2)
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set_xlabel(label)
        panel.set_title(title, fontsize=10)
        panel.grid(alpha=0.3)
        if logarithmic:
            panel.set_yscale("log")
            panel.yaxis.set_major_formatter("{x:g}")
            panel.yaxis.set_minor_formatter(NullFormatter())
        else:
            panel.set_ylim(bottom=0)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, fontsize=9)
    return figure


def _timed(results: Results) -> list[Timed]:
    records: list[Timed] = []
    records += results.alone
    records += results.alternating
    return records


def main() -> None:
    results, folder = Results.load(Path(sys.argv[1])), Path(sys.argv[2])
    # Equal results give equal files.
    matplotlib.rcParams["svg.hashsalt"] = "anatomynet"
    everything = _timed(results)
    most_threads = max(record.threads for record in everything)
    # The size that was measured with the most different numbers of threads; of several, the smallest.
    counts = {
        size: len({record.threads for record in everything if record.size == size})
        for size in {record.size for record in everything}
    }
    chosen = min(counts, key=lambda size: (-counts[size], Size.parse(size).voxels))
    pictures = {
        "against-volume-size": against(
            results,
            lambda record: Size.parse(record.size).voxels / 1e6,
            f"million voxels; {most_threads} threads",
            lambda record: record.threads == most_threads,
        ),
        "against-threads": against(
            results,
            lambda record: record.threads,
            f"threads; {chosen.replace('x', '×')} voxels",
            lambda record: record.size == chosen,
        ),
    }
    for name, figure in pictures.items():
        figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
