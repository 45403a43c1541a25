"""The files in which a run keeps its state and its weights."""

import os
from pathlib import Path
from typing import Any

import torch


def write_state(path: Path, state: dict[str, Any]) -> None:
    """Replaces the file in one step: a kill during writing leaves the previous one."""
    temporary = path.with_suffix(".partial")
    # Of a path PyTorch reports a full disk as an inconsistency of its own.
    with temporary.open("wb") as file:
        torch.save(state, file)
    os.replace(temporary, path)


def read_state(path: Path) -> dict[str, Any]:
    """What `write_state` wrote; ValueError naming the file where it is something else or damaged."""
    try:
        state = torch.load(path, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # PyTorch raises whatever the damaged bytes lead it to.
        raise ValueError(f"{path}: not a file that a training run wrote, or damaged") from error
    if not isinstance(state, dict):
        raise ValueError(f"{path}: not a file that a training run wrote")
    return state
