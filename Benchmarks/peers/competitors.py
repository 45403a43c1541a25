"""Who is measured, and with what each is compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Competitor:
    """One runtime in one configuration."""

    name: str
    title: str
    runtime: str
    """Module of `peers.runtimes`."""
    environment: str | None
    """Virtual environment, named as its file in `requirements`; None: the driver's own Python."""
    precision: str
    """What is asked for: 'float32' or 'bfloat16'. `precision` checks that it is what is executed."""
    baseline: str
    """The configuration of this library that its times are divided by; a baseline's own is its own name."""
    bytes_per_voxel: int
    """Peak memory, roughly, as measured at 12 million voxels: decides who fits in memory together."""
    instruction_set: str = "best"
    keep_memory: bool = False
    """Of this library only: a load option."""
    variables: dict[str, str] = field(default_factory=dict)
    """Environment variables of its process."""
    needs: str | None = None
    """Instruction set without which the runtime has no kernels of this precision, as /proc/cpuinfo names it. PyTorch
    takes a hundred times as long then."""

    @property
    def is_baseline(self) -> bool:
        return self.baseline == self.name


LIBRARY = Competitor("anatomynet", "this library", "anatomynet_library", None, "float32", "anatomynet", 130)
LIBRARY_AVX2 = Competitor(
    "anatomynet-avx2", "this library, AVX2", "anatomynet_library", None, "float32", "anatomynet-avx2", 130, "avx2"
)

LIBRARY_BFLOAT16 = Competitor(
    "anatomynet-bfloat16", "this library, bf16 storage", "anatomynet_library", None, "bfloat16", "anatomynet", 80
)
"""float32 arithmetic, feature maps kept as bfloat16. It runs in turn with the library's default, as a peer does."""

LIBRARY_KEEPING = Competitor(
    "anatomynet-keeping",
    "this library, memory kept",
    "anatomynet_library",
    None,
    "float32",
    "anatomynet",
    130,
    keep_memory=True,
)
"""Keeps its memory between calls, as OpenVINO and ONNX Runtime do. By default each call takes and returns all of it."""

COMPETITORS = (
    LIBRARY,
    LIBRARY_KEEPING,
    LIBRARY_BFLOAT16,
    Competitor("openvino-float32", "OpenVINO fp32", "openvino_model", "openvino", "float32", LIBRARY.name, 360),
    Competitor(
        "openvino-bfloat16",
        "OpenVINO bf16",
        "openvino_model",
        "openvino",
        "bfloat16",
        LIBRARY.name,
        290,
        needs="avx512f",
    ),
    Competitor("onnxruntime", "ONNX Runtime fp32", "onnxruntime_session", "onnxruntime", "float32", LIBRARY.name, 500),
    Competitor("pytorch-float32", "PyTorch fp32", "pytorch_network", "pytorch", "float32", LIBRARY.name, 510),
    Competitor(
        "pytorch-bfloat16",
        "PyTorch bf16 autocast",
        "pytorch_network",
        "pytorch",
        "bfloat16",
        LIBRARY.name,
        400,
        needs="avx512f",
    ),
    LIBRARY_AVX2,
    # The oneDNN inside OpenVINO honours its environment variable: all convolutions then report AVX2
    # kernels (`precision` prints them). Nothing else in OpenVINO limits the instruction set.
    Competitor(
        "openvino-float32-avx2",
        "OpenVINO fp32, AVX2",
        "openvino_model",
        "openvino",
        "float32",
        LIBRARY_AVX2.name,
        360,
        "avx2",
        variables={"ONEDNN_MAX_CPU_ISA": "AVX2"},
    ),
)


def competitor(name: str) -> Competitor:
    """The competitor of this name; ValueError with the known names where there is none."""
    for candidate in COMPETITORS:
        if candidate.name == name:
            return candidate
    raise ValueError(f"unknown competitor {name!r}; known: {', '.join(each.name for each in COMPETITORS)}")


def runnable(
    competitors: Sequence[Competitor], has: Callable[[str], bool]
) -> tuple[list[Competitor], list[Competitor]]:
    """Those whose instruction set the processor has, and the others."""
    able = [each for each in competitors if each.needs is None or has(each.needs)]
    return able, [each for each in competitors if each not in able]


def heats(peers: Sequence[Competitor], voxels: int, memory: float) -> list[list[Competitor]]:
    """Splits peers into groups whose processes, each group's baselines included, fit into `memory` bytes at once.

    A peer that does not fit even with its baseline alone is in none of them.
    """
    groups: list[list[Competitor]] = []
    for peer in peers:
        joined = _with_baselines([*groups[-1], peer]) if groups else []
        alone = _with_baselines([peer])
        if joined and _bytes(joined, voxels) <= memory:
            groups[-1] = joined
        elif _bytes(alone, voxels) <= memory:
            groups.append(alone)
    return groups


def _with_baselines(members: Sequence[Competitor]) -> list[Competitor]:
    names: dict[str, None] = {}
    for member in members:
        names[member.baseline] = None
        if member.baseline == LIBRARY.name:
            names[LIBRARY_KEEPING.name] = None
        names[member.name] = None
    return [competitor(name) for name in names]


def _bytes(members: Sequence[Competitor], voxels: int) -> int:
    # Interpreter, runtime and its compiled code take some 300 MB whatever the volume.
    return sum(member.bytes_per_voxel * voxels + 300_000_000 for member in members)
