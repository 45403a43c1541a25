"""The measurements: this library alone, and its peers in turn with it."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from .competitors import LIBRARY, LIBRARY_KEEPING, Competitor, heats
from .environments import EnvironmentMissing, python_of
from .results import Alone, Alternating, NotMeasured
from .volumes import Size
from .worker_process import WorkerFailed, WorkerProcess

PAUSE = 0.3
"""Seconds between two runs: threads that spin on after a call have stopped by then."""

PROCESSES = 3
"""Processes in which the library is measured alone: its first call is one a process."""

MEMORY_SHARE = 0.85
"""Of the memory available, how much competitors may fill together."""


def measure_alone(library: Competitor, size: Size, counts: Sequence[int], rounds: int, logs: Path) -> list[Alone]:
    """This library with each of these numbers of threads, in turn."""
    series = f"{time.time():.0f}"
    records = [Alone(library.name, str(size), threads, [], [], [], [], 0, series=series) for threads in counts]
    for _ in range(PROCESSES):
        with ExitStack() as stack:
            workers: dict[int, WorkerProcess] = {}
            for record in records:
                log = logs / f"{library.name}-{size}-{record.threads}-alone.log"
                worker = stack.enter_context(WorkerProcess(library, size, record.threads, log))
                workers[record.threads] = worker
                record.load_seconds.append(worker.load_seconds)
                record.first_seconds.append(worker.run())
            times = alternate(workers, rounds)
            for index, record in enumerate(records):
                worker = workers[record.threads]
                record.seconds.extend(times[record.threads])
                record.idle_processor_seconds.append(worker.idle_processor_seconds())
                records[index] = replace(
                    record, peak_bytes=max(record.peak_bytes, worker.end()), library=worker.description["version"]
                )
    for record in records:
        _tell(library, size, record.threads, record.seconds)
    return records


def measure_in_turn(
    peers: Sequence[Competitor], size: Size, threads: int, rounds: int, logs: Path
) -> tuple[list[Alternating], list[NotMeasured]]:
    """Runs peers and this library in turn, as many at once as fit in memory."""
    measured: list[Alternating] = []
    missing: list[NotMeasured] = []
    ready = []
    for peer in peers:
        try:
            python_of(peer.environment)
            ready.append(peer)
        except EnvironmentMissing as error:
            missing.append(NotMeasured(peer.name, str(size), threads, str(error)))
    groups = heats(ready, size.even.voxels, MEMORY_SHARE * available_memory())
    for peer in ready:
        if not any(peer in group for group in groups):
            reason = f"needs about {peer.bytes_per_voxel * size.even.voxels / 1e9:.0f} GB of memory"
            missing.append(NotMeasured(peer.name, str(size), threads, reason))
    for group in groups:
        more_measured, more_missing = _measure_heat(group, size, threads, rounds, logs)
        measured += more_measured
        missing += more_missing
    return measured, missing


def _measure_heat(
    members: Sequence[Competitor], size: Size, threads: int, rounds: int, logs: Path
) -> tuple[list[Alternating], list[NotMeasured]]:
    missing: list[NotMeasured] = []
    with ExitStack() as stack:
        workers: dict[str, WorkerProcess] = {}
        firsts: dict[str, float] = {}
        for member in members:
            try:
                log = logs / f"{member.name}-{size}-{threads}.log"
                worker = stack.enter_context(WorkerProcess(member, size, threads, log))
                firsts[member.name] = worker.run()
                workers[member.name] = worker
            except WorkerFailed as error:
                if member.is_baseline:
                    raise
                missing.append(NotMeasured(member.name, str(size), threads, str(error)))
        times = alternate(workers, rounds)
        peaks = {name: worker.end() for name, worker in workers.items()}
        records = [
            Alternating(
                name,
                worker.competitor.baseline,
                str(size),
                threads,
                worker.load_seconds,
                firsts[name],
                times[name],
                times[worker.competitor.baseline],
                peaks[name],
                times.get(LIBRARY_KEEPING.name, []) if worker.competitor.baseline == LIBRARY.name else [],
                workers[worker.competitor.baseline].description["version"],
            )
            for name, worker in workers.items()
            if not worker.competitor.is_baseline
        ]
        for name, worker in workers.items():
            _tell(worker.competitor, size, threads, times[name])
    return records, missing


Name = TypeVar("Name", str, int)


def alternate(workers: dict[Name, WorkerProcess], rounds: int) -> dict[Name, list[float]]:
    """Each worker's seconds, one a round. Who begins a round changes, so that nobody always follows the same one."""
    names = list(workers)
    times: dict[Name, list[float]] = {name: [] for name in names}
    for first in range(rounds):
        offset = first % max(1, len(names))
        for name in names[offset:] + names[:offset]:
            time.sleep(PAUSE)
            times[name].append(workers[name].run())
    return times


def available_memory() -> int:
    """Bytes that processes can take without swapping, by the system's estimate."""
    with open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell the available memory")


def _tell(competitor: Competitor, size: Size, threads: int, times: Sequence[float]) -> None:
    seconds = " ".join(f"{each:.3f}" for each in times)
    print(f"{size}, {threads} threads, {competitor.title}: {seconds} s", file=sys.stderr, flush=True)
