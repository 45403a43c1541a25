"""Readers: from the layouts in which labelled CT is published to `Sample`."""

from collections.abc import Callable
from pathlib import Path

from ..sample import Sample
from . import folder, openkbp, pddca

LAYOUTS = ("openkbp", "openkbp-archive", "pddca", "folder", "phantom")


def cases_of(layout: str, source: Path, organs: tuple[str, ...] | None) -> dict[str, Callable[[], Sample]]:
    """The cases of a folder in one of the file layouts, by name; each is read when called.

    `organs` chooses among the structures of 'pddca' and is required by 'folder'.
    """
    folders = sorted(path for path in source.iterdir() if path.is_dir())
    if layout == "openkbp":
        paths = [path for path in folders if (path / "ct.csv").exists()]
        return {path.name: lambda path=path: openkbp.read_folder(path) for path in paths}
    if layout == "openkbp-archive":
        return {path.stem: lambda path=path: openkbp.read_archive(path) for path in sorted(source.glob("*.npz"))}
    if layout == "pddca":
        paths = [path for path in folders if (path / "img.nrrd").exists()]
        return {path.name: lambda path=path: pddca.read_patient(path, organs or pddca.ORGANS) for path in paths}
    if layout == "folder":
        if not organs:
            raise ValueError("the folder layout needs the organs' names, in label order (--organs)")
        return {path.name: lambda path=path: folder.read_case(path, organs) for path in folders}
    raise ValueError(f"unknown layout {layout!r}; known: {', '.join(LAYOUTS)}")
