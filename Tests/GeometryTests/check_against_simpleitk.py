"""Compares libanatomynet's geometry with SimpleITK, through the C interface.

Needs numpy and SimpleITK; `run` says which library. An asymmetric made-up CT is written by SimpleITK in all 48 orientations and in
several spacings, angles and offsets; labels are compared in patient coordinates with a pipeline of its own:
resampling by SimpleITK, the (hand-made) network by numpy, its scores resampled back by SimpleITK.
"""

import itertools
import sys

import anatomynet
import numpy as np
import SimpleITK as sitk

from overlap import dice
from simpleitk_images import segment
from threshold_network import weight_file

WINDOW = (-1000.0, 1500.0)
# Upper envelope: class 0 below 0.3 (-250 HU), 1 up to 0.5 (250 HU), 2 up to 0.75 (875 HU), 3 above.
LINES = [(0.0, 0.0), (20.0, -6.0), (60.0, -26.0), (120.0, -71.0)]

ERROR_ORIENTATION = 11  # of anatomynet.h

passed = failed = 0


def check(condition, *what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("FAILED ", *what)


def made_up_ct():
    """Smooth and different along every axis and at every corner."""
    size, spacing, origin = np.array([31, 26, 22]), np.array([2.0, 2.4, 3.0]), np.array([-71.3, 15.8, -402.0])
    z, y, x = np.meshgrid(*(np.arange(n) for n in size[::-1]), indexing="ij")
    position = [o + s * i for o, s, i in zip(origin, spacing, (x, y, z))]
    hounsfield = np.full(x.shape, -900.0)
    for centre, radius, peak in (((-50, 35, -380), 17, 1000), ((-28, 60, -356), 14, 2100), ((-40, 48, -350), 9, 2300),
                                 ((-60, 66, -390), 11, 1500)):
        squared = sum((p - c) ** 2 for p, c in zip(position, centre))
        hounsfield += peak * np.exp(-squared / (2 * (radius / 1.8) ** 2))
    image = sitk.GetImageFromArray(np.rint(hounsfield).astype(np.int16))
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    return image


def network(intensities):
    return np.stack([slope * intensities + intercept for slope, intercept in LINES])


def placed(image, spacing, axis, degrees, offset, size_factor=1.0):
    """The CT as another scanner would have stored it, by SimpleITK."""
    centre = np.array(image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()])) + offset
    direction = np.array(sitk.VersorTransform(axis, np.deg2rad(degrees)).GetMatrix()).reshape(3, 3)
    size = np.rint(size_factor * np.array(image.GetSize()) * image.GetSpacing() / np.array(spacing)).astype(int)
    grid = sitk.Image([int(n) for n in size], sitk.sitkInt16)
    grid.SetSpacing(spacing)
    grid.SetDirection(direction.ravel())
    grid.SetOrigin(centre - direction @ ((size - 1) / 2 * spacing))
    return sitk.Resample(image, grid, sitk.Transform(), sitk.sitkLinear, -1024)


def expected_labels(image, spacing):
    """An independent pipeline on a grid of its own: same centre, the model's spacing, large enough."""
    centre = np.array(image.TransformContinuousIndexToPhysicalPoint([(n - 1) / 2 for n in image.GetSize()]))
    size = np.abs(np.array(image.GetDirection()).reshape(3, 3)) @ (np.array(image.GetSize()) * image.GetSpacing())
    size = np.maximum(1, np.rint(size / spacing)).astype(int)
    grid = sitk.Image([int(n) for n in size], sitk.sitkFloat32)
    grid.SetSpacing(spacing)
    grid.SetOrigin(centre - (size - 1) / 2 * spacing)
    hounsfield = sitk.Resample(sitk.Cast(image, sitk.sitkFloat32), grid, sitk.Transform(), sitk.sitkLinear, -1024.0)
    intensities = (np.clip(sitk.GetArrayFromImage(hounsfield), *WINDOW) - WINDOW[0]) / (WINDOW[1] - WINDOW[0])
    planes = []
    for scores in network(intensities):
        plane = sitk.GetImageFromArray(scores.astype(np.float32))
        plane.CopyInformation(grid)
        planes.append(sitk.GetArrayFromImage(sitk.Resample(plane, image, sitk.Transform(), sitk.sitkLinear, -1e9)))
    return np.argmax(planes, 0), np.min(planes, 0) > -1e8


