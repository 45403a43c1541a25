"""Together with other OpenMP runtimes: libiomp5 loaded before or after, PyTorch imported before.

runtimes.py WEIGHTS before|after LIBIOMP5
runtimes.py WEIGHTS torch
"""

import ctypes
import os
import sys

import numpy


def use(runtime):
    """Runs a parallel region on the runtime, as a host does."""
    region = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(lambda _: None)
    runtime.GOMP_parallel(region, None, 2, 0)


which = sys.argv[2]
ct = numpy.arange(40 * 36 * 33, dtype=numpy.int32).reshape(40, 36, 33) % 2000 - 1000
ct = ct.astype(numpy.int16)
if which == "before":
    runtime = ctypes.CDLL(sys.argv[3], mode=os.RTLD_LOCAL)
    use(runtime)
if which == "torch":
    import torch

    torch.set_num_threads(2)
    torch.ones(1000, 1000) @ torch.ones(1000, 1000)
# The library is opened by the import.
import anatomynet

model = anatomynet.Model(sys.argv[1])
first = model.segment(ct)
if which == "after":
    runtime = ctypes.CDLL(sys.argv[3], mode=os.RTLD_LOCAL)
if which != "torch":
    use(runtime)
second = model.segment(ct)
model.close()
sys.exit(0 if (first == second).all() else 1)
