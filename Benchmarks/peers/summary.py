"""From rounds to figures, and from figures to the project's targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .competitors import LIBRARY, LIBRARY_BFLOAT16
from .results import Alone, Alternating, Results
from .volumes import Size

TARGET_SIZE = "178x302x225"
SMALL_SIZE = "64x128x128"
TARGET_THREADS = 2


def ratio(record: Alternating) -> float:
    """How many times longer the peer takes: the median over rounds of each round's quotient.

    Both times of a quotient were taken within one round, so what slows the whole machine for longer
    than a round does not change it.
    """
    return _median_quotient(record.seconds, record.baseline_seconds)


def ratio_to_keeping(record: Alternating) -> float | None:
    """As `ratio`, to this library with its memory kept between calls; None where that did not take part."""
    return _median_quotient(record.seconds, record.keeping_seconds) if record.keeping_seconds else None


def _median_quotient(peer: Sequence[float], library: Sequence[float]) -> float:
    return median(one / other for one, other in zip(peer, library, strict=True))


def spread(values: Sequence[float]) -> float:
    """Largest less smallest, over the median."""
    return (max(values) - min(values)) / median(values)


def nanoseconds_per_voxel(record: Alone) -> float:
    return median(record.seconds) / Size.parse(record.size).voxels * 1e9


def first_over_warm(record: Alone) -> float:
    return median(record.first_seconds) / median(record.seconds)


def deviation_from_flat(values: Sequence[float]) -> float:
    """Half the distance of the extremes over their middle: all values are within ± this of one number."""
    return (max(values) - min(values)) / (max(values) + min(values))


@dataclass(frozen=True)
class Target:
    """A figure the project has promised (`must`) or hopes for (`aim`), and what was measured; None if it was not."""

    name: str
    must: float | None
    aim: float
    unit: str
    more_is_better: bool
    measured: float | None
    library: str = ""
    """Version and commit of this library that was measured."""

    @property
    def verdict(self) -> str:
        if self.measured is None:
            return "not measured"
        if self._reached(self.aim):
            return "aim reached"
        if self.must is None:
            return "aim missed"
        return "reached" if self._reached(self.must) else "MISSED"

    def _reached(self, bound: float) -> bool:
        assert self.measured is not None
        return self.measured >= bound if self.more_is_better else self.measured <= bound


def targets(results: Results) -> list[Target]:
    """The project's targets, all at 178x302x225 with two threads unless their names say otherwise."""
    compared = {
        record.competitor: record
        for record in results.alternating
        if record.size == TARGET_SIZE and record.threads == TARGET_THREADS
    }
    storage = compared.get(LIBRARY_BFLOAT16.name)
    alone = {(record.size, record.threads): record for record in results.alone if record.competitor == LIBRARY.name}
    whole, single = alone.get((TARGET_SIZE, TARGET_THREADS)), alone.get((TARGET_SIZE, 1))
    small = alone.get((SMALL_SIZE, TARGET_THREADS))
    # Only what one version of the library has done tells how it behaves with sizes, and only rounds what with threads.
    if single and whole and (single.library != whole.library or single.series != whole.series):
        single = None
    per_voxel = [
        nanoseconds_per_voxel(record)
        for record in alone.values()
        if record.threads == TARGET_THREADS and whole and record.library == whole.library
    ]
    speed = [
        ("OpenVINO fp32", "openvino-float32", 4.5, 6),
        ("OpenVINO bf16", "openvino-bfloat16", 2.2, 3),
        ("ONNX Runtime fp32", "onnxruntime", 9, 12),
        ("PyTorch fp32", "pytorch-float32", 9, 12),
        ("OpenVINO fp32, AVX2 only on both sides", "openvino-float32-avx2", None, 4),
    ]
    rows = []
    for title, name, must, aim in speed:
        record = compared.get(name)
        if not record:
            rows.append(Target(f"faster than {title}", must, aim, "×", True, None))
            continue
        rows.append(Target(f"faster than {title}", must, aim, "×", True, ratio(record), record.library))
        if record.keeping_seconds:
            kept = ratio_to_keeping(record)
            rows.append(Target("… with memory kept", must, aim, "×", True, kept, record.library))
    def of(record: Alone | Alternating | None) -> str:
        return record.library if record else ""

    return [
        *rows,
        Target(
            "peak resident memory, whole process", 1.5, 1.1, " GB", False, whole.peak_bytes / 1e9 if whole else None,
            of(whole),
        ),
        Target(
            "… with bfloat16 storage", 0.9, 0.7, " GB", False, storage.peak_bytes / 1e9 if storage else None,
            of(storage),
        ),
        Target(
            "time with bfloat16 storage over float32's", 1, 1, "×", False, ratio(storage) if storage else None,
            of(storage),
        ),
        Target(
            "first call over warm call", 1.15, 1.05, "×", False, first_over_warm(whole) if whole else None, of(whole)
        ),
        Target(
            "two threads against one", 1.85, 1.95, "×", True,
            _median_quotient(single.seconds, whole.seconds) if single and whole else None, of(whole),
        ),
        Target(
            f"library load, model load and first result at {SMALL_SIZE.replace('x', '×')}", 0.6, 0.4, " s", False,
            median(small.load_seconds) + median(small.first_seconds) if small else None, of(small),
        ),
        Target(
            f"time per voxel{f', {len(per_voxel)} volumes' if len(per_voxel) > 1 else ''}: largest distance from flat, ±", 20, 10, " %", False,
            100 * deviation_from_flat(per_voxel) if len(per_voxel) > 1 else None, of(whole),
        ),
    ]  # fmt: skip
