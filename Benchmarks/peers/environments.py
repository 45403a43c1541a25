"""Virtual environments, one for each file in `requirements`: made once, and again when the file changes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from . import places


class EnvironmentMissing(Exception):
    """An environment could not be made; the message has the end of pip's output."""


def python_of(name: str | None) -> Path:
    """The interpreter of an environment, which is made if need be; the driver's own for None."""
    if name is None:
        return Path(sys.executable)
    folder = places.ENVIRONMENTS / name
    python = folder / "bin" / "python"
    wanted = (places.REQUIREMENTS / f"{name}.txt").read_text(encoding="utf-8")
    # A copy of the requirements, written last, says that the environment is complete.
    installed = folder / "installed.txt"
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return python
    print(f"making the environment {name} in {folder}", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    _succeed(name, [sys.executable, "-m", "venv", str(folder)])
    requirements = str(places.REQUIREMENTS / f"{name}.txt")
    _succeed(name, [str(python), "-m", "pip", "install", "--quiet", "--retries", "1", "--requirement", requirements])
    installed.write_text(wanted, encoding="utf-8")
    return python


def variables(threads: int, further: dict[str, str] | None = None) -> dict[str, str]:
    """Environment variables of a worker: this process's, without what would set threads or kernels otherwise."""
    ours = ("OMP_", "KMP_", "GOMP_", "ONEDNN_", "DNNL_", "ATEN_", "MKL_", "OPENBLAS_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {
        "PYTHONPATH": os.pathsep.join(map(str, places.PYTHON_PATH)),
        "ANATOMYNET_LIBRARY": str(places.LIBRARY),
        "OMP_NUM_THREADS": str(threads),
        **(further or {}),
    }


def _succeed(name: str, command: list[str]) -> None:
    finished = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if finished.returncode != 0:
        raise EnvironmentMissing(f"environment {name}: {finished.stdout.strip()[-500:]}")
