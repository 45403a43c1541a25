"""From a prepared sample to what one training step sees: a window of it, moved, mirrored and disturbed."""

from dataclasses import dataclass

import monai.transforms as transforms
import numpy as np
import torch
from monai.data import set_track_meta
from torch import Tensor

from .mirroring import mirrored_annotations, mirrored_classes
from .preprocessing import Preprocessing
from .sample import AIR_HU, Sample, mask_of
from .settings import check_setting, is_probability

set_track_meta(False)


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; all zero leaves samples as they are.

    Rotation and scaling act in voxel coordinates, so a rotation about x or y also shears a little
    where spacing is anisotropic.
    """

    mirror: float = 0.0
    """Probability of exchanging left and right, labels included: see `mirroring`."""
    affine: float = 0.0
    """Probability of a rotation and scaling."""
    rotation_degrees: float = 0.0
    scale: float = 0.0
    """Relative: 0.1 is 90 to 110 per cent, on each axis on its own."""
    intensity: float = 0.0
    """Probability of each of: gain and offset, contrast, noise, blur."""
    truncate: float = 0.0
    """Probability that a whole volume loses slices at one of its ends, as scans do."""
    stored_region: float = 0.0
    """Probability that only a slab of the CT and the drawn organs are kept and the rest becomes air.

    OpenKBP stores a third of its patients so: without this, a network that meets an organ as an
    island in the void knows it from few examples.
    """
    air: float = 0.0
    """Probability that a whole volume is set in a larger field of view of air."""

    def __post_init__(self) -> None:
        for name in ("mirror", "affine", "intensity", "truncate", "stored_region", "air"):
            check_setting(name, getattr(self, name), is_probability, "from 0 to 1")
        check_setting("rotation_degrees", self.rotation_degrees, lambda angle: 0 <= angle <= 180, "from 0 to 180")
        check_setting("scale", self.scale, lambda scale: 0 <= scale < 1, "at least 0 and below 1")


class Examples:
    """Draws the network's input and its truth from prepared samples, reproducibly from a generator."""

    def __init__(self, preprocessing: Preprocessing, augmentation: Augmentation, voxel_limit: int = 1_000_000,
                 padding_multiple: int = 8, organ_weights: np.ndarray | None = None):
        self.preprocessing = preprocessing
        self.augmentation = augmentation
        self.voxel_limit = voxel_limit
        """A whole volume with more voxels is cut at a random height: memory, and time per step."""
        self.padding_multiple = padding_multiple
        """Of the network: whole volumes are padded to it at the high ends."""
        self.organ_weights = organ_weights
        """(organ,): how much likelier than another it is that a patch is centred on an organ; None: equally likely."""
        angle = np.deg2rad(augmentation.rotation_degrees)
        self.affine = transforms.RandAffined(
            ("intensities", "labels"),
            prob=augmentation.affine,
            rotate_range=(angle, angle, angle),
            scale_range=(augmentation.scale,) * 3,
            mode=("bilinear", "nearest"),
            padding_mode="border",
        )
        chance = augmentation.intensity
        self.disturb = transforms.Compose(
            [
                transforms.RandScaleIntensity(0.1, prob=chance),
                transforms.RandShiftIntensity(0.012, prob=chance),
                transforms.RandAdjustContrast(prob=chance, gamma=(0.85, 1.18)),
                transforms.RandGaussianNoise(prob=chance, std=0.012),
                transforms.RandGaussianSmooth((0.3, 0.8), (0.3, 0.8), (0.3, 0.8), prob=chance / 2),
            ]
        )

    def draw(self, sample: Sample, patch: tuple[int, int, int] | None,
             generator: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Intensities (1, 1, z, y, x) in [0, 1], labels (1, z, y, x) and mask (1, class).

        `patch` gives the extents of a window, centred on a drawn organ three times out of four;
        None is the whole volume, padded to `padding_multiple` at the high ends.
        """
        if patch is None:
            box = self._whole_box(sample, generator)
            size = tuple(part.stop - part.start for part in box)
            reach = size
        else:
            size = patch
            # Wider than the patch, so that a rotation finds tissue at the corners.
            reach = tuple(int(extent * 1.2) for extent in patch) if self.augmentation.affine else patch
            box = self._patch_box(sample, reach, generator)
        hounsfield = _window(sample.intensities, box, AIR_HU)
        labels = _window(sample.labels, box, 0)
        annotated = np.array(sample.annotated)

        if generator.random() < self.augmentation.stored_region:
            hounsfield[~_stored_region(labels, generator)] = AIR_HU
        if generator.random() < self.augmentation.mirror:
            hounsfield = hounsfield[..., ::-1]
            exchange = mirrored_classes(sample.organs)
            labels = exchange[labels[..., ::-1]]
            annotated = mirrored_annotations(annotated, exchange)

        intensities = self.preprocessing.intensities(torch.from_numpy(hounsfield.astype(np.float32)))
        seed = int(generator.integers(2**31))
        self.affine.set_random_state(seed)
        self.disturb.set_random_state(seed)
        # MONAI interpolates both in floating point; labels come back as the nearest voxel's.
        moved = {"intensities": intensities[None], "labels": torch.from_numpy(labels.astype(np.float32))[None]}
        if self.augmentation.affine:
            moved = self.affine(moved)
        centre = transforms.CenterSpatialCrop(size)
        intensities = centre(moved["intensities"])
        labels_tensor = centre(moved["labels"]).round().to(torch.uint8)
        if self.augmentation.intensity:
            # Air outside the reconstruction is exactly 0 at inference: noise must not fill it.
            air = intensities <= 0
            intensities = torch.as_tensor(self.disturb(intensities)).clamp(0, 1)
            intensities[air] = 0
        if patch is None:
            intensities, labels_tensor = self._set_in_air(intensities, labels_tensor, generator)
        return intensities[None], labels_tensor, torch.from_numpy(mask_of(annotated))[None]

    def slices_of_whole(self, shape: tuple[int, ...]) -> int:
        """How many slices of a volume of these extents (z, y, x) `voxel_limit` leaves in a step on whole volumes."""
        depth, height, width = shape
        return min(depth, max(8, self.voxel_limit // (height * width)))

    def _patch_box(self, sample: Sample, size: tuple[int, ...], generator: np.random.Generator) -> tuple[slice, ...]:
        centre = None
        drawn = [label for label, flag in enumerate(sample.annotated, start=1) if flag]
        if drawn and generator.random() < 0.75:
            chances = None
            if self.organ_weights is not None:
                chances = self.organ_weights[np.array(drawn) - 1]
                chances = chances / chances.sum()
            voxels = np.flatnonzero(sample.labels == generator.choice(drawn, p=chances))
            if voxels.size:
                centre = np.array(np.unravel_index(generator.choice(voxels), sample.labels.shape))
        if centre is None:
            centre = np.array([generator.integers(extent) for extent in sample.labels.shape])
        centre = centre + [generator.integers(-extent // 5, extent // 5 + 1) for extent in size]
        box = []
        for middle, extent, available in zip(centre, size, sample.labels.shape, strict=True):
            # Inside the volume where it is large enough, else the volume lies at random inside the patch.
            low, high = sorted((0, available - extent))
            start = int(np.clip(middle - extent // 2, low, high))
            box.append(slice(start, start + extent))
        return tuple(box)

    def _whole_box(self, sample: Sample, generator: np.random.Generator) -> tuple[slice, ...]:
        depth, height, width = sample.labels.shape
        low, high = 0, depth
        if generator.random() < self.augmentation.truncate:
            cut = int(generator.integers(1, max(2, depth // 2)))
            low, high = (cut, depth) if generator.random() < 0.5 else (0, depth - cut)
        allowed = self.slices_of_whole(sample.labels.shape)
        if high - low > allowed:
            low += int(generator.integers(high - low - allowed + 1))
            high = low + allowed
        return slice(low, high), slice(0, height), slice(0, width)

    def _set_in_air(self, intensities: Tensor, labels: Tensor,
                    generator: np.random.Generator) -> tuple[Tensor, Tensor]:
        padding: list[int] = []
        spare = max(1.0, self.voxel_limit / labels.numel()) ** (1 / 3)
        wide = generator.random() < self.augmentation.air
        for extent in reversed(labels.shape[-3:]):
            before, after = 0, 0
            if wide:
                room = int(extent * (spare - 1))
                before = int(generator.integers(room + 1))
                after = int(generator.integers(room - before + 1))
            padding += [before, after + -(extent + before + after) % self.padding_multiple]
        return torch.nn.functional.pad(intensities, padding), torch.nn.functional.pad(labels, padding)


def _stored_region(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A horizontal slab of a fifth to seven tenths of the height, and every labelled voxel."""
    kept = labels > 0
    depth = labels.shape[0]
    height = int(depth * generator.uniform(0.2, 0.7))
    start = int(generator.integers(depth - height + 1))
    kept[start : start + height] = True
    return kept


def _window(volume: np.ndarray, box: tuple[slice, ...], fill: int) -> np.ndarray:
    """A copy of the box, filled where it reaches outside the volume."""
    result = np.full([part.stop - part.start for part in box], fill, dtype=volume.dtype)
    inside, target = [], []
    for part, extent in zip(box, volume.shape, strict=True):
        low, high = max(0, part.start), min(extent, part.stop)
        inside.append(slice(low, high))
        target.append(slice(low - part.start, high - part.start))
    result[tuple(target)] = volume[tuple(inside)]
    return result
