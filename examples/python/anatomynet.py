"""libanatomynet for Python: a typed ctypes wrapper over NumPy arrays, to copy into your program.

    model = anatomynet.Model("model.safetensors")
    labels = model.segment(hu, spacing=(2.5, 2.5, 2.5))      # hu and labels are [z, y, x]

Arrays are indexed [z, y, x] and never copied: any strides will do, also negative ones. ctypes releases
the GIL during each call, so other Python threads run on; one model may be used by many threads.

Not for clinical use.
"""

from __future__ import annotations

import ctypes
import operator
import os
from collections.abc import Callable, Generator, Sequence
from ctypes import POINTER, byref, c_char_p, c_double, c_float, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

OK = 0
CANCELLED = 60

# As docs/weight-format.md spells them.
_ACTIVATIONS = {"relu": 1, "leaky_relu": 2}
_BATCH_NORMS = {"running": 1, "volume": 2}
_NONE = {"none": 1}
_WINDOW_LINEAR = 2
_SPACING_FIXED = 2
_INSTRUCTION_SETS = {"best": 0, "portable": 1, "avx2": 2, "avx512": 3}
_REGION_LABELS = 1
_REGION_CROP = 2
# Without the user pointer, which comes last and is not needed: see _Callbacks.
_PROGRESS = ctypes.CFUNCTYPE(c_int32, c_double)
_LOG = ctypes.CFUNCTYPE(None, c_int32, c_char_p, c_void_p)
_VOXEL_TYPES = {np.dtype(np.int16): 1, np.dtype(np.uint16): 2, np.dtype(np.float32): 3}


class _Volume(ctypes.Structure):
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


class _LoadOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("activation", c_uint32),
        ("negative_slope", c_double),
        ("batch_norm", c_uint32),
        ("padding_multiple", c_uint32),
        ("intensity_window", c_uint32),
        ("spacing_mode", c_uint32),
        ("window_lower", c_double),
        ("window_upper", c_double),
        ("spacing", c_double * 3),
        ("architecture", c_char_p),
        ("orientation", c_char_p),
        ("class_names", POINTER(c_char_p)),
        ("class_count", c_uint32),
        ("instruction_set", c_uint32),
        ("log", _LOG),
        ("log_user", c_void_p),
        ("keep_memory", c_uint32),
        ("reserved", c_uint32),
    ]


class _SegmentOptions(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("threads", c_uint32),
        ("memory_limit", c_uint64),
        ("progress", _PROGRESS),
        ("progress_user", c_void_p),
        ("log", _LOG),
        ("log_user", c_void_p),
        ("region_mode", c_uint32),
        ("allow_untrained_spacing", c_uint32),
        ("keep_largest_components", c_uint32),
        ("feature_map_storage", c_uint32),
        ("region_first", c_int64 * 3),
        ("region_dimensions", c_int64 * 3),
        ("region_margin", c_double),
    ]


class _Measurement(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("label", c_uint32),
        ("voxels", c_uint64),
        ("volume_ml", c_double),
        ("centroid", c_double * 3),
        ("box_lower", c_double * 3),
        ("box_upper", c_double * 3),
        ("mean_confidence", c_double),
        ("touches_border", c_uint32),
        ("reserved", c_uint32),
    ]


class _Outputs(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_uint32),
        ("class_count", c_uint32),
        ("classes", POINTER(c_uint32)),
        ("probabilities", POINTER(c_float)),
        ("probabilities_bytes", c_uint64),
        ("measurements", POINTER(_Measurement)),
        ("measurements_bytes", c_uint64),
    ]


