"""The part of anatomynet.h that the tests need, for Python's ctypes."""

import ctypes
from ctypes import POINTER, c_char_p, c_double, c_float, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p

INT16, UINT16, FLOAT32 = 1, 2, 3


class Volume(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("voxel_type", c_uint32),
        ("voxels", c_void_p),
        ("voxels_bytes", c_uint64),
        ("rescale_slope", c_double),
        ("rescale_intercept", c_double),
        ("dimensions", c_int64 * 3),
        ("strides", c_int64 * 3),
        ("spacing", c_double * 3),
        ("origin", c_double * 3),
        ("direction", c_double * 9),
    ]


class Outputs(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("class_count", c_uint32),
        ("classes", POINTER(c_uint32)),
        ("probabilities", c_void_p),
        ("probabilities_bytes", c_uint64),
    ]


class Library:
    def __init__(self, path):
        self.c = ctypes.CDLL(path)
        self.c.anatomynet_last_error.restype = c_char_p
        self.c.anatomynet_status_name.restype = c_char_p
        self.c.anatomynet_model_class_name.restype = c_char_p
        self.c.anatomynet_model_class_name.argtypes = [c_void_p, c_uint32]
        self.c.anatomynet_model_class_count.argtypes = [c_void_p]
        self.c.anatomynet_load.argtypes = [c_char_p, c_void_p, POINTER(c_void_p)]
        self.c.anatomynet_load_memory.argtypes = [c_char_p, c_uint64, c_void_p, POINTER(c_void_p)]
        self.c.anatomynet_free.argtypes = [c_void_p]
        self.c.anatomynet_volume_init.argtypes = [POINTER(Volume), c_uint32]
        self.c.anatomynet_outputs_init.argtypes = [POINTER(Outputs), c_uint32]
        self.c.anatomynet_segment.argtypes = [
            c_void_p, POINTER(Volume), c_void_p, c_void_p, c_uint64, POINTER(Outputs)
        ]

    def verify(self, status):
        if status:
            name = self.c.anatomynet_status_name(status).decode()
            raise RuntimeError(f"{name}: {self.c.anatomynet_last_error().decode()}")

    def load(self, path):
        model = c_void_p()
        self.verify(self.c.anatomynet_load(path.encode(), None, ctypes.byref(model)))
        return model

    def volume(self, array):
        """The CT in a NumPy array [z, y, x] of any strides."""
        volume = Volume()
        self.c.anatomynet_volume_init(volume, ctypes.sizeof(volume))
        volume.voxel_type = {"int16": INT16, "uint16": UINT16, "float32": FLOAT32}[array.dtype.name]
        volume.voxels = array.ctypes.data
        volume.dimensions[:] = array.shape[::-1]
        volume.strides[:] = array.strides[::-1]
        volume.voxels_bytes = array.itemsize + sum(
            (size - 1) * abs(stride) for size, stride in zip(array.shape, array.strides))
        return volume

    def segment(self, model, array, probabilities=False):
        import numpy

        labels = numpy.full(array.shape, 255, numpy.uint8)
        outputs, planes = None, None
        if probabilities:
            count = self.c.anatomynet_model_class_count(model)
            planes = numpy.zeros((count, *array.shape), numpy.float32)
            outputs = Outputs()
            self.c.anatomynet_outputs_init(outputs, ctypes.sizeof(outputs))
            outputs.class_count = count
            outputs.probabilities = planes.ctypes.data
            outputs.probabilities_bytes = planes.nbytes
        self.verify(self.c.anatomynet_segment(
            model, self.volume(array), None, labels.ctypes.data, labels.nbytes, outputs))
        return (labels, planes) if probabilities else labels
