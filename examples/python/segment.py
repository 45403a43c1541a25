"""Usage: segment.py MODEL. Segments a made-up CT and shows progress, measurements, regions, memory, cancellation,
errors and threads."""

import os
import signal
import sys
import threading

import anatomynet
import numpy as np


def main() -> None:
    with anatomynet.Model(sys.argv[1]) as model:
        ct = np.random.default_rng(0).integers(-1000, 1500, (32, 40, 48), np.int16)
        voxels = (2.5, 2.5, 2.5)  # mm along z, y, x
        fractions: list[float] = []
        probabilities = np.empty((len(model.class_names), *ct.shape), np.float32)
        labels = model.segment(ct, spacing=voxels, progress=lambda f: fractions.append(f), probabilities=probabilities)
        assert (probabilities.argmax(0) == labels).mean() > 0.9999
        assert abs(probabilities.sum(0) - 1).max() < 1e-4
        assert fractions == sorted(fractions) and fractions[-1] == 1
        for label, name in enumerate(model.class_names):
            print(f"{label} {name:<18} {(labels == label).sum():8d} voxels")

        # Measurements are in the patient's millimetres, here of a volume whose x axis runs to the right.
        spacing, origin, direction = (2.5, 1.25, 1.5), (70.0, -31.0, 400.0), (-1, 0, 0, 0, 1, 0, 0, 0, 1)
        organs: list[anatomynet.Measurement] = []
        placed = model.segment(
            ct, spacing=spacing, origin=origin, direction=direction, allow_untrained_spacing=True, measurements=organs
        )
        for organ in organs:
            k, j, i = np.nonzero(placed == organ.label)
            assert organ.voxels == len(i)
            assert np.isclose(organ.volume_ml, len(i) * 2.5 * 1.25 * 1.5 / 1000)
            if len(i) == 0:
                continue
            x, y, z = 70 - 1.5 * i, -31 + 1.25 * j, 400 + 2.5 * k
            assert np.allclose(organ.centroid, (x.mean(), y.mean(), z.mean()))
            assert np.allclose(organ.box_lower, (x.min() - 0.75, y.min() - 0.625, z.min() - 1.25))
            assert np.allclose(organ.box_upper, (x.max() + 0.75, y.max() + 0.625, z.max() + 1.25))
            print(f"{organ.name:<18} {organ.volume_ml:8.2f} mL at {np.round(organ.centroid, 1)}")

        # A region of interest: the labels inside stay, those outside are background.
        region = (slice(8, 24), slice(10, 31), slice(5, 40))
        wanted = np.zeros_like(placed)
        wanted[region] = placed[region]
        options = dict(spacing=spacing, origin=origin, direction=direction, allow_untrained_spacing=True, region=region)
        assert (model.segment(ct, **options) == wanted).all()
        cropped = model.segment(ct, region_margin=10, **options)
        outside = np.ones(ct.shape, bool)
        outside[region] = False
        assert not cropped[outside].any()

        # Half the memory for slightly different results; and memory kept for the next call.
        rounded = model.segment(ct, spacing=voxels, bfloat16_storage=True)
        assert (rounded == labels).mean() > 0.95
        with anatomynet.Model(sys.argv[1], keep_memory=True) as keeping:
            assert all((keeping.segment(ct, spacing=voxels) == labels).all() for _ in range(2))

        # What a call will need is known before, with the arguments of the call; a limit is kept.
        needed = model.estimate_memory(ct.shape, spacing=voxels, threads=1)
        model.segment(ct, spacing=voxels, threads=1, memory_limit=needed)
        assert model.estimate_memory(ct.shape, spacing=voxels, threads=1, bfloat16_storage=True) < needed
        assert model.estimate_memory(ct.shape, **options) >= model.estimate_memory(ct.shape, region_margin=0, **options)
        print(f"{needed / 1e6:.1f} MB are needed")

        # A flipped and transposed view is read in place.
        view = ct[::-1, :, ::-1]
        assert (
            model.segment(view, spacing=voxels) == model.segment(np.ascontiguousarray(view), spacing=voxels)
        ).all()

        # Results do not depend on threads; a model serves many at once.
        results: list[np.ndarray] = []

        def work() -> None:
            results.append(model.segment(ct, spacing=voxels, threads=1))

        workers = [threading.Thread(target=work) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(results) == 2 and all((result == labels).all() for result in results)

        try:
            model.segment(ct, spacing=voxels, progress=lambda fraction: False)
            raise AssertionError("not cancelled")
        except anatomynet.Cancelled:
            print("cancelled")

        def fail(fraction: float) -> bool:
            raise KeyError("from the callback")

        try:
            model.segment(ct, spacing=voxels, progress=fail)
            raise AssertionError("the exception was lost")
        except KeyError as error:
            print("caught", error)

        # Ctrl-C takes effect at the next call of `progress`.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        begun = threading.Event()
        interrupter = threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGINT))
        interrupter.start()
        try:
            model.segment(ct, spacing=voxels, progress=lambda fraction: begun.set())
            interrupter.join()
            raise AssertionError("not interrupted")
        except KeyboardInterrupt:
            print("interrupted")

        try:
            model.segment(ct, spacing=voxels, memory_limit=1000)
            raise AssertionError("the limit was ignored")
        except anatomynet.Error as error:
            print(error)

        # An unsigned number of the C interface takes no negative one.
        for unsuitable in (dict(threads=-1), dict(threads=1 << 32), dict(memory_limit=-1)):
            try:
                model.segment(ct, spacing=voxels, **unsuitable)
                raise AssertionError("another number was taken")
            except ValueError as error:
                print(error)


main()
