"""NumPy arrays of every type and stride through ctypes, and children made by fork."""

import multiprocessing
import sys

import numpy

from anatomynet_ctypes import Library

passed = failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"arrays.py: failed: {what}")


def segment_in_child(array):
    return library.segment(model, array)


library = Library(sys.argv[1])
model = library.load(sys.argv[2])
random = numpy.random.default_rng(3)
ct = random.integers(-1024, 2000, (19, 22, 31)).astype(numpy.int16)
labels, planes = library.segment(model, ct, probabilities=True)
check(set(numpy.unique(labels)) <= {0, 1, 2}, "labels are classes")
check(numpy.abs(planes.sum(axis=0) - 1).max() < 1e-5, "probabilities sum to 1")
check((labels == planes.argmax(axis=0)).mean() > 0.9999, "labels are the most probable classes")
check(library.c.anatomynet_model_class_name(model, 2).decode() == "Larynx é", "class names are UTF-8")

views = {
    "float32": ct.astype(numpy.float32),
    "Fortran order": numpy.asfortranarray(ct),
    "flipped x": ct[:, :, ::-1].copy()[:, :, ::-1],
    "flipped y, z": ct[::-1, ::-1].copy()[::-1, ::-1],
    "every second voxel": numpy.repeat(numpy.repeat(ct, 2, axis=2), 3, axis=0)[::3, :, ::2],
    "unaligned": numpy.frombuffer(b"\0" + ct.tobytes(), numpy.uint8)[1:].view(numpy.int16).reshape(ct.shape),
}
for name, view in views.items():
    check((view == ct).all(), f"{name} is the same volume")
    check((library.segment(model, view) == labels).all(), f"{name} has the same labels")
raw = (ct.astype(numpy.int32) + 1024).astype(numpy.uint16)
volume = library.volume(raw)
volume.rescale_intercept = -1024
same = numpy.empty_like(labels)
library.verify(library.c.anatomynet_segment(model, volume, None, same.ctypes.data, same.nbytes, None))
check((same == labels).all(), "uint16 with an intercept has the same labels")

context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    results = pool.map_async(segment_in_child, [ct] * 4).get(timeout=120)
check(all((result == labels).all() for result in results), "children have the same labels")
check((library.segment(model, ct) == labels).all(), "and the parent afterwards")
library.c.anatomynet_free(model)
print(f"arrays: {passed} passed, {failed} failed")
sys.exit(failed != 0)
