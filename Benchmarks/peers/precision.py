"""Is fp32 fp32, and bf16 bf16? Each competitor's logits against those of a float64 network."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from . import places
from .competitors import Competitor
from .environments import EnvironmentMissing, python_of, variables
from .results import NotMeasured, Precision
from .score_error import centred, relative_error
from .volumes import Size
from .worker_process import WorkerFailed, WorkerProcess

SIZE = Size(32, 48, 40)

FLOAT32_LIMIT = 1e-4
"""Largest rms error that counts as float32. Rounding to 2^-24 in every layer of this network ends at a few
1e-6, with Winograd's transforms too; one single layer computed in bfloat16 or TF32 (2^-9, 2^-11) gives 1e-3
or 2e-4. The limit lies between."""

BFLOAT16_LIMIT = 1e-1
"""Largest rms error that counts as bfloat16: above, the result would be wrong and not just coarse."""


def prepare(threads: int) -> None:
    """Exports the network and computes the reference; raises EnvironmentMissing where there is no PyTorch."""
    command = [str(python_of("pytorch")), "-W", "ignore::DeprecationWarning", "-m", "peers.network"]
    arguments = [str(places.WEIGHTS), str(places.NETWORK), str(SIZE)]
    finished = subprocess.run(
        command + arguments,
        check=False,
        env=variables(threads),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if finished.returncode != 0:
        raise EnvironmentMissing(f"the network could not be exported: {finished.stdout.strip()[-500:]}")


def check(competitors: Sequence[Competitor], threads: int, logs: Path) -> tuple[list[Precision], list[NotMeasured]]:
    """Compares each competitor with the reference that `prepare` has written."""
    reference = np.load(places.REFERENCE)
    checked: list[Precision] = []
    missing: list[NotMeasured] = []
    for competitor in competitors:
        log = logs / f"{competitor.name}-precision.log"
        try:
            # Read by every oneDNN. (OpenVINO 2026.4 fails to run where execution is to be printed as well.)
            with (
                tempfile.TemporaryDirectory() as folder,
                WorkerProcess(competitor, SIZE, threads, log, {"ONEDNN_VERBOSE": "profile_create"}) as worker,
            ):
                written = Path(folder) / "logits.npy"
                worker.write_logits(written)
                logits = np.load(written)
        except (WorkerFailed, EnvironmentMissing) as error:
            missing.append(NotMeasured(competitor.name, str(SIZE), threads, str(error)))
            continue
        rms, largest = relative_error(centred(logits), centred(reference))
        record = Precision(
            competitor.name,
            str(SIZE),
            threads,
            worker.description | kernels_created(log.read_text(encoding="utf-8", errors="replace")),
            rms,
            largest,
            int(np.count_nonzero(logits.argmax(axis=0) != reference.argmax(axis=0))),
            SIZE.voxels,
            is_precision(competitor.precision, rms),
        )
        checked.append(record)
        verdict = "as asked for" if record.accepted else "NOT WHAT WAS ASKED FOR"
        print(f"{competitor.title}: rms error {rms:.1e}, {competitor.precision} {verdict}", file=sys.stderr, flush=True)
    return checked, missing


def is_precision(precision: str, rms: float) -> bool:
    """Whether an rms error is that of the precision: float32 not worse, bfloat16 neither worse nor better."""
    if precision == "float32":
        return rms < FLOAT32_LIMIT
    return FLOAT32_LIMIT < rms < BFLOAT16_LIMIT


def kernels_created(printed: str) -> dict[str, str]:
    """Instruction set and convolution kernels from what oneDNN prints; empty for a runtime without oneDNN."""
    found: dict[str, str] = {}
    instruction_set = re.search(r"^onednn_verbose,.*\bcpu,isa:(.*)$", printed, re.MULTILINE)
    if instruction_set:
        found["oneDNN instruction set"] = instruction_set.group(1)
    # onednn_verbose,v1,primitive,create:cache_miss,cpu,convolution,KERNEL,forward_inference,src:TYPE:...
    created = re.findall(r",create:\w+,cpu,(?:de)?convolution,([^,]*),[^,]*,src:(\w+):", printed)
    if created:
        kernels = sorted({f"{kernel} ({source})" for kernel, source in created})
        found["convolution kernels"] = ", ".join(kernels)
    return found
