"""Usage: segment.py MODEL. Segments a made-up CT and shows progress, cancellation, errors and threads."""

import sys
import threading

import anatomynet
import numpy as np


def main() -> None:
    with anatomynet.Model(sys.argv[1]) as model:
        ct = np.random.default_rng(0).integers(-1000, 1500, (32, 40, 48), np.int16)
        fractions: list[float] = []
        probabilities = np.empty((len(model.class_names), *ct.shape), np.float32)
        labels = model.segment(ct, progress=lambda f: fractions.append(f), probabilities=probabilities)
        assert (probabilities.argmax(0) == labels).mean() > 0.9999
        assert abs(probabilities.sum(0) - 1).max() < 1e-4
        assert fractions == sorted(fractions) and fractions[-1] == 1
        for label, name in enumerate(model.class_names):
            print(f"{label} {name:<18} {(labels == label).sum():8d} voxels")

        # A flipped and transposed view is read in place.
        view = ct[::-1, :, ::-1]
        assert (model.segment(view) == model.segment(np.ascontiguousarray(view))).all()

        # Results do not depend on threads; a model serves many at once.
        results: list[np.ndarray] = []
        workers = [threading.Thread(target=lambda: results.append(model.segment(ct, threads=1))) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert all((result == labels).all() for result in results)

        try:
            model.segment(ct, progress=lambda fraction: False)
            raise AssertionError("not cancelled")
        except anatomynet.Cancelled:
            print("cancelled")

        def fail(fraction: float) -> bool:
            raise KeyError("from the callback")

        try:
            model.segment(ct, progress=fail)
            raise AssertionError("the exception was lost")
        except KeyError as error:
            print("caught", error)

        try:
            model.segment(ct, memory_limit=1000)
            raise AssertionError("the limit was ignored")
        except anatomynet.Error as error:
            print(error)


main()
