"""The MICCAI 2015 head-and-neck challenge (PDDCA): `img.nrrd` and `structures/*.nrrd`, any subset drawn."""

from pathlib import Path

from ..sample import Sample
from .image import images_in, sample_from_masks

ORGANS = (
    "BrainStem",
    "Chiasm",
    "Mandible",
    "OpticNerve_L",
    "OpticNerve_R",
    "Parotid_L",
    "Parotid_R",
    "Submandibular_L",
    "Submandibular_R",
)
"""In the label order of the paper."""


def read_patient(folder: Path, organs: tuple[str, ...] = ORGANS) -> Sample:
    """One patient's folder. Structures that are not among `organs` are ignored."""
    drawn = {name: path for name, path in images_in(folder / "structures").items() if name in organs}
    return sample_from_masks(folder.name, folder / "img.nrrd", drawn, organs)
