"""Compares libanatomynet with a resampling pipeline written in SimpleITK from docs/geometry.md.

    python check_independent_pipeline.py MODEL.safetensors anatomynet-demo

Needs numpy and SimpleITK; `run` says which library. A generated CT, which is different left and right, in front and behind, is stored as
different scanners would store it: finer and coarser than the model's grid, in another orientation, oblique, with
slope and intercept, with -3024 outside the reconstruction circle. Each time labels must agree with those of the
pipeline in every organ, and lie where the organs are in the patient. The library is used for the network alone, on the
network's own grid, where it resamples nothing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import anatomynet
import numpy as np
import SimpleITK as sitk

from overlap import dice
from safetensors_container import disassemble
from simpleitk_images import segment

AIR = -1024.0
# The phantom's truth has the labels of the paper's model.
TRUE_NAMES = ["background", "BrainStem", "Chiasm", "Mandible", "OpticNerve_L", "OpticNerve_R", "Parotid_L",
              "Parotid_R", "Submandibular_L", "Submandibular_R"]


class Pipeline:
    def __init__(self, model, spacing):
        self.model, self.spacing = model, np.array(spacing)

    def labels(self, ct):
        """Labels of an image in HU, on its own grid."""
        labels, best = np.zeros(ct.GetSize()[::-1], np.uint8), None
        for label, score in enumerate(self.scores(self.network_input(ct))):
            plane = sitk.Resample(score, ct, sitk.Transform(), sitk.sitkLinear, 0.0 if label == 0 else -1000.0)
            values = sitk.GetArrayFromImage(plane)
            if best is not None:
                labels[values > best] = label
            best = values if best is None else np.maximum(best, values)
        return labels

    def network_input(self, ct):
        direction = np.array(ct.GetDirection()).reshape(3, 3)
        size, own = np.array(ct.GetSize()), np.array(ct.GetSpacing())
        # The model's axis next to each of the image's.
        nearest = np.abs(direction).argmax(0)
        ratio = self.spacing[nearest] / own
        variance = own**2 * np.maximum(0, ratio**2 - 1) / (8 * np.log(2))
        hounsfield = sitk.Maximum(sitk.Cast(ct, sitk.sitkFloat32), AIR)
        if variance.any():
            hounsfield = sitk.DiscreteGaussian(hounsfield, variance.tolist())
        centre = np.array(ct.TransformContinuousIndexToPhysicalPoint(((size - 1) / 2).tolist()))
        box = np.abs(direction) @ (size * own)
        count = np.maximum(1, np.round(box / self.spacing)).astype(int)
        origin = centre - (count - 1) / 2 * self.spacing
        return sitk.Resample(hounsfield, count.tolist(), sitk.Transform(), sitk.sitkLinear, origin.tolist(),
                             self.spacing.tolist(), np.eye(3).ravel().tolist(), AIR)

    def scores(self, image):
        """An image of each class's logits, up to a number that all classes of a voxel share."""
        probabilities = np.empty((len(self.model.class_names), *image.GetSize()[::-1]), np.float32)
        segment(self.model, image, probabilities=probabilities)
        scores = []
        for values in np.log(np.maximum(probabilities, 1e-37)):
            score = sitk.GetImageFromArray(values)
            score.CopyInformation(image)
            scores.append(score)
        return scores


def turned(ct, spacing, axis, degrees):
    """The CT on an oblique grid around the same centre."""
    centre = np.array(ct.TransformContinuousIndexToPhysicalPoint([(count - 1) / 2 for count in ct.GetSize()]))
    direction = np.array(sitk.VersorTransform(axis, np.deg2rad(degrees)).GetMatrix()).reshape(3, 3)
    size = np.round(np.array(ct.GetSize()) * ct.GetSpacing() / spacing).astype(int)
    origin = centre - direction @ ((size - 1) / 2 * spacing)
    return sitk.Resample(ct, size.tolist(), sitk.Transform(), sitk.sitkLinear, origin.tolist(), list(spacing),
                         direction.ravel().tolist(), AIR)


