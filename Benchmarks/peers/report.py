"""Markdown from results: the whole report, and the README's table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median

from .competitors import COMPETITORS, LIBRARY, competitor
from .results import Alone, Alternating, Record, Results
from .summary import Target, first_over_warm, nanoseconds_per_voxel, ratio, ratio_to_keeping, spread, targets
from .volumes import Size

BEGIN = "<!-- measured: begin (written by `make bench PUBLISH=1`) -->"
END = "<!-- measured: end -->"

HOW = """Times are medians over rounds; a ratio is the median of the rounds' own ratios. Peers are timed from padded float32
intensities to logits, this library from HU to labels. Peak memory is the whole process's (VmHWM); loading includes
importing the runtime and compiling the network. Spread is largest less smallest time over the median."""

ORDER = [each.name for each in COMPETITORS]


def whole_report(results: Results, plots: Sequence[str]) -> str:
    """The report with every figure; `plots` are the pictures' file names beside it."""
    parts = ["# Measured", _machine(results), "## Targets", target_table(targets(results), results.machine.get("library", ""))]
    if results.alternating:
        parts += ["## Beside other runtimes", *_comparisons(results)]
        parts += [f"![{Path(plot).stem.replace('-', ' ')}]({plot})" for plot in plots]
    if results.precision:
        parts += ["## What was executed", _precision_table(results), _descriptions(results)]
    if results.alone:
        parts += ["## This library alone", _alone_table(results)]
    if results.not_measured:
        parts += ["## Not measured", _missing(results)]
    return "\n\n".join(parts) + "\n"


def target_table(rows: Iterable[Target], newest: str) -> str:
    """`newest`: the version of this library that need not be named."""

    def value(number: float | None, unit: str) -> str:
        return "–" if number is None else f"{number:.3g}{unit}"

    return _table(
        ["178×302×225, 2 threads, float32", "must", "aim", "measured", ""],
        [
            [
                row.name,
                value(row.must, row.unit),
                value(row.aim, row.unit),
                value(row.measured, row.unit),
                _noted(row.verdict, row.library, newest),
            ]
            for row in rows
        ],
    )


def readme_section(results: Results) -> str:
    """The README's tables, markers included: the largest compared volume, and this library alone."""
    largest = max((Size.parse(record.size) for record in results.alternating), key=lambda size: size.voxels)
    threads = max(record.threads for record in results.alternating if record.size == str(largest))
    compared = [record for record in results.alternating if (record.size, record.threads) == (str(largest), threads)]
    alone = [record for record in results.alone if record.competitor == LIBRARY.name]
    newest = results.machine["library"]
    rows = [
        [_noted(_alone_title(alone, record), record.library, newest), *_own_columns(record)]
        for record in alone
        if (record.size, record.threads) == (str(largest), threads)
    ]
    for record in _sorted(compared):
        title = _title_with_version(results, record.competitor)
        if record.competitor.startswith(LIBRARY.name):
            rows.append([_noted(f"{title}, in turn", record.library, newest), *_own_columns(record)])
            continue
        rows.append(
            [
                _noted(title, record.library, newest),
                f"{median(record.seconds):.1f} s",
                f"{median(record.baseline_seconds):.2f} s",
                f"**{ratio(record):.1f}×**",
                _kept(record),
                f"{record.peak_bytes / 1e9:.1f} GB",
            ]
        )
    parts = [
        BEGIN,
        _readme_caption(results.machine, largest, threads),
        _table(["", "time", "this library, same rounds", "ratio", "ratio, memory kept", "peak memory"], rows),
        "This library alone, float32:",
        _table(
            ["volume (z, y, x)", "threads", "load", "first call", "warm call", "per voxel", "peak memory"],
            [
                [
                    _noted(_times(Size.parse(record.size)), record.library, newest),
                    str(record.threads),
                    f"{1000 * median(record.load_seconds):.0f} ms",
                    f"{median(record.first_seconds):.2f} s",
                    f"{median(record.seconds):.2f} s",
                    f"{nanoseconds_per_voxel(record):.0f} ns",
                    f"{record.peak_bytes / 1e9:.2f} GB",
                ]
                for record in _sorted(alone)
            ],
        ),
        END,
    ]
    return "\n\n".join(parts)


def _noted(text: str, library: str, newest: str) -> str:
    """With the version of this library that was measured, unless it is the one at the top."""
    return text if library in (newest, "") else f"{text} (library {library})"


def _alone_title(alone: Sequence[Alone], record: Alone) -> str:
    """Names the numbers of threads whose processes ran between this one's calls."""
    rounds = [each for each in alone if (each.size, each.series) == (record.size, record.series)]
    counts = " and ".join(str(count) for count in sorted(each.threads for each in rounds))
    return "this library alone" if len(rounds) == 1 else f"this library alone, {counts} threads alternating"


def _own_columns(record: Alone | Alternating) -> list[str]:
    """A variant of this library is no peer: it has no ratio."""
    return [f"{median(record.seconds):.1f} s", "", "", "", f"{record.peak_bytes / 1e9:.1f} GB"]


