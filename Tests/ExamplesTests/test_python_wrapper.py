"""The Python wrapper of examples/python with any model that takes voxels of 2.5 mm.

test_python_wrapper.py MODEL
"""

import os
import signal
import sys
import threading
import unittest
from pathlib import Path

import anatomynet
import numpy as np
from safetensors_container import container, disassemble

CT = np.random.default_rng(0).integers(-1000, 1500, (32, 40, 48), np.int16)
SPACING = (2.5, 2.5, 2.5)
# A volume whose x axis runs to the right.
PLACE = dict(spacing=(2.5, 1.25, 1.5), origin=(70.0, -31.0, 400.0), direction=(-1, 0, 0, 0, 1, 0, 0, 0, 1))
REGION = (slice(8, 24), slice(10, 31), slice(5, 40))


def probabilities_of(model, ct=CT, **further):
    """With whatever spacing the model is loaded."""
    planes = np.empty((len(model.class_names), *ct.shape), np.float32)
    model.segment(ct, spacing=SPACING, allow_untrained_spacing=True, probabilities=planes, **further)
    return planes


class Loading(unittest.TestCase):
    def test_from_bytes_as_from_the_file(self):
        with anatomynet.Model(MODEL) as one, anatomynet.Model(Path(MODEL).read_bytes()) as other:
            self.assertEqual(one.fingerprint, other.fingerprint)
            np.testing.assert_array_equal(one.segment(CT, spacing=SPACING), other.segment(CT, spacing=SPACING))

    def test_what_is_no_weight_file_is_refused(self):
        for weights in ("missing.safetensors", b"", b"nothing of the kind"):
            with self.assertRaises(anatomynet.Error):
                anatomynet.Model(weights)

    def test_options_take_precedence_over_the_file(self):
        with anatomynet.Model(MODEL) as model:
            default = probabilities_of(model)
            names = model.class_names
        for options in (
            dict(activation="leaky_relu", negative_slope=0.3),
            dict(batch_norm="volume"),
            dict(intensity_window=(-200, 300)),
            dict(intensity_window="none"),
            dict(spacing=(5, 4, 3)),
        ):
            with self.subTest(options), anatomynet.Model(MODEL, **options) as model:
                self.assertGreater(abs(probabilities_of(model) - default).max(), 1e-4)
        others = [f"{name} é" for name in names]
        with anatomynet.Model(MODEL, class_names=others) as model:
            self.assertEqual(model.class_names, others)

    def test_the_spacing_is_that_of_the_arrays_axes(self):
        # The network sees a third of the planes.
        with anatomynet.Model(MODEL, spacing=(7.5, 2.5, 2.5)) as model:
            estimates = [
                model.estimate_memory(shape, spacing=SPACING, allow_untrained_spacing=True)
                for shape in ((96, 16, 16), (16, 16, 96))
            ]
            self.assertLess(*estimates)

    def test_another_orientation_is_a_flipped_volume(self):
        with anatomynet.Model(MODEL, orientation="LPS") as own, anatomynet.Model(MODEL, orientation="RPS") as other:
            wanted = own.segment(CT[:, :, ::-1], spacing=SPACING)[:, :, ::-1]
            np.testing.assert_array_equal(other.segment(CT, spacing=SPACING), wanted)

    def test_less_padding_takes_less_memory(self):
        with anatomynet.Model(MODEL, padding_multiple=16) as narrow, anatomynet.Model(MODEL, padding_multiple=64) as wide:
            estimates = [model.estimate_memory(CT.shape, spacing=SPACING) for model in (narrow, wide)]
            self.assertLess(*estimates)

    def test_another_instruction_set_finds_the_same(self):
        self.assertIn(anatomynet.instruction_set(), ("avx512", "avx2", "portable"))
        with anatomynet.Model(MODEL) as best, anatomynet.Model(MODEL, instruction_set="portable") as portable:
            np.testing.assert_allclose(probabilities_of(portable), probabilities_of(best), atol=1e-3)

    def test_kept_memory_changes_nothing(self):
        with anatomynet.Model(MODEL) as model, anatomynet.Model(MODEL, keep_memory=True) as keeping:
            wanted = model.segment(CT, spacing=SPACING)
            for _ in range(2):
                np.testing.assert_array_equal(keeping.segment(CT, spacing=SPACING), wanted)

    def test_a_state_dict_loads_with_what_it_does_not_say(self):
        header, data = disassemble(Path(MODEL).read_bytes())
        architecture = header.pop("__metadata__")["anatomynet.architecture"]
        state_dict = container(header, data)
        messages = []
        with anatomynet.Model(state_dict, architecture=architecture, log=lambda _, text: messages.append(text)) as model:
            self.assertNotEqual(model.class_names, [])
        self.assertTrue(any("default is taken: intensity window" in message for message in messages), messages)

    def test_an_exception_of_the_log_comes_out(self):
        header, data = disassemble(Path(MODEL).read_bytes())
        del header["__metadata__"]

        def fail(level, message):
            raise KeyError("from the log")

        with self.assertRaisesRegex(KeyError, "from the log"):
            anatomynet.Model(container(header, data), log=fail)

    def test_unsuitable_options(self):
        for options in (
            dict(activation="elu"), dict(batch_norm=""), dict(instruction_set="sse"), dict(intensity_window="linear"),
            dict(intensity_window=(0, 1, 2)), dict(spacing="fixed"), dict(spacing=(1, 1)), dict(padding_multiple=-1),
        ):  # fmt: skip
            (name,) = options
            with self.subTest(options), self.assertRaisesRegex(ValueError, name):
                anatomynet.Model(MODEL, **options)
        for options in (dict(negative_slope=2), dict(padding_multiple=7), dict(class_names=["one"])):
            with self.subTest(options), self.assertRaises(anatomynet.Error):
                anatomynet.Model(MODEL, **options)


