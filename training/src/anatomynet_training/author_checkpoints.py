"""Reads the checkpoints of the authors' training scripts without running what is pickled in them.

They are `{"epoch": ..., "weight": state_dict}` dictionaries or whole pickled modules, of PyTorch
0.3 and later, sometimes wrapped in DataParallel.
"""

import pickle
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.serialization import SourceChangeWarning

from .networks import architecture_of


class UnsafeCheckpoint(ValueError):
    """The file cannot be read without executing what it contains."""


def read_author_checkpoint(path: Path, trust_pickle: bool = False) -> dict[str, Tensor]:
    """The state dict of a checkpoint, float32, on the CPU.

    First only tensors and plain containers are admitted. A pickled module is then read by an
    unpickler that gives every class it does not know an inert stand-in, so that none of the file's
    code runs. `trust_pickle` unpickles without restriction: only for files you made yourself.
    """
    if trust_pickle:
        try:
            content = torch.load(path, map_location="cpu", weights_only=False)
        except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
            raise ValueError(f"{path} is damaged, or no checkpoint ({str(error).splitlines()[0]})") from error
    else:
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
        except (pickle.UnpicklingError, EOFError, RuntimeError):
            content = _load_inertly(path)
    state = _state_dict(content)
    architecture_of(state)  # Raises ValueError for tensors of no known network.
    return state


def _state_dict(content: Any) -> dict[str, Tensor]:
    if isinstance(content, dict) and "weight" in content and not isinstance(content["weight"], Tensor):
        content = content["weight"]
    if isinstance(content, dict):
        tensors = content
    elif isinstance(content, torch.nn.Module):
        tensors = content.state_dict()
    elif isinstance(content, _Inert):
        tensors = dict(_tensors_of(content, ""))
    else:
        raise UnsafeCheckpoint(f"neither a state dict nor a module, but {type(content).__name__}")
    strangers = [name for name, value in tensors.items() if not isinstance(value, Tensor)]
    if strangers:
        raise UnsafeCheckpoint(f"entry {strangers[0]!r} is not a tensor")
    if tensors and all(name.startswith("module.") for name in tensors):
        tensors = {name.removeprefix("module."): value for name, value in tensors.items()}
    return {
        name: value.detach().to(torch.float32) if value.is_floating_point() else value.detach()
        for name, value in tensors.items()
    }


class _Inert:
    """Takes the place of a class from the file: remembers its state, does nothing."""

    def __init__(self, *_: Any, **__: Any):
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)


def _tensors_of(module: _Inert, prefix: str) -> list[tuple[str, Tensor]]:
    found = []
    for kind in ("_parameters", "_buffers"):
        for name, value in module.__dict__.get(kind, {}).items():
            if value is not None:
                found.append((prefix + name, value))
    for name, child in module.__dict__.get("_modules", {}).items():
        if isinstance(child, _Inert):
            found += _tensors_of(child, f"{prefix}{name}.")
    return found


ADMITTED = {
    ("collections", "OrderedDict"),
    ("torch._utils", "_rebuild_tensor"),
    ("torch._utils", "_rebuild_tensor_v2"),
    ("torch._utils", "_rebuild_parameter"),
    ("torch.nn.parameter", "Parameter"),
    ("torch", "Size"),
    ("builtins", "set"),
    ("__builtin__", "set"),
}
"""What the unpickler may call: they build containers and tensors."""


class _InertUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in ADMITTED:
            return super().find_class(module, name)
        return type(name, (_Inert,), {})


def _load_inertly(path: Path) -> Any:
    # torch.load subclasses the Unpickler for tensor storages and uses `load` for the old format's preamble.
    inert = SimpleNamespace(
        __name__="inert_pickle",
        Unpickler=_InertUnpickler,
        load=lambda file, **options: _InertUnpickler(file, **options).load(),
    )
    try:
        with warnings.catch_warnings():
            # Old files carry their classes' source text, which PyTorch compares with the stand-ins'.
            warnings.simplefilter("ignore", SourceChangeWarning)
            warnings.filterwarnings("ignore", "Couldn't retrieve source code")
            return torch.load(path, map_location="cpu", pickle_module=inert, weights_only=False)
    except Exception as error:
        raise UnsafeCheckpoint(
            f"{path} is damaged, no checkpoint, or cannot be read without executing what it contains "
            f"({str(error).splitlines()[0]}); if you made the file yourself, insist with --trust-pickle"
        ) from error