def outside_circle(ct):
    """-3024 where a scanner reconstructs nothing."""
    voxels = sitk.GetArrayFromImage(ct)
    _, rows, columns = voxels.shape
    y, x = np.ogrid[:rows, :columns]
    outside = np.hypot((x + 0.5) / columns - 0.5, (y + 0.5) / rows - 0.5) > 0.5
    voxels[:, outside] = -3024
    result = sitk.GetImageFromArray(voxels)
    result.CopyInformation(ct)
    return result


def as_uint16(ct):
    """Stored values whose HU are 0.5 * stored - 1500."""
    stored = sitk.GetImageFromArray((2 * (sitk.GetArrayFromImage(ct).astype(np.int32) + 1500)).astype(np.uint16))
    stored.CopyInformation(ct)
    return stored


def main(model_path, demo):
    header, _ = disassemble(Path(model_path).read_bytes())
    metadata = header["__metadata__"]
    spacing = [float(value) for value in metadata["anatomynet.spacing"].split(",")]
    assert metadata.get("anatomynet.orientation", "LPS") == "LPS"
    model = anatomynet.Model(model_path)
    pipeline = Pipeline(model, spacing)
    names = model.class_names

    def phantom(voxel, seed):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/ct.nrrd"
            size = np.round(np.array([270, 255, 300]) / voxel).astype(int)
            subprocess.run([demo, "phantom", path, "--truth", f"{folder}/truth.nrrd", "--seed", str(seed),
                            "--spacing", ",".join(map(str, voxel)), "--size", ",".join(map(str, size))],
                           check=True, stdout=subprocess.DEVNULL)
            return sitk.ReadImage(path), sitk.ReadImage(f"{folder}/truth.nrrd")

    target = np.array(spacing)
    finer, true_finer = phantom(np.round(target * 0.42, 2), 3)
    coarser, true_coarser = phantom(np.round(target * 1.31, 2), 4)
    stored = sitk.Flip(sitk.PermuteAxes(finer, (2, 0, 1)), (True, False, True))
    oblique = turned(finer, np.round(target * 0.6, 2), (0.3, -0.5, 0.8), 10)
    scale = {"rescale_slope": 0.5, "rescale_intercept": -1500}
    # What is stored, what turns it into HU, its HU, the true organs.
    cases = {
        "finer": (finer, {}, finer, true_finer),
        "finer, another orientation": (stored, {}, stored, true_finer),
        "finer, -3024 outside the circle": (outside_circle(finer), {}, outside_circle(finer), true_finer),
        "coarser": (coarser, {}, coarser, true_coarser),
        "coarser, uint16 with slope and intercept": (as_uint16(coarser), scale, coarser, true_coarser),
        "oblique by 10 degrees": (oblique, {}, oblique, true_finer),
    }
    failed = 0
    for name, (image, scale, hounsfield, truth) in cases.items():
        labels, measurements = segment(model, image, allow_untrained_spacing=True, **scale)
        found, wanted = sitk.GetArrayViewFromImage(labels), pipeline.labels(hounsfield)
        organs = [label for label in range(1, len(names)) if ((found == label) | (wanted == label)).any()]
        scores = {names[label]: round(float(dice(found, wanted, label)), 4) for label in organs}
        # How far from the true organ, to the patient's left; a mirrored phantom's parotids are 20 mm off and more.
        offsets = {names[label]: round(measurements[label].centroid[0] - left_of(truth, names[label]), 1)
                   for label in organs if names[label] in TRUE_NAMES}
        right = min(scores.values()) >= 0.98 and max(map(abs, offsets.values())) < 10
        right = right and {"BrainStem", "Mandible", "Parotid_L", "Parotid_R"} <= set(offsets)
        print("passed " if right else "FAILED ", f"{name}: DSC {scores}, mm too far left {offsets}")
        failed += not right
    model.close()
    print(f"{len(cases) - failed} passed, {failed} failed")
    return failed


def left_of(truth, name):
    """The patient's coordinate, to the left, of an organ's centre."""
    index = np.argwhere(sitk.GetArrayViewFromImage(truth) == TRUE_NAMES.index(name))[:, ::-1].mean(0)
    return truth.TransformContinuousIndexToPhysicalPoint(index.tolist())[0]


if __name__ == "__main__":
    sys.exit(1 if main(*sys.argv[1:3]) else 0)
