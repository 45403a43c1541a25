"""libanatomynet through ctypes, as far as the geometry tests need it."""

import ctypes
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p

import numpy as np


class LoadOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("activation", c_uint32), ("negative_slope", c_double), ("batch_norm", c_uint32),
        ("padding_multiple", c_uint32), ("intensity_window", c_uint32), ("spacing_mode", c_uint32),
        ("window_lower", c_double), ("window_upper", c_double), ("spacing", c_double * 3), ("architecture", c_char_p),
        ("orientation", c_char_p), ("class_names", c_void_p), ("class_count", c_uint32), ("instruction_set", c_uint32),
        ("log", c_void_p), ("log_user", c_void_p),
    ]


class Volume(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("voxel_type", c_uint32), ("voxels", c_void_p), ("voxels_bytes", c_uint64),
        ("rescale_slope", c_double), ("rescale_intercept", c_double), ("dimensions", c_int64 * 3),
        ("strides", c_int64 * 3), ("spacing", c_double * 3), ("origin", c_double * 3), ("direction", c_double * 9),
    ]


LogCallback = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)


class SegmentOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("threads", c_uint32), ("memory_limit", c_uint64), ("progress", c_void_p),
        ("progress_user", c_void_p), ("log", LogCallback), ("log_user", c_void_p), ("region_mode", c_uint32),
        ("allow_untrained_spacing", c_uint32), ("keep_largest_components", c_uint32), ("feature_map_storage", c_uint32),
        ("region_first", c_int64 * 3), ("region_dimensions", c_int64 * 3), ("region_margin", c_double),
    ]


class Measurement(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("label", c_uint32), ("voxels", c_uint64), ("volume_ml", c_double),
        ("centroid", c_double * 3), ("box_lower", c_double * 3), ("box_upper", c_double * 3),
        ("mean_confidence", c_double), ("touches_border", c_uint32), ("reserved", c_uint32),
    ]


class Outputs(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32), ("class_count", c_uint32), ("classes", c_void_p), ("probabilities", c_void_p),
        ("probabilities_bytes", c_uint64), ("measurements", POINTER(Measurement)), ("measurements_bytes", c_uint64),
    ]


class Refused(Exception):
    pass


class Library:
    def __init__(self, path):
        self.functions = ctypes.CDLL(path)
        self.functions.anatomynet_status_name.restype = c_char_p
        self.functions.anatomynet_last_error.restype = c_char_p
        self.functions.anatomynet_model_class_count.restype = c_uint32
        self.functions.anatomynet_model_class_name.restype = c_char_p

    def check(self, status):
        if status != 0:
            name = self.functions.anatomynet_status_name(status).decode()
            raise Refused(f"{name}: {self.functions.anatomynet_last_error().decode()}")

    def load(self, data, window=None, spacing=None, orientation=None):
        """A model from the bytes of a weight file; window in HU, spacing in mm along the orientation's axes."""
        options = LoadOptions()
        self.functions.anatomynet_load_options_init(byref(options), ctypes.sizeof(options))
        if window is not None:
            options.intensity_window = 2
            options.window_lower, options.window_upper = window
        if spacing is not None:
            options.spacing_mode = 2
            options.spacing[:] = spacing
        if orientation is not None:
            options.orientation = orientation.encode()
        model = c_void_p()
        self.check(self.functions.anatomynet_load_memory(data, c_uint64(len(data)), byref(options), byref(model)))
        return model

    def free(self, model):
        self.functions.anatomynet_free(model)

    def class_names(self, model):
        count = self.functions.anatomynet_model_class_count(model)
        return [self.functions.anatomynet_model_class_name(model, c_uint32(label)).decode() for label in range(count)]

    def segment(self, model, image, threads=1, region=None, margin=None, largest=False, slope=1, intercept=0,
                probabilities=False, allow_untrained_spacing=False):
        """Labels of a SimpleITK image as a SimpleITK image, the measurements, log messages and probabilities."""
        import SimpleITK

        voxels = SimpleITK.GetArrayViewFromImage(image)
        volume = self.volume(voxels, image, slope, intercept)
        options, messages = self.options(threads, region, margin, largest)
        options.allow_untrained_spacing = allow_untrained_spacing
        count = self.functions.anatomynet_model_class_count(model)
        measurements = (Measurement * count)()
        for measurement in measurements:
            self.functions.anatomynet_measurement_init(byref(measurement), ctypes.sizeof(measurement))
        outputs = Outputs()
        self.functions.anatomynet_outputs_init(byref(outputs), ctypes.sizeof(outputs))
        outputs.measurements = measurements
        outputs.measurements_bytes = ctypes.sizeof(measurements)
        planes = None
        if probabilities:
            planes = np.empty((count, *voxels.shape), np.float32)
            outputs.class_count = count
            outputs.probabilities = planes.ctypes.data
            outputs.probabilities_bytes = planes.nbytes
        labels = np.full(voxels.shape, 255, np.uint8)
        self.check(self.functions.anatomynet_segment(
            model, byref(volume), byref(options), labels.ctypes.data_as(c_void_p), c_uint64(labels.nbytes),
            byref(outputs)))
        result = SimpleITK.GetImageFromArray(labels)
        result.CopyInformation(image)
        return result, list(measurements), messages, planes

    def estimate_memory(self, model, image, threads=2, region=None, margin=None):
        import SimpleITK

        volume = self.volume(SimpleITK.GetArrayViewFromImage(image), image)
        options, _ = self.options(threads, region, margin)
        result = c_uint64()
        self.check(self.functions.anatomynet_estimate_memory(model, byref(volume), byref(options), byref(result)))
        return result.value

    def volume(self, voxels, image, slope=1, intercept=0):
        volume = Volume()
        self.functions.anatomynet_volume_init(byref(volume), ctypes.sizeof(volume))
        volume.voxel_type = {"int16": 1, "uint16": 2, "float32": 3}[str(voxels.dtype)]
        volume.voxels = voxels.ctypes.data
        volume.voxels_bytes = voxels.nbytes
        volume.rescale_slope, volume.rescale_intercept = slope, intercept
        volume.dimensions[:] = image.GetSize()
        volume.spacing[:] = image.GetSpacing()
        volume.origin[:] = image.GetOrigin()
        volume.direction[:] = image.GetDirection()
        return volume

    def options(self, threads=0, region=None, margin=None, largest=False):
        options = SegmentOptions()
        self.functions.anatomynet_segment_options_init(byref(options), ctypes.sizeof(options))
        options.threads = threads
        options.keep_largest_components = largest
        messages = []
        options.log = LogCallback(lambda level, message, user: messages.append(message.decode()))
        if region is not None:
            options.region_mode = 1 if margin is None else 2
            options.region_first[:], options.region_dimensions[:] = region
            options.region_margin = margin or 0
        return options, messages
