"""The command line: `measure` and `report`."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from . import machine, places, precision, report
from .competitors import COMPETITORS, LIBRARY, Competitor, competitor, runnable
from .environments import EnvironmentMissing, python_of, variables
from .measurement import measure_alone, measure_in_turn
from .results import NotMeasured, Results
from .volumes import Size

SIZES = (Size(64, 128, 128), Size(96, 192, 160), Size(178, 302, 225))
LARGE = Size(356, 302, 450)
"""Measured for this library alone: its peers take more than 10 GB each."""

FEW_VOXELS = 2_000_000
"""Up to here peers are measured with fewer threads too."""

ROUNDS = 7

PLOTS = ("against-volume-size.svg", "against-threads.svg")

PARTS = ("precision", "alone", "peers")


def main() -> None:
    arguments = _parse()
    results = arguments.results / "results.json"
    if arguments.command == "measure":
        complete = _measure(arguments, results)
    else:
        complete = True
    _report(Results.load(results), results)
    if arguments.publish:
        _publish(results)
    sys.exit(0 if complete else 1)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="peers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (
        (
            "measure",
            "measure, and write results.json, report.md and plots; fails where a precision is not as asked for",
        ),
        ("report", "write report and plots again from results.json"),
    ):
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument(
            "--results", type=Path, default=places.RESULTS, help="folder (default: Benchmarks/results)"
        )
        command.add_argument(
            "--publish", action="store_true", help="also write docs/benchmarks and the README's tables"
        )
    measure = commands.choices["measure"]
    measure.add_argument(
        "--quick", action="store_true", help="only the smallest volume, with as many threads as processors"
    )
    measure.add_argument("--large", action="store_true", help=f"also {LARGE}, this library alone")
    measure.add_argument("--sizes", type=_sizes, help="for instance 64x128x128,178x302x225 (z, y, x)")
    measure.add_argument(
        "--threads", type=_threads, help="for instance 1,2 (default: powers of two up to the processors)"
    )
    measure.add_argument("--rounds", type=int, default=ROUNDS, help="warm calls of each competitor (default: %(default)s)")
    measure.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    measure.add_argument(
        "--only", nargs="+", type=competitor, default=COMPETITORS, metavar="COMPETITOR",
        help=", ".join(each.name for each in COMPETITORS),
    )  # fmt: skip
    measure.add_argument(
        "--merge", action="store_true", help="keep what results.json has and this run does not measure"
    )
    return parser.parse_args()


def _sizes(text: str) -> list[Size]:
    return [Size.parse(part) for part in text.split(",")]


def _threads(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _measure(arguments: argparse.Namespace, path: Path) -> bool:
    """Measures and saves after every step; whether every precision was as asked for."""
    results = Results.load(path) if arguments.merge and path.exists() else Results()
    logs = arguments.results / "logs"
    most = machine.processors()
    counts = arguments.threads or ([most] if arguments.quick else _powers_of_two(most))
    sizes = arguments.sizes or (list(SIZES[:1]) if arguments.quick else list(SIZES))
    able, unable = runnable(arguments.only, machine.has)
    baselines = [each for each in able if each.is_baseline]
    peers = [each for each in able if not each.is_baseline]

    def keep(newer: Results) -> None:
        newer.machine = machine.describe()
        results.merge(newer)
        results.save(path)

    keep(
        Results(
            not_measured=[
                NotMeasured(each.name, str(sizes[0]), max(counts), f"this processor has no {each.needs}")
                for each in unable
            ]
        )
    )
    if "alone" in arguments.parts:
        for library in baselines:
            for size in sizes + ([LARGE] if arguments.large else []):
                # Fewer threads only with the best instruction set, and not for the largest volume.
                wanted = counts if library == LIBRARY and size != LARGE else [max(counts)]
                keep(Results(alone=measure_alone(library, size, wanted, arguments.rounds, logs)))
    if not {"precision", "peers"} & set(arguments.parts):
        return True
    try:
        precision.prepare(max(counts))
    except EnvironmentMissing as error:
        keep(Results(not_measured=[NotMeasured(each.name, str(sizes[0]), max(counts), str(error)) for each in peers]))
        print(error, file=sys.stderr)
        return False
    if "precision" in arguments.parts:
        checked, missing = precision.check(able, max(counts), logs)
        keep(Results(precision=checked, not_measured=missing))
    if "peers" in arguments.parts:
        for size in sizes:
            for threads in counts if size.voxels <= FEW_VOXELS else [max(counts)]:
                measured, missing = measure_in_turn(peers, size, threads, arguments.rounds, logs)
                keep(Results(alternating=measured, not_measured=missing))
    return all(record.accepted for record in results.precision)


def _powers_of_two(most: int) -> list[int]:
    """1, 2, 4, ... and `most` itself."""
    counts = [1]
    while 2 * counts[-1] < most:
        counts.append(2 * counts[-1])
    return counts if most == 1 else [*counts, most]


def _report(results: Results, path: Path) -> None:
    """Writes report.md and the plots beside results.json, and prints the report."""
    plots = PLOTS if results.alternating and _plot(path) else ()
    text = report.whole_report(results, plots)
    (path.parent / "report.md").write_text(text, encoding="utf-8")
    print(text)


def _plot(path: Path) -> bool:
    try:
        python = python_of("plots")
    except EnvironmentMissing as error:
        print(f"no plots: {error}", file=sys.stderr)
        return False
    command = [str(python), "-m", "peers.plots", str(path), str(path.parent)]
    return subprocess.run(command, check=False, env=variables(1)).returncode == 0


def _publish(path: Path) -> None:
    """Copies results, report and plots to docs/benchmarks, and puts the tables into the README."""
    places.PUBLISHED.mkdir(parents=True, exist_ok=True)
    for name, published in (
        ("results.json", "results.json"),
        ("report.md", "measured.md"),
        *((plot, plot) for plot in PLOTS),
    ):
        (places.PUBLISHED / published).write_bytes((path.parent / name).read_bytes())
    section = report.readme_section(Results.load(path))
    readme = places.README.read_text(encoding="utf-8")
    places.README.write_text(report.with_section(readme, section), encoding="utf-8")


if __name__ == "__main__":
    main()
