"""Which arithmetic this processor has kernels for."""

import torch


def has_bfloat16_kernels() -> bool:
    """Whether PyTorch convolves bfloat16 faster than float32 here.

    With AVX2 alone it falls back to scalar loops, a hundred times slower than float32: a step of a
    minute's work then takes hours.
    """
    return torch.backends.cpu.get_cpu_capability().startswith(("AVX512", "AMX"))
