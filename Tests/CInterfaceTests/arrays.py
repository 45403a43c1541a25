"""NumPy arrays of every type and stride through ctypes, and children made by fork.

arrays.py WEIGHTS
"""

import multiprocessing
import sys

import anatomynet
import numpy

passed = failed = 0


def check(condition, what):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f"arrays.py: failed: {what}")


def segment(array, **further):
    """Labels in memory that held none before."""
    return model.segment(array, labels=numpy.full(array.shape, 255, numpy.uint8), **further)


model = anatomynet.Model(sys.argv[1])
random = numpy.random.default_rng(3)
ct = random.integers(-1024, 2000, (19, 22, 31)).astype(numpy.int16)
planes = numpy.zeros((len(model.class_names), *ct.shape), numpy.float32)
labels = segment(ct, probabilities=planes)
check(set(numpy.unique(labels)) <= {0, 1, 2}, "labels are classes")
check(numpy.abs(planes.sum(axis=0) - 1).max() < 1e-5, "probabilities sum to 1")
check((labels == planes.argmax(axis=0)).mean() > 0.9999, "labels are the most probable classes")
check(model.class_names[2] == "Larynx é", "class names are UTF-8")

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
    check((segment(view) == labels).all(), f"{name} has the same labels")
raw = (ct.astype(numpy.int32) + 1024).astype(numpy.uint16)
check((segment(raw, rescale_intercept=-1024) == labels).all(), "uint16 with an intercept has the same labels")

context = multiprocessing.get_context("fork")
with context.Pool(2) as pool:
    results = pool.map_async(segment, [ct] * 4).get(timeout=120)
check(all((result == labels).all() for result in results), "children have the same labels")
check((segment(ct) == labels).all(), "and the parent afterwards")
model.close()
print(f"arrays: {passed} passed, {failed} failed")
sys.exit(failed != 0)