def _readme_caption(machine: dict[str, str], size: Size, threads: int) -> str:
    return (
        f"{_times(size)} voxels, {threads} threads, {machine['processor']} ({machine['instruction sets']}), "
        f"{machine['system']}, {machine['date']}, library {machine['library']}. Warm calls in turn, medians; "
        "memory is the whole process's peak:"
    )


def with_section(readme: str, section: str) -> str:
    """The README with the text between its markers replaced; ValueError where they are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the README has no markers for the measured tables")
    return before + section + after


def _machine(results: Results) -> str:
    return "\n".join(f"* {name}: {value}" for name, value in results.machine.items())


def _comparisons(results: Results) -> list[str]:
    parts = [HOW]
    newest = results.machine.get("library", "")
    configurations = sorted(
        {(Size.parse(record.size).voxels, record.size, record.threads) for record in results.alternating}
    )
    for _, size, threads in configurations:
        records = [record for record in results.alternating if (record.size, record.threads) == (size, threads)]
        parts.append(f"### {_times(Size.parse(size))}, {threads} {'thread' if threads == 1 else 'threads'}")
        for library in sorted({record.library for record in records}, key=lambda each: each != newest):
            if library not in (newest, ""):
                parts.append(f"With this library {library}:")
            parts.append(_comparison_table([record for record in records if record.library == library]))
    return parts


def _comparison_table(records: Sequence[Alternating]) -> str:
    return _table(
        [
            "",
            "rounds",
            "load",
            "first call",
            "warm call",
            "spread",
            "this library",
            "spread",
            "ratio",
            "ratio, memory kept",
            "peak memory",
        ],
        [
            [
                competitor(record.competitor).title,
                str(len(record.seconds)),
                f"{record.load_seconds:.2f} s",
                f"{record.first_seconds:.2f} s",
                f"{median(record.seconds):.3f} s",
                f"{100 * spread(record.seconds):.0f} %",
                f"{median(record.baseline_seconds):.3f} s",
                f"{100 * spread(record.baseline_seconds):.0f} %",
                f"{ratio(record):.2f}×",
                _kept(record),
                f"{record.peak_bytes / 1e9:.2f} GB",
            ]
            for record in _sorted(records)
        ],
    )


def _precision_table(results: Results) -> str:
    return _table(
        ["", "asked for", "rms error", "largest error", "other labels", "verdict"],
        [
            [
                competitor(record.competitor).title,
                competitor(record.competitor).precision,
                f"{record.rms:.1e}",
                f"{record.largest:.1e}",
                f"{record.flipped} of {record.voxels}",
                "as asked for" if record.accepted else "**NOT WHAT WAS ASKED FOR**",
            ]
            for record in _sorted(results.precision)
        ],
    ) + (
        f"\n\nLogits of a {_times(Size.parse(results.precision[0].size))} volume against a float64 network, errors over "
        "the logits' standard deviation. float32 must stay below 1e-4 rms, bfloat16 between 1e-4 and 1e-1."
    )


def _descriptions(results: Results) -> str:
    return "\n".join(
        f"* **{competitor(record.competitor).title}**: "
        + "; ".join(f"{name} {value}" for name, value in record.description.items())
        for record in _sorted(results.precision)
    )


def _alone_table(results: Results) -> str:
    return _table(
        ["", "volume", "threads", "load", "first call", "warm call", "spread", "first / warm", "per voxel", "peak memory",
         "processor time in the second after", "version"],
        [
            [
                competitor(record.competitor).title,
                _times(Size.parse(record.size)),
                str(record.threads),
                f"{1000 * median(record.load_seconds):.0f} ms",
                f"{median(record.first_seconds):.3f} s",
                f"{median(record.seconds):.3f} s",
                f"{100 * spread(record.seconds):.0f} %",
                f"{first_over_warm(record):.2f}",
                f"{nanoseconds_per_voxel(record):.0f} ns",
                f"{record.peak_bytes / 1e9:.2f} GB",
                f"{1000 * max(record.idle_processor_seconds):.0f} ms",
                record.library,
            ]
            for record in _sorted(results.alone)
        ],
    )  # fmt: skip


def _missing(results: Results) -> str:
    return "\n".join(
        f"* {competitor(record.competitor).title}, {record.size}, {record.threads} threads: "
        + " ".join(record.reason.split())
        for record in results.not_measured
    )


def _kept(record: Alternating) -> str:
    value = ratio_to_keeping(record)
    return "–" if value is None else f"{value:.2f}×"


def _title_with_version(results: Results, name: str) -> str:
    title = competitor(name).title
    return title if name.startswith(LIBRARY.name) else f"{title} {_version(results, name)}"


def _version(results: Results, name: str) -> str:
    return next((each.description["version"] for each in results.precision if each.competitor == name), "").split("-")[
        0
    ]


def _sorted(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda each: (ORDER.index(each.competitor), Size.parse(each.size).voxels, -each.threads))


def _times(size: Size) -> str:
    return "×".join(map(str, size.shape))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