def _load_library() -> ctypes.CDLL:
    """Opens the library named by the environment variable ANATOMYNET_LIBRARY, else the installed one."""
    library = ctypes.CDLL(os.environ.get("ANATOMYNET_LIBRARY", "libanatomynet.so.0"))
    for name, result, arguments in [
        ("anatomynet_status_name", c_char_p, [c_int32]),
        ("anatomynet_last_error", c_char_p, []),
        ("anatomynet_version", c_char_p, []),
        ("anatomynet_instruction_set", c_char_p, []),
        ("anatomynet_load_options_init", None, [POINTER(_LoadOptions), c_uint32]),
        ("anatomynet_load", c_int32, [c_char_p, POINTER(_LoadOptions), POINTER(c_void_p)]),
        ("anatomynet_load_memory", c_int32, [c_char_p, c_uint64, POINTER(_LoadOptions), POINTER(c_void_p)]),
        ("anatomynet_free", None, [c_void_p]),
        ("anatomynet_model_class_count", c_uint32, [c_void_p]),
        ("anatomynet_model_class_name", c_char_p, [c_void_p, c_uint32]),
        ("anatomynet_model_fingerprint", c_char_p, [c_void_p]),
        ("anatomynet_volume_init", None, [POINTER(_Volume), c_uint32]),
        ("anatomynet_segment_options_init", None, [POINTER(_SegmentOptions), c_uint32]),
        ("anatomynet_outputs_init", None, [POINTER(_Outputs), c_uint32]),
        ("anatomynet_measurement_init", None, [POINTER(_Measurement), c_uint32]),
        (
            "anatomynet_segment",
            c_int32,
            [c_void_p, POINTER(_Volume), POINTER(_SegmentOptions), POINTER(c_uint8), c_uint64, POINTER(_Outputs)],
        ),
        (
            "anatomynet_estimate_memory",
            c_int32,
            [c_void_p, POINTER(_Volume), POINTER(_SegmentOptions), POINTER(c_uint64)],
        ),
    ]:
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


_library = _load_library()


class Error(Exception):
    """A call that failed. `status` is one of the ANATOMYNET_ERROR_... values of anatomynet.h."""

    def __init__(self, status: int) -> None:
        name = _library.anatomynet_status_name(status).decode()
        super().__init__(f"{name}: {_library.anatomynet_last_error().decode()}")
        self.status = status


class Cancelled(Error):
    """The progress callback returned False."""


def _check(status: int) -> None:
    if status == CANCELLED:
        raise Cancelled(status)
    if status != OK:
        raise Error(status)


def _unsigned(name: str, value: int, bits: int) -> int:
    """The value; ctypes would take another one modulo 2 ** bits, without a word."""
    value = operator.index(value)
    if value < 0:
        raise ValueError(f"{name} is {value}; it must not be negative")
    if value >= 1 << bits:
        raise ValueError(f"{name} is {value}; it must fit into {bits} bits")
    return value


def _reals(name: str, values: Sequence[float], count: int) -> list[float]:
    """The values; ctypes would complain of another count without saying of what."""
    if len(values) != count:
        raise ValueError(f"{name} has {len(values)} numbers; it takes {count}")
    return [float(value) for value in values]


def _number(name: str, word: str, numbers: dict[str, int]) -> int:
    """The C interface's number for a word."""
    if word not in numbers:
        raise ValueError(f"{name} is {word!r}; {', '.join(map(repr, numbers))} may be given")
    return numbers[word]


def version() -> str:
    """The library's version."""
    return _library.anatomynet_version().decode()


def instruction_set() -> str:
    """The best that processor, system and library share: "avx512", "avx2" or "portable"."""
    return _library.anatomynet_instruction_set().decode()


@dataclass(frozen=True)
class Measurement:
    """What was measured of one class. Lengths in mm, places in DICOM LPS (x, y, z); NaN where there is nothing
    to measure or the spacing is unknown."""

    label: int
    name: str
    voxels: int
    volume_ml: float
    centroid: tuple[float, float, float]
    box_lower: tuple[float, float, float]
    box_upper: tuple[float, float, float]
    mean_confidence: float
    touches_border: bool
    """The organ may continue outside of the volume or of the region."""


