"""The installed libanatomynet through its C interface (`anatomynet.h`), by ctypes."""

import ctypes
import ctypes.util
from ctypes import POINTER, Structure, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from pathlib import Path

import numpy as np

from .sample import Sample

INT16 = 1
FLOAT32 = 3


class LibraryError(RuntimeError):
    """A call into the library failed; the message is the library's own."""


class _Volume(Structure):
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


class _SegmentOptions(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("memory_limit", c_uint64),
        ("progress", c_void_p),
        ("progress_user", c_void_p),
        ("log", c_void_p),
        ("log_user", c_void_p),
        ("region_mode", c_uint32),
        ("allow_untrained_spacing", c_uint32),
        ("keep_largest_components", c_uint32),
        ("feature_map_storage", c_uint32),
    ]


class _Outputs(Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("class_count", c_uint32),
        ("classes", POINTER(c_uint32)),
        ("probabilities", POINTER(c_float)),
        ("probabilities_bytes", c_uint64),
    ]


class Library:
    """One loaded copy of the library.

    Structs hold the header's documented defaults, most of them 0; fields a newer library has
    appended beyond them take theirs.
    """

    def __init__(self, path: str | Path | None = None):
        name = str(path) if path else ctypes.util.find_library("anatomynet")
        if name is None:
            raise LibraryError("libanatomynet is not installed where the loader looks; give its path with --library")
        try:
            self._functions = ctypes.CDLL(name)
        except OSError as error:
            raise LibraryError(f"cannot load {name}: {error}") from error
        f = self._functions
        f.anatomynet_version.restype = c_char_p
        f.anatomynet_last_error.restype = c_char_p
        f.anatomynet_load.argtypes = [c_char_p, c_void_p, POINTER(c_void_p)]
        f.anatomynet_load.restype = c_int32
        f.anatomynet_free.argtypes = [c_void_p]
        f.anatomynet_free.restype = None
        f.anatomynet_model_class_count.argtypes = [c_void_p]
        f.anatomynet_model_class_count.restype = c_uint32
        f.anatomynet_model_class_name.argtypes = [c_void_p, c_uint32]
        f.anatomynet_model_class_name.restype = c_char_p
        f.anatomynet_model_fingerprint.argtypes = [c_void_p]
        f.anatomynet_model_fingerprint.restype = c_char_p
        f.anatomynet_segment.argtypes = [
            c_void_p, POINTER(_Volume), POINTER(_SegmentOptions), POINTER(c_uint8), c_uint64, POINTER(_Outputs),
        ]
        f.anatomynet_segment.restype = c_int32

    @property
    def version(self) -> str:
        return self._functions.anatomynet_version().decode()

    def load(self, path: Path) -> "LibraryModel":
        return LibraryModel(self._functions, path)


class LibraryModel:
    """A loaded model; a context manager."""

    def __init__(self, functions: ctypes.CDLL, path: Path):
        self._functions = functions
        self._handle = c_void_p()
        self._check(functions.anatomynet_load(str(path).encode(), None, byref(self._handle)))
        count = functions.anatomynet_model_class_count(self._handle)
        self.classes = tuple(
            functions.anatomynet_model_class_name(self._handle, label).decode() for label in range(count)
        )
        self.fingerprint = functions.anatomynet_model_fingerprint(self._handle).decode()

    def __enter__(self) -> "LibraryModel":
        return self

    def __exit__(self, *_: object) -> None:
        self._functions.anatomynet_free(self._handle)
        self._handle = c_void_p()

    def segment(self, sample: Sample, threads: int = 0, largest_components: bool = False,
                allow_untrained_spacing: bool = False) -> np.ndarray:
        """uint8 labels (z, y, x) of the sample's volume, otherwise at the library's default options.

        `largest_components` keeps of each organ only the largest connected component. Spacings outside the
        range that the model was trained on raise LibraryError unless `allow_untrained_spacing`.
        """
        return self._run(sample, None, threads=threads, keep_largest_components=int(largest_components),
                         allow_untrained_spacing=int(allow_untrained_spacing))

    def segment_with_probabilities(self, sample: Sample, threads: int = 0, bfloat16_storage: bool = False,
                                   allow_untrained_spacing: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Labels (z, y, x) and float32 probabilities (class, z, y, x).

        `bfloat16_storage` keeps what layers compute in half the memory, less exactly.
        """
        probabilities = np.empty((len(self.classes), *sample.intensities.shape), dtype=np.float32)
        labels = self._run(sample, probabilities, threads=threads, feature_map_storage=int(bfloat16_storage),
                           allow_untrained_spacing=int(allow_untrained_spacing))
        return labels, probabilities

    def _run(self, sample: Sample, probabilities: np.ndarray | None, **fields: int) -> np.ndarray:
        """Labels; `probabilities` are filled in where given. `fields` are those of the segment options."""
        is_float = np.issubdtype(sample.intensities.dtype, np.floating)
        voxels = np.ascontiguousarray(sample.intensities, dtype=np.float32 if is_float else np.int16)
        labels = np.empty(voxels.shape, dtype=np.uint8)
        volume = _Volume(
            struct_size=ctypes.sizeof(_Volume),
            voxel_type=FLOAT32 if is_float else INT16,
            voxels=voxels.ctypes.data,
            voxels_bytes=voxels.nbytes,
            rescale_slope=1,
            rescale_intercept=0,
            dimensions=(c_int64 * 3)(*voxels.shape[::-1]),
            spacing=(c_double * 3)(*sample.spacing[::-1]),
            direction=(c_double * 9)(1, 0, 0, 0, 1, 0, 0, 0, 1),
        )
        options = _SegmentOptions(struct_size=ctypes.sizeof(_SegmentOptions), **fields)
        outputs = None
        if probabilities is not None:
            outputs = byref(_Outputs(
                struct_size=ctypes.sizeof(_Outputs),
                class_count=len(probabilities),
                probabilities=probabilities.ctypes.data_as(POINTER(c_float)),
                probabilities_bytes=probabilities.nbytes,
            ))
        self._check(self._functions.anatomynet_segment(
            self._handle, byref(volume), byref(options),
            labels.ctypes.data_as(POINTER(c_uint8)), labels.nbytes, outputs,
        ))
        return labels

    def _check(self, status: int) -> None:
        if status != 0:
            raise LibraryError(f"status {status}: {self._functions.anatomynet_last_error().decode()}")
