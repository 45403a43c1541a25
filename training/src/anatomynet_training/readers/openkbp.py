"""The OpenKBP challenge's patients (Babier et al., Medical Physics 2021).

Two layouts are read: a folder per patient with sparse CSV files, as published, and one
compressed NumPy archive per patient with the same content in patient axes.
"""

import warnings
from pathlib import Path

import numpy as np

from ..archive import open_archive
from ..sample import AIR_HU, Sample

ORGANS = ("BrainStem", "SpinalCord", "Mandible", "Parotid_L", "Parotid_R", "Larynx", "Oesophagus")

STRUCTURES = {
    "BrainStem": "Brainstem",
    "SpinalCord": "SpinalCord",
    "Mandible": "Mandible",
    "Parotid_L": "LeftParotid",
    "Parotid_R": "RightParotid",
    "Larynx": "Larynx",
    "Oesophagus": "Esophagus",
}
"""Our names to the challenge's file names."""

ARCHIVE_LABELS = {
    "BrainStem": 1,
    "Mandible": 3,
    "Parotid_L": 6,
    "Parotid_R": 7,
    "SpinalCord": 20,
    "Larynx": 21,
    "Oesophagus": 22,
}

PUBLISHED_EXTENT = 128


def read_archive(path: Path) -> Sample:
    """One `.npz`: `hu` int16 and `label` uint8 (z, y, x), `spacing_zyx` mm, `present` names of drawn structures."""
    with open_archive(path) as archive:
        stored = archive["label"]
        present = set(archive["present"].tolist())
        # A lookup table instead of comparisons: the volumes are read again for every validation.
        table = np.zeros(256, dtype=np.uint8)
        for label, organ in enumerate(ORGANS, start=1):
            table[ARCHIVE_LABELS[organ]] = label
        return Sample(
            name=path.stem,
            intensities=archive["hu"],
            labels=table[stored],
            organs=ORGANS,
            annotated=tuple(STRUCTURES[organ] in present for organ in ORGANS),
            spacing=tuple(float(extent) for extent in archive["spacing_zyx"]),
        )


def read_folder(path: Path) -> Sample:
    """One patient as published: `ct.csv`, `voxel_dimensions.csv` and a CSV per drawn structure.

    Each CSV lists flat indices, in C order over (y, x, z) of a cube of 128 voxels whose z runs from
    superior to inferior, and for `ct.csv` the values HU + 1024. Where structures overlap, the later of
    `ORGANS` wins. ValueError names a file that is not so.
    """
    spacing_x, spacing_y, spacing_z = _voxel_dimensions(path / "voxel_dimensions.csv")
    indices, values = _sparse(path / "ct.csv")
    if not np.isfinite(values).all():
        raise ValueError(f"{path / 'ct.csv'}: a value is not a finite number")
    intensities = np.zeros(PUBLISHED_EXTENT**3, dtype=np.int16)
    intensities[indices] = np.clip(values, 0, 4095)
    labels = np.zeros(PUBLISHED_EXTENT**3, dtype=np.uint8)
    annotated = []
    for label, organ in enumerate(ORGANS, start=1):
        structure = path / f"{STRUCTURES[organ]}.csv"
        annotated.append(structure.exists())
        if structure.exists():
            labels[_sparse(structure)[0]] = label
    return Sample(
        name=path.name,
        intensities=_patient_axes(intensities) + np.int16(AIR_HU),
        labels=_patient_axes(labels),
        organs=ORGANS,
        annotated=tuple(annotated),
        spacing=(float(spacing_z), float(spacing_y), float(spacing_x)),
    )


def _sparse(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Indices and values of one CSV; a structure's values are empty."""
    with warnings.catch_warnings():
        # An empty file is refused below.
        warnings.filterwarnings("ignore", "genfromtxt: Empty input file")
        try:
            table = np.genfromtxt(path, delimiter=",", skip_header=1, ndmin=2)
        except ValueError as error:
            raise ValueError(f"{path}: lines of different lengths") from error
    if table.size == 0:
        raise ValueError(f"{path}: no voxels below a header line")
    if table.shape[1] != 2:
        raise ValueError(f"{path}: two columns are needed, index and value; found {table.shape[1]}")
    # Also refuses what is not a number.
    if not ((table[:, 0] >= 0) & (table[:, 0] < PUBLISHED_EXTENT**3)).all():
        raise ValueError(f"{path}: an index lies outside the cube of {PUBLISHED_EXTENT} voxels")
    return table[:, 0].astype(np.int64), table[:, 1]


def _voxel_dimensions(path: Path) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "loadtxt: input contained no data")
        try:
            dimensions = np.loadtxt(path, ndmin=1)
        except ValueError as error:
            raise ValueError(f"{path}: three numbers are needed: {error}") from error
    if dimensions.shape != (3,):
        raise ValueError(f"{path}: three numbers are needed, x, y and z; found {dimensions.size}")
    return dimensions


def _patient_axes(flat: np.ndarray) -> np.ndarray:
    cube = flat.reshape(PUBLISHED_EXTENT, PUBLISHED_EXTENT, PUBLISHED_EXTENT)
    return np.ascontiguousarray(cube.transpose(2, 0, 1)[::-1])
