"""Usage: segment.py MODEL. Segments a made-up CT: labels, measurements, progress, and errors."""

import sys

import anatomynet
import numpy as np


def show(fraction: float) -> None:
    """Progress. Returning False would cancel; an exception does, too, and comes out of `segment`."""
    print(f"\r{100 * fraction:3.0f} %", end="", file=sys.stderr)


def main() -> None:
    ct = np.random.default_rng(0).integers(-1000, 1500, (32, 40, 48), np.int16)  # HU, [z, y, x]
    spacing = (2.5, 2.5, 2.5)  # mm along z, y, x
    with anatomynet.Model(sys.argv[1]) as model:
        needed = model.estimate_memory(ct.shape, spacing=spacing)
        print(f"library {anatomynet.version()}, model {model.fingerprint}: {needed / 1e6:.0f} MB are needed")

        organs: list[anatomynet.Measurement] = []
        labels = model.segment(ct, spacing=spacing, progress=show, measurements=organs, memory_limit=2_000_000_000)
        print(file=sys.stderr)
        for organ in organs[1:]:  # 0 is background
            where = "may continue outside" if organ.touches_border else "wholly inside"
            print(f"{organ.name:<18} {organ.volume_ml:8.2f} mL around {np.round(organ.centroid, 1)}, {where}")
        print(f"{np.count_nonzero(labels)} of {labels.size} voxels belong to an organ")


if __name__ == "__main__":
    try:
        main()
    except anatomynet.Error as error:
        sys.exit(str(error))