def are_measured(image, labels, measurements):
    """Whether the measurements are those of the labels, computed from their definition."""
    direction = np.array(image.GetDirection()).reshape(3, 3)
    spacing, size = np.array(image.GetSpacing()), np.array(image.GetSize())
    half = np.abs(direction) @ (spacing / 2)

    def is_measured(measurement):
        index = np.argwhere(labels == measurement.label)[:, ::-1]
        if not measurement.voxels == len(index) > 0:
            return False
        position = image.GetOrigin() + (index * spacing) @ direction.T
        return (
            np.allclose(measurement.volume_ml, len(index) * spacing.prod() / 1000)
            and np.allclose(measurement.centroid, position.mean(0))
            and np.allclose(measurement.box_lower, position.min(0) - half)
            and np.allclose(measurement.box_upper, position.max(0) + half)
            and measurement.touches_border == ((index.min(0) == 0).any() or (index.max(0) == size - 1).any())
        )

    return all(map(is_measured, measurements))


def check_orientations(model, image):
    reference, whole = segment(model, image)
    wanted = sitk.GetArrayFromImage(reference)
    check(len(np.unique(wanted)) == 4, "labels of the made-up CT:", np.unique(wanted))
    left_handed = 0
    for order in itertools.permutations(range(3)):
        for flips in itertools.product((False, True), repeat=3):
            stored = sitk.Flip(sitk.PermuteAxes(image, order), flips)
            labels, measurements = segment(model, stored)
            back = sitk.Resample(labels, image, sitk.Transform(), sitk.sitkNearestNeighbor, 255)
            same = (sitk.GetArrayFromImage(back) == wanted).all()
            same = same and all(np.allclose(here.centroid, there.centroid) for here, there in zip(measurements, whole))
            check(same, "axes in the order", order, "flipped", flips)
            left_handed += np.linalg.det(np.array(stored.GetDirection()).reshape(3, 3)) < 0
    check(left_handed == 24, left_handed, "orientations are left-handed")


def check_independently(model, model_spacing, image):
    # None finer than the model's: check_independent_pipeline.py has those, smoothed.
    for spacing in ((2.0, 2.4, 3.0), (1.5, 1.8, 2.2), (3.0, 2.0, 2.5)):
        for axis, degrees in (((0, 0, 1), 0), ((0, 0, 1), 7), ((0.3, -0.5, 0.7), 20), ((1, 0.2, 0), 35)):
            for offset, flips in ((np.zeros(3), (False,) * 3), (np.array([3.3, -2.1, 4.7]), (True, False, True))):
                stored = sitk.Flip(sitk.PermuteAxes(placed(image, spacing, axis, degrees, offset), (1, 2, 0)), flips)
                labels, measurements = segment(model, stored)
                found = sitk.GetArrayFromImage(labels)
                wanted, covered = expected_labels(stored, model_spacing)
                scores = [dice(found[covered], wanted[covered], label) for label in (1, 2, 3)]
                case = (spacing, axis, degrees, offset)
                check(min(scores) > 0.98, case, "DSC", scores)
                check(are_measured(stored, found, measurements), case, measurements)


def check_refusals(model, image):
    turned = np.array(sitk.VersorTransform((0, 0, 1), np.deg2rad(43)).GetMatrix()).reshape(3, 3)
    for direction in (np.full((3, 3), np.nan), np.zeros((3, 3)), np.diag([1, 1, 1.1]), turned):
        status = anatomynet.OK
        try:
            segment(model, image, direction=direction.ravel())
        except anatomynet.Error as refusal:
            status = refusal.status
        check(status == ERROR_ORIENTATION, "status", status, "for the direction", direction)


def main():
    image, weights = made_up_ct(), weight_file(LINES)
    for spacing in (None, (1.5, 2.4, 2.0), (1.0, 1.0, 1.0)):
        with anatomynet.Model(weights, intensity_window=WINDOW, spacing=spacing and spacing[::-1]) as model:
            check_orientations(model, image)
    spacing = np.array([1.5, 1.8, 2.2])
    with anatomynet.Model(weights, intensity_window=WINDOW, spacing=spacing[::-1]) as model:
        check_independently(model, spacing, image)
        check_refusals(model, image)
    print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    main()
    sys.exit(failed != 0)