class Calls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = anatomynet.Model(MODEL)
        cls.labels = cls.model.segment(CT, spacing=SPACING)

    @classmethod
    def tearDownClass(cls):
        cls.model.close()

    def segment(self, ct=CT, **further):
        return self.model.segment(ct, **{"spacing": SPACING, **further})

    def test_probabilities_are_those_of_the_labels(self):
        planes = probabilities_of(self.model)
        self.assertGreater((planes.argmax(0) == self.labels).mean(), 0.9999)
        self.assertLess(abs(planes.sum(0) - 1).max(), 1e-4)
        some = np.empty((2, *CT.shape), np.float32)
        self.segment(probabilities=some, classes=[2, 0])
        np.testing.assert_allclose(some, planes[[2, 0]], atol=1e-6)

    def test_labels_go_where_they_are_wanted(self):
        mine = np.full(CT.shape, 255, np.uint8)
        self.assertIs(self.segment(labels=mine), mine)
        np.testing.assert_array_equal(mine, self.labels)

    def test_a_call_that_fails_leaves_the_labels(self):
        mine = np.full(CT.shape, 255, np.uint8)
        with self.assertRaises(anatomynet.Error):
            self.segment(labels=mine, memory_limit=1000)
        self.assertTrue((mine == 255).all())

    def test_unsuitable_outputs(self):
        constant = np.zeros(CT.shape, np.uint8)
        constant.flags.writeable = False
        for output in (np.zeros(CT.shape, np.int8), np.zeros(CT.shape[::-1], np.uint8).T, constant):
            with self.assertRaises(TypeError):
                self.segment(labels=output)
        with self.assertRaises(ValueError):
            self.segment(labels=np.zeros((32, 40, 47), np.uint8))
        with self.assertRaises(TypeError):
            self.segment(probabilities=np.zeros((1, *CT.shape)))
        with self.assertRaises(ValueError):
            self.segment(probabilities=np.zeros((1, 2, 3, 4), np.float32))

    def test_a_flipped_view_is_read_in_place(self):
        view = CT[::-1, :, ::-1]
        np.testing.assert_array_equal(self.segment(view), self.segment(np.ascontiguousarray(view)))

    def test_measurements_are_in_the_patients_millimetres(self):
        organs = []
        labels = self.segment(**PLACE, allow_untrained_spacing=True, measurements=organs)
        self.assertEqual([organ.name for organ in organs], self.model.class_names)
        for organ in organs:
            k, j, i = np.nonzero(labels == organ.label)
            self.assertEqual(organ.voxels, len(i))
            self.assertAlmostEqual(organ.volume_ml, len(i) * 2.5 * 1.25 * 1.5 / 1000)
            if len(i) == 0:
                continue
            x, y, z = 70 - 1.5 * i, -31 + 1.25 * j, 400 + 2.5 * k
            np.testing.assert_allclose(organ.centroid, (x.mean(), y.mean(), z.mean()))
            np.testing.assert_allclose(organ.box_lower, (x.min() - 0.75, y.min() - 0.625, z.min() - 1.25))
            np.testing.assert_allclose(organ.box_upper, (x.max() + 0.75, y.max() + 0.625, z.max() + 1.25))

    def test_outside_a_region_is_background(self):
        options = dict(**PLACE, allow_untrained_spacing=True)
        whole = self.segment(**options)
        wanted = np.zeros_like(whole)
        wanted[REGION] = whole[REGION]
        np.testing.assert_array_equal(self.segment(**options, region=REGION), wanted)
        cropped = self.segment(**options, region=REGION, region_margin=10)
        cropped[REGION] = 0
        self.assertFalse(cropped.any())

    def test_a_margin_needs_a_region(self):
        with self.assertRaisesRegex(ValueError, "region_margin"):
            self.segment(region_margin=10)
        with self.assertRaisesRegex(ValueError, "region_margin"):
            self.model.estimate_memory(CT.shape, spacing=SPACING, region_margin=10)

    def test_bfloat16_storage_is_nearly_the_same(self):
        self.assertGreater((self.segment(bfloat16_storage=True) == self.labels).mean(), 0.95)

    def test_memory_is_known_before_and_a_limit_kept(self):
        def estimate(**further):
            return self.model.estimate_memory(CT.shape, **{"spacing": SPACING, **further})

        needed = estimate(threads=1)
        self.segment(threads=1, memory_limit=needed)
        self.assertLess(estimate(threads=1, bfloat16_storage=True), needed)
        options = dict(**PLACE, allow_untrained_spacing=True, region=REGION)
        self.assertLessEqual(estimate(**options, region_margin=0), estimate(**options))
        with self.assertRaisesRegex(anatomynet.Error, "MEMORY_LIMIT"):
            self.segment(memory_limit=1000)

    def test_threads_change_nothing_and_may_share_a_model(self):
        results = []
        workers = [threading.Thread(target=lambda: results.append(self.segment(threads=1))) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(len(results), 2)
        for result in results:
            np.testing.assert_array_equal(result, self.labels)

    def test_numbers_that_the_interface_has_not(self):
        for unsuitable in (dict(threads=-1), dict(threads=1 << 32), dict(memory_limit=-1)):
            (name,) = unsuitable
            with self.subTest(unsuitable), self.assertRaisesRegex(ValueError, name):
                self.segment(**unsuitable)


class Progress(unittest.TestCase):
    def setUp(self):
        self.model = anatomynet.Model(MODEL)
        self.addCleanup(self.model.close)

    def segment(self, progress):
        return self.model.segment(CT, spacing=SPACING, progress=progress)

    def test_it_grows_to_one(self):
        fractions = []
        self.segment(fractions.append)
        self.assertEqual(fractions, sorted(fractions))
        self.assertEqual(fractions[-1], 1)

    def test_false_cancels(self):
        with self.assertRaises(anatomynet.Cancelled):
            self.segment(lambda fraction: False)

    def test_an_exception_comes_out(self):
        def fail(fraction):
            raise KeyError("from the callback")

        with self.assertRaisesRegex(KeyError, "from the callback"):
            self.segment(fail)

    def test_an_interrupt_comes_out(self):
        self.addCleanup(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler))
        begun = threading.Event()
        interrupter = threading.Thread(target=lambda: begun.wait() and os.kill(os.getpid(), signal.SIGINT))
        interrupter.start()
        with self.assertRaises(KeyboardInterrupt):
            self.segment(lambda fraction: begun.set())
            interrupter.join()


if __name__ == "__main__":
    MODEL = sys.argv.pop()
    unittest.main()
