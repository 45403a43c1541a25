"""What was measured, as it is kept in results.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeVar


@dataclass(frozen=True)
class Alone:
    """This library by itself, in several processes one after the other, in turn with other numbers of threads."""

    competitor: str
    size: str
    threads: int
    load_seconds: list[float]
    """One a process: opening the shared library and loading the model."""
    first_seconds: list[float]
    """One a process: its first call."""
    seconds: list[float]
    """All calls after a process's first."""
    idle_processor_seconds: list[float]
    """One a process: processor time in the second that begins one second after the last call."""
    peak_bytes: int
    """Largest peak resident memory of a process."""
    library: str = ""
    """Version and commit of this library."""
    series: str = ""
    """What records have in common that were measured in turn: the i-th of their `seconds` are of one round."""


@dataclass(frozen=True)
class Alternating:
    """A peer and this library, run in turn: the i-th of `seconds` and of `baseline_seconds` are of one round."""

    competitor: str
    baseline: str
    size: str
    threads: int
    load_seconds: float
    first_seconds: float
    seconds: list[float]
    baseline_seconds: list[float]
    peak_bytes: int
    keeping_seconds: list[float] = field(default_factory=list)
    """Of the same rounds too: this library with its memory kept between calls; empty where it did not take part."""
    library: str = ""
    """Version and commit of this library."""


@dataclass(frozen=True)
class Precision:
    """Logits against the float64 reference, after subtracting each voxel's mean over the classes."""

    competitor: str
    size: str
    threads: int
    description: dict[str, str]
    """What the runtime says of itself, and which kernels it executed where it tells."""
    rms: float
    """Root mean square of the error over the reference's standard deviation."""
    largest: float
    """Largest error over the reference's standard deviation."""
    flipped: int
    """Voxels with another label than the reference."""
    voxels: int
    accepted: bool
    """Whether the error is that of the precision asked for."""


@dataclass(frozen=True)
class NotMeasured:
    """Who is missing, and why."""

    competitor: str
    size: str
    threads: int
    reason: str


@dataclass
class Results:
    machine: dict[str, str] = field(default_factory=dict)
    alone: list[Alone] = field(default_factory=list)
    alternating: list[Alternating] = field(default_factory=list)
    precision: list[Precision] = field(default_factory=list)
    not_measured: list[NotMeasured] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> Results:
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(
            content["machine"],
            [Alone(**record) for record in content["alone"]],
            [Alternating(**record) for record in content["alternating"]],
            [Precision(**record) for record in content["precision"]],
            [NotMeasured(**record) for record in content["not_measured"]],
        )

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    def merge(self, newer: Results) -> None:
        """Takes over what `newer` has; of the same competitor, size and threads the newer record stays.

        machine["library"] becomes the version that `newer` has timed, if it has.
        """
        timed = [*newer.alone, *newer.alternating]
        self.machine |= newer.machine | ({"library": timed[-1].library} if timed else {})
        self.alone = _merged(self.alone, newer.alone)
        self.precision = _merged(self.precision, newer.precision)
        self.alternating = _merged(self.alternating, newer.alternating)
        measured = {_key(record) for record in self.alternating}
        missing = _merged(self.not_measured, newer.not_measured)
        self.not_measured = [record for record in missing if _key(record) not in measured]


Record = TypeVar("Record", Alone, Alternating, Precision, NotMeasured)


def _key(record: Alone | Alternating | Precision | NotMeasured) -> tuple[str, str, int]:
    return record.competitor, record.size, record.threads


def _merged(older: Iterable[Record], newer: Iterable[Record]) -> list[Record]:
    merged: dict[tuple[str, str, int], Record] = {}
    for records in (older, newer):
        for record in records:
            merged[_key(record)] = record
    return list(merged.values())
