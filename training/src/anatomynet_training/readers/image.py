"""Medical images in patient axes, through SimpleITK: NRRD, NIfTI, MetaImage and what else it reads."""

from pathlib import Path

import nibabel
import numpy as np
import SimpleITK
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from ..sample import AIR_HU, Sample

SUFFIXES = (".nrrd", ".nii.gz", ".nii", ".mha", ".mhd")

TILT_TOLERANCE = 1e-3
"""Largest component by which an axis may deviate from a patient axis; beyond, labels would land beside organs."""


def find_image(folder: Path, name: str) -> Path | None:
    """The image of this name, whatever its suffix; None where there is none."""
    return next((folder / (name + suffix) for suffix in SUFFIXES if (folder / (name + suffix)).is_file()), None)


def images_in(folder: Path) -> dict[str, Path]:
    """Images of a folder by name without suffix."""
    found = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        for suffix in SUFFIXES:
            if path.name.endswith(suffix):
                found[path.name.removesuffix(suffix)] = path
                break
    return found


def read_image(path: Path) -> SimpleITK.Image:
    """An image whose axes increase toward the patient's left, back and head; ValueError naming a file that is none."""
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise ValueError(f"{path}: there is no image, or none that SimpleITK can read") from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        raise ValueError(f"{path}: a scalar volume is needed")
    image = SimpleITK.DICOMOrient(image, "LPS")
    if np.abs(np.array(image.GetDirection()) - np.eye(3).ravel()).max() > TILT_TOLERANCE:
        raise ValueError(f"{path}: oblique axes, direction {image.GetDirection()}; resample it first")
    return image


def sample_from_masks(name: str, ct_path: Path, masks: dict[str, Path], organs: tuple[str, ...]) -> Sample:
    """A sample from a CT and one mask per drawn organ (non-zero is inside). Later organs win overlaps."""
    ct = read_image(ct_path)
    labels = np.zeros(ct.GetSize()[::-1], dtype=np.uint8)
    for label, organ in enumerate(organs, start=1):
        if organ in masks:
            mask = read_image(masks[organ])
            _check_same_grid(ct, mask, masks[organ])
            labels[SimpleITK.GetArrayViewFromImage(mask) != 0] = label
    return Sample(
        name=name,
        intensities=hounsfield(ct, ct_path),
        labels=labels,
        organs=organs,
        annotated=tuple(organ in masks for organ in organs),
        spacing=ct.GetSpacing()[::-1],
    )


def sample_from_label_map(name: str, ct_path: Path, labels_path: Path, organs: tuple[str, ...],
                          absent_is_missing: bool) -> Sample:
    """A sample from a CT and one label map whose values follow the order of `organs`, from 1.

    Whether an organ that does not occur in the map was not drawn, or is not there, only the caller knows.
    """
    ct = read_image(ct_path)
    label_map = read_image(labels_path)
    _check_same_grid(ct, label_map, labels_path)
    labels = SimpleITK.GetArrayFromImage(label_map)
    if labels.min() < 0 or labels.max() > len(organs):
        raise ValueError(f"{labels_path}: labels from {labels.min()} to {labels.max()}, but {len(organs)} organs named")
    labels = labels.astype(np.uint8)
    occurring = np.bincount(labels.ravel(), minlength=len(organs) + 1)[1:] > 0
    return Sample(
        name=name,
        intensities=hounsfield(ct, ct_path),
        labels=labels,
        organs=organs,
        annotated=tuple(bool(flag) or not absent_is_missing for flag in occurring),
        spacing=ct.GetSpacing()[::-1],
    )


def hounsfield(ct: SimpleITK.Image, path: Path) -> np.ndarray:
    """int16 HU (z, y, x); what lies outside the reconstruction becomes air.

    ValueError names the file, `path`, where a voxel is not a finite number: it would become soft tissue.
    """
    values = SimpleITK.GetArrayFromImage(ct)
    # From a NIfTI file ITK reads 0 instead of them.
    stored = _stored_in_nifti(path) if path.name.endswith((".nii", ".nii.gz")) else values
    if bad := np.count_nonzero(~np.isfinite(stored)):
        raise ValueError(f"{path}: {bad} voxels are NaN or infinite")
    return np.clip(np.rint(values), AIR_HU, np.iinfo(np.int16).max).astype(np.int16)


def _stored_in_nifti(path: Path) -> np.ndarray:
    """The voxels as a NIfTI file stores them. ValueError where it ends before they do, which ITK does not notice."""
    try:
        return nibabel.load(path).dataobj.get_unscaled()
    except (ImageFileError, HeaderDataError, EOFError, OSError) as error:
        raise ValueError(f"{path}: {error}") from error


def _check_same_grid(ct: SimpleITK.Image, other: SimpleITK.Image, path: Path) -> None:
    if ct.GetSize() != other.GetSize() or not np.allclose(ct.GetSpacing(), other.GetSpacing(), rtol=1e-3):
        raise ValueError(
            f"{path}: grid {other.GetSize()} at {other.GetSpacing()} mm is not the CT's, "
            f"{ct.GetSize()} at {ct.GetSpacing()} mm"
        )
    if not np.allclose(ct.GetOrigin(), other.GetOrigin(), atol=0.5 * min(ct.GetSpacing())):
        raise ValueError(f"{path}: origin {other.GetOrigin()} is not the CT's, {ct.GetOrigin()}")
