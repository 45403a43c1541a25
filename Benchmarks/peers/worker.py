"""The process of one competitor: loads once, then answers one command a line on standard input.

    run            one inference; answers {"seconds": ...}
    logits PATH    one inference; writes float32 logits (class, z, y, x), each voxel's up to a constant
    idle           processor time that the process uses in the second that begins one second from now
    end            ends the process, answering with its peak resident memory

The first answer, before any command, tells how long loading took and what the runtime says of itself.
Whatever the runtime prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from importlib import import_module

import numpy as np

from .runtimes import Runtime
from .volumes import Size, hounsfield_units


@dataclass(frozen=True)
class Settings:
    """What a worker is to load. Paths as strings, so that all of it is JSON."""

    runtime: str
    precision: str
    instruction_set: str
    keep_memory: bool
    threads: int
    size: tuple[int, int, int]
    weights: str
    onnx: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        fields = json.loads(text)
        return cls(**fields | {"size": tuple(fields["size"])})


def peak_resident_bytes() -> int:
    """VmHWM of this process. Not ru_maxrss, which begins with what the parent had when it forked."""
    with open("/proc/self/status", encoding="ascii") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("the system does not tell the peak resident memory")


def processor_seconds() -> float:
    """User and system time of all threads of this process, from /proc/self/stat."""
    with open("/proc/self/stat", encoding="ascii") as stat:
        # The name in parentheses may contain blanks; utime and stime are the 12th and 13th field after it.
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    settings = Settings.from_json(sys.argv[1])
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def answer(values: dict[str, object]) -> None:
        answers.write(json.dumps(values) + "\n")

    began = time.perf_counter()
    runtime: Runtime = import_module(f"peers.runtimes.{settings.runtime}").load(settings)
    loaded = time.perf_counter() - began
    runtime.give(hounsfield_units(Size(*settings.size)))
    answer({"load_seconds": loaded, "description": runtime.describe()})

    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "run":
            began = time.perf_counter()
            runtime.run()
            answer({"seconds": time.perf_counter() - began})
        elif command == "logits":
            np.save(argument, runtime.logits())
            answer({})
        elif command == "idle":
            time.sleep(1)
            before = processor_seconds()
            time.sleep(1)
            answer({"processor_seconds": processor_seconds() - before})
        elif command == "end":
            answer({"peak_bytes": peak_resident_bytes()})
            return
        else:
            raise ValueError(f"unknown command {command!r}")


if __name__ == "__main__":
    main()
