"""What a figure was measured on."""

from __future__ import annotations

import datetime
import os
import platform
import subprocess
from pathlib import Path

from . import places


def describe() -> dict[str, str]:
    """Processor, cores, memory, system and date, as the results name them."""
    return {
        "processor": _processor(),
        "cores used": str(processors()),
        "instruction sets": _instruction_sets(),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 1e9:.0f} GB",
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "weights": places.WEIGHTS.name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
    }


def processors() -> int:
    """Processors this process may run on."""
    return len(os.sched_getaffinity(0))


def _information() -> dict[str, str]:
    """The first processor's block of /proc/cpuinfo; empty where there is none."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = file.read().split("\n\n")[0].splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _processor() -> str:
    known = _information()
    if "model name" not in known:
        return platform.machine()
    return f"{known['model name']}, family {known.get('cpu family')}, model {known.get('model')}"


def _instruction_sets() -> str:
    wanted = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "bf16")
    return ", ".join(name for name in wanted if has(name))


def has(instruction_set: str) -> bool:
    """Whether /proc/cpuinfo lists it."""
    known = _information()
    return instruction_set in known.get("flags", known.get("Features", "")).split()


def stamp(version: str, tree: Path = places.ROOT) -> str:
    """A version and, where the source tree knows it, its commit; "-dirty" where files have changed since."""
    # No tag's name: --exclude leaves the commit's alone.
    command = ["git", "-C", str(tree), "describe", "--always", "--dirty", "--exclude=*"]
    described = subprocess.run(command, check=False, capture_output=True, text=True)
    commit = described.stdout.strip()
    return f"{version}, commit {commit}" if described.returncode == 0 and commit else version
