"""Any CT with labels: a folder per case.

    case/ct.nii.gz                       (or .nrrd, .mha, ...)
    case/structures/Parotid_L.nii.gz     one mask per drawn organ, named like the organ
    case/labels.nii.gz                   or, instead of masks, one label map in the order of the organs
"""

from pathlib import Path

from ..sample import Sample
from .image import find_image, images_in, sample_from_label_map, sample_from_masks


def read_case(folder: Path, organs: tuple[str, ...], absent_is_missing: bool = True) -> Sample:
    """One case. `absent_is_missing` concerns label maps: an organ that does not occur counts as not drawn."""
    ct = find_image(folder, "ct")
    if ct is None:
        raise ValueError(f"{folder}: no CT (ct.nii.gz, ct.nrrd, ...)")
    label_map = find_image(folder, "labels")
    if label_map is not None:
        return sample_from_label_map(folder.name, ct, label_map, organs, absent_is_missing)
    drawn = {name: path for name, path in images_in(folder / "structures").items() if name in organs}
    return sample_from_masks(folder.name, ct, drawn, organs)