class Model:
    """A loaded network. Close it, use it as a context manager, or leave it to the garbage collector."""

    def __init__(
        self,
        weights: str | os.PathLike[str] | bytes,
        *,
        activation: Literal["relu", "leaky_relu"] | None = None,
        negative_slope: float = 0,
        batch_norm: Literal["running", "volume"] | None = None,
        padding_multiple: int = 0,
        intensity_window: tuple[float, float] | Literal["none"] | None = None,
        spacing: Sequence[float] | Literal["none"] | None = None,
        architecture: str | None = None,
        orientation: str | None = None,
        class_names: Sequence[str] | None = None,
        instruction_set: Literal["best", "portable", "avx2", "avx512"] = "best",
        keep_memory: bool = False,
        log: Callable[[int, str], None] | None = None,
    ) -> None:
        """Loads a weight file, which usually says all of itself.

        weights        the path of the file, or its content as bytes
        instruction_set  of the kernels; for comparisons
        keep_memory    leaves a call's memory with the model for the next call
        log            receives level and message, also of which defaults were taken

        The others, unless None or 0, take precedence over what the file says; docs/weight-format.md has their
        meaning. They are needed where it says nothing, as of a state dict stored as safetensors. intensity_window
        is (lower, upper) in HU; spacing is in mm along z, y, x.

        Raises Error, or ValueError for unsuitable options.
        """
        self._handle = c_void_p()
        options = _LoadOptions()
        _library.anatomynet_load_options_init(byref(options), ctypes.sizeof(options))
        if activation is not None:
            options.activation = _number("activation", activation, _ACTIVATIONS)
        options.negative_slope = float(negative_slope)
        if batch_norm is not None:
            options.batch_norm = _number("batch_norm", batch_norm, _BATCH_NORMS)
        options.padding_multiple = _unsigned("padding_multiple", padding_multiple, 32)
        if isinstance(intensity_window, str):
            options.intensity_window = _number("intensity_window", intensity_window, _NONE)
        elif intensity_window is not None:
            options.intensity_window = _WINDOW_LINEAR
            options.window_lower, options.window_upper = _reals("intensity_window", intensity_window, 2)
        if isinstance(spacing, str):
            options.spacing_mode = _number("spacing", spacing, _NONE)
        elif spacing is not None:
            options.spacing_mode = _SPACING_FIXED
            options.spacing[:] = _reals("spacing", spacing, 3)[::-1]
        options.architecture = None if architecture is None else architecture.encode()
        options.orientation = None if orientation is None else orientation.encode()
        if class_names is not None:
            options.class_names = (c_char_p * len(class_names))(*(name.encode() for name in class_names))
            options.class_count = len(class_names)
        options.instruction_set = _number("instruction_set", instruction_set, _INSTRUCTION_SETS)
        options.keep_memory = bool(keep_memory)
        callbacks = _Callbacks(None, log)
        if log is not None:
            options.log = callbacks.log
        if isinstance(weights, bytes):
            status = _library.anatomynet_load_memory(weights, len(weights), byref(options), byref(self._handle))
        else:
            status = _library.anatomynet_load(os.fsencode(weights), byref(options), byref(self._handle))
        callbacks.check(status)

    def close(self) -> None:
        """Frees the model. No other thread may be using it."""
        handle, self._handle = self._handle, c_void_p()
        _library.anatomynet_free(handle)

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # At interpreter shutdown the module's names may be gone already.
        if getattr(self, "_handle", None) and _library is not None:
            self.close()

    @property
    def class_names(self) -> list[str]:
        """The names of the labels 0, 1, ..., background first."""
        handle = self._open()
        count = _library.anatomynet_model_class_count(handle)
        return [_library.anatomynet_model_class_name(handle, label).decode() for label in range(count)]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the weight file."""
        return _library.anatomynet_model_fingerprint(self._open()).decode()

    def segment(
        self,
        voxels: NDArray[np.int16] | NDArray[np.uint16] | NDArray[np.float32],
        *,
        spacing: Sequence[float] = (0, 0, 0),
        origin: Sequence[float] = (0, 0, 0),
        direction: Sequence[float] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
        rescale_slope: float = 1,
        rescale_intercept: float = 0,
        threads: int = 0,
        memory_limit: int = 0,
        keep_largest_components: bool = False,
        allow_untrained_spacing: bool = False,
        bfloat16_storage: bool = False,
        region: tuple[slice, slice, slice] | None = None,
        region_margin: float | None = None,
        progress: Callable[[float], bool | None] | None = None,
        log: Callable[[int, str], None] | None = None,
        labels: NDArray[np.uint8] | None = None,
        probabilities: NDArray[np.float32] | None = None,
        classes: Sequence[int] | None = None,
        measurements: list[Measurement] | None = None,
    ) -> NDArray[np.uint8]:
        """Labels each voxel of a CT.

        voxels         [z, y, x]; read in place
        spacing        mm along z, y, x, in the order of the array's axes; zeros: unknown
        origin         mm, centre of voxel [0, 0, 0] in DICOM LPS (x, y, z)
        direction      as in anatomynet.h: row-major 3 × 3, columns are the x, y and z axis
        bfloat16_storage  half the memory and a little faster; results differ slightly
        region         slices along z, y, x; what lies outside is background
        region_margin  mm around the region that the network sees; None: it sees the whole volume. A crop takes
                       less memory and time, but the labels inside may differ
        progress       receives the finished fraction; return False to cancel. An exception in it cancels
                       too, and is raised here
        labels         [z, y, x], C-contiguous; receives the labels, and stays as it is when the call fails. None:
                       a new array
        probabilities  [class, z, y, x], C-contiguous; receives the probability of each of `classes`
        measurements   receives one measurement a class, background included, in the order of the labels

        Returns labels [z, y, x]. Raises Error, Cancelled, or TypeError and ValueError for unsuitable arrays.
        """
        volume = self._volume(voxels, spacing, origin, direction, rescale_slope, rescale_intercept)
        callbacks = _Callbacks(progress, log)
        options = self._options(
            voxels.shape, threads, keep_largest_components, allow_untrained_spacing, bfloat16_storage, region,
            region_margin,
        )  # fmt: skip
        options.memory_limit = _unsigned("memory_limit", memory_limit, 64)
        if progress is not None:
            options.progress = callbacks.progress
        if log is not None:
            options.log = callbacks.log
        if labels is None:
            labels = np.empty(voxels.shape, np.uint8)
        self._check_output("labels", labels, np.uint8, voxels.shape)
        outputs = self._outputs(probabilities, classes, voxels.shape)
        measured = None
        if measurements is not None:
            measured = self._measurements()
            outputs.measurements = measured
            outputs.measurements_bytes = ctypes.sizeof(measured)
        status = _library.anatomynet_segment(
            self._open(), byref(volume), byref(options), labels.ctypes.data_as(POINTER(c_uint8)), labels.nbytes,
            byref(outputs),
        )  # fmt: skip
        callbacks.check(status)
        if measurements is not None:
            measurements[:] = [self._measurement(found) for found in measured]
        return labels

    def estimate_memory(
        self,
        shape: Sequence[int],
        *,
        spacing: Sequence[float] = (0, 0, 0),
        origin: Sequence[float] = (0, 0, 0),
        direction: Sequence[float] = (1, 0, 0, 0, 1, 0, 0, 0, 1),
        threads: int = 0,
        keep_largest_components: bool = False,
        allow_untrained_spacing: bool = False,
        bfloat16_storage: bool = False,
        region: tuple[slice, slice, slice] | None = None,
        region_margin: float | None = None,
    ) -> int:
        """The bytes that `segment` will allocate for a CT of this shape [z, y, x] with these arguments, which mean
        the same there. Arrays that Python allocates, such as the labels, are not among them."""
        volume = self._place(shape, spacing, origin, direction)
        options = self._options(
            shape, threads, keep_largest_components, allow_untrained_spacing, bfloat16_storage, region, region_margin
        )
        needed = c_uint64()
        _check(_library.anatomynet_estimate_memory(self._open(), byref(volume), byref(options), byref(needed)))
        return needed.value

    def _open(self) -> c_void_p:
        if not self._handle:
            raise ValueError("the model is closed")
        return self._handle

    @staticmethod
    def _volume(
        voxels: NDArray[np.generic],
        spacing: Sequence[float],
        origin: Sequence[float],
        direction: Sequence[float],
        slope: float,
        intercept: float,
    ) -> _Volume:
        if voxels.dtype not in _VOXEL_TYPES:
            raise TypeError(f"voxels of {voxels.dtype}; int16, uint16 or float32 in native byte order are allowed")
        if voxels.ndim != 3:
            raise ValueError(f"an array with {voxels.ndim} axes; [z, y, x] is needed")
        # The bytes from the lowest-addressed voxel to the end of the highest, whatever the strides' signs.
        extent = voxels.itemsize + sum(abs(step) * (size - 1) for step, size in zip(voxels.strides, voxels.shape))
        volume = Model._place(voxels.shape, spacing, origin, direction)
        volume.voxel_type = _VOXEL_TYPES[voxels.dtype]
        volume.voxels = voxels.ctypes.data
        volume.voxels_bytes = extent
        volume.rescale_slope = slope
        volume.rescale_intercept = intercept
        volume.strides[:] = list(reversed(voxels.strides))
        return volume

    @staticmethod
    def _place(
        shape: Sequence[int], spacing: Sequence[float], origin: Sequence[float], direction: Sequence[float]
    ) -> _Volume:
        """A volume without voxels."""
        if len(shape) != 3:
            raise ValueError(f"a shape of {len(shape)} numbers; [z, y, x] is needed")
        volume = _Volume()
        _library.anatomynet_volume_init(byref(volume), ctypes.sizeof(volume))
        volume.dimensions[:] = [operator.index(size) for size in reversed(shape)]
        volume.spacing[:] = _reals("spacing", spacing, 3)[::-1]
        volume.origin[:] = _reals("origin", origin, 3)
        volume.direction[:] = _reals("direction", direction, 9)
        return volume

    @staticmethod
    def _outputs(
        probabilities: NDArray[np.float32] | None, classes: Sequence[int] | None, shape: tuple[int, ...]
    ) -> _Outputs:
        outputs = _Outputs()
        _library.anatomynet_outputs_init(byref(outputs), ctypes.sizeof(outputs))
        if probabilities is None:
            return outputs
        wanted = list(range(probabilities.shape[0]) if classes is None else classes)
        Model._check_output("probabilities", probabilities, np.float32, (len(wanted), *shape))
        outputs.class_count = len(wanted)
        outputs.classes = (c_uint32 * len(wanted))(*(_unsigned("a class", label, 32) for label in wanted))
        outputs.probabilities = probabilities.ctypes.data_as(POINTER(c_float))
        outputs.probabilities_bytes = probabilities.nbytes
        return outputs

    @staticmethod
    def _check_output(name: str, array: NDArray[np.generic], kind: type[np.generic], shape: tuple[int, ...]) -> None:
        if array.dtype != kind or not array.flags.c_contiguous or not array.flags.writeable:
            raise TypeError(f"{name} must be {np.dtype(kind)}, C-contiguous and writeable")
        if array.shape != shape:
            raise ValueError(f"{name} of shape {array.shape}; {shape} is needed")

    @staticmethod
    def _options(
        shape: Sequence[int],
        threads: int,
        keep_largest_components: bool,
        allow_untrained_spacing: bool,
        bfloat16_storage: bool,
        region: tuple[slice, slice, slice] | None,
        region_margin: float | None,
    ) -> _SegmentOptions:
        """What `segment` and `estimate_memory` have in common."""
        options = _SegmentOptions()
        _library.anatomynet_segment_options_init(byref(options), ctypes.sizeof(options))
        options.threads = _unsigned("threads", threads, 32)
        options.keep_largest_components = bool(keep_largest_components)
        options.allow_untrained_spacing = bool(allow_untrained_spacing)
        options.feature_map_storage = bool(bfloat16_storage)
        if region is None and region_margin is not None:
            raise ValueError("region_margin is given, and no region")
        if region is not None:
            Model._set_region(options, region, region_margin, shape)
        return options

    @staticmethod
    def _set_region(
        options: _SegmentOptions, region: tuple[slice, slice, slice], margin: float | None, shape: Sequence[int]
    ) -> None:
        if len(region) != 3 or not all(isinstance(part, slice) for part in region):
            raise TypeError("a region is three slices, along z, y, x")
        ranges = [part.indices(size) for part, size in zip(region, shape)]
        if any(step != 1 for _, _, step in ranges):
            raise ValueError("the slices of a region have no steps")
        options.region_mode = _REGION_LABELS if margin is None else _REGION_CROP
        options.region_first[:] = [start for start, _, _ in reversed(ranges)]
        options.region_dimensions[:] = [stop - start for start, stop, _ in reversed(ranges)]
        options.region_margin = 0 if margin is None else margin

    def _measurements(self) -> ctypes.Array[_Measurement]:
        measured = (_Measurement * len(self.class_names))()
        for one in measured:
            _library.anatomynet_measurement_init(byref(one), ctypes.sizeof(one))
        return measured

    def _measurement(self, found: _Measurement) -> Measurement:
        return Measurement(
            label=found.label,
            name=self.class_names[found.label],
            voxels=found.voxels,
            volume_ml=found.volume_ml,
            centroid=tuple(found.centroid),
            box_lower=tuple(found.box_lower),
            box_upper=tuple(found.box_upper),
            mean_confidence=found.mean_confidence,
            touches_border=bool(found.touches_border),
        )


class _Callbacks:
    """Python functions as C callbacks, alive as long as this object; no exception passes through C."""

    def __init__(
        self, progress: Callable[[float], bool | None] | None, log: Callable[[int, str], None] | None
    ) -> None:
        self.raised: BaseException | None = None

        # Python raises KeyboardInterrupt where it enters a function, before the function's first `try`: ctypes would
        # print it and return whatever is in the register. A generator is entered within its `try`.
        def answers() -> Generator[int, float, None]:
            try:
                go_on: bool | None = True
                while self.raised is None and (go_on is None or go_on):
                    fraction = yield 0
                    if progress is not None:
                        go_on = progress(fraction)
            except GeneratorExit:
                return
            except BaseException as error:
                self.raised = self.raised or error
            yield 1

        def on_log(level: int, message: bytes, _: object) -> None:
            try:
                if log is not None:
                    log(level, message.decode())
            except BaseException as error:
                self.raised = self.raised or error

        generator = answers()
        next(generator)
        self.progress = _PROGRESS(generator.send)
        self.log = _LOG(on_log)

    def check(self, status: int) -> None:
        """Raises what the functions raised, or the Error of the call that they were given to."""
        if self.raised is not None:
            raise self.raised
        _check(status)
