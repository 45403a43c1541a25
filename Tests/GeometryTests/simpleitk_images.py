"""SimpleITK's images through the Python wrapper of examples/python."""

import anatomynet
import numpy as np
import SimpleITK as sitk


def segment(model: anatomynet.Model, image, direction=None, **further):
    """Labels of an image as an image, and the measurements.

    direction  instead of the image's, since SimpleITK makes no image with an unusable one
    further    arguments of Model.segment
    """
    voxels = sitk.GetArrayViewFromImage(image)
    measurements = []
    labels = model.segment(
        voxels,
        spacing=image.GetSpacing()[::-1],
        origin=image.GetOrigin(),
        direction=image.GetDirection() if direction is None else direction,
        # Memory that held no labels before.
        labels=np.full(voxels.shape, 255, np.uint8),
        measurements=measurements,
        **further,
    )
    result = sitk.GetImageFromArray(labels)
    result.CopyInformation(image)
    return result, measurements
