"""What the comparison computes from its rounds, whom it runs together, and what it publishes."""

import ctypes
import hashlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

import numpy as np
from peers import machine, places, precision, report, summary
from peers.competitors import COMPETITORS, competitor, heats, runnable
from peers.measurement import alternate
from peers.results import Alone, Alternating, NotMeasured, Results
from peers.score_error import centred, relative_error
from peers.volumes import Size, hounsfield_units, network_input


NOISE = "be8c1d962a697f8a20c079cd47381510bfea18bde367c5b4b91112b437055fba"
"""SHA-256 of the voxels of 3x4x5, int16 and little-endian."""

MACHINE = {
    "processor": "p", "instruction sets": "i", "system": "s", "date": "2026-01-02", "library": "0.3.0, commit newest"
}  # fmt: skip


def alternating(peer="onnxruntime", size="178x302x225", threads=2, seconds=(8.0,), baseline=(1.0,)):
    library = competitor(peer).baseline
    return Alternating(peer, library, size, threads, 0.1, 9.0, list(seconds), list(baseline), 10**9)


def alone(size, threads, seconds, first=1.0, peak=10**9):
    return Alone("anatomynet", size, threads, [0.1], [first], list(seconds), [0.0], peak)


class Summaries(unittest.TestCase):
    def test_a_ratio_is_the_median_of_the_rounds_own_quotients(self):
        # A machine that is slower in one round slows both: quotients 4, 4, 10, whereas medians give 5.
        record = alternating(seconds=(4.0, 40.0, 10.0), baseline=(1.0, 10.0, 1.0))
        self.assertEqual(summary.ratio(record), 4.0)

    def test_the_ratio_to_kept_memory_is_of_the_same_rounds_or_none(self):
        record = replace(
            alternating(seconds=(6.0, 8.0, 9.0), baseline=(3.0, 4.0, 4.5)), keeping_seconds=[2.0, 2.0, 2.0]
        )
        self.assertEqual(summary.ratio_to_keeping(record), 4.0)
        self.assertIsNone(summary.ratio_to_keeping(alternating()))

    def test_a_ratio_of_unequal_rounds_is_refused(self):
        with self.assertRaises(ValueError):
            summary.ratio(alternating(seconds=(4.0, 4.0), baseline=(1.0,)))

    def test_distance_from_flat(self):
        self.assertAlmostEqual(summary.deviation_from_flat([80.0, 100.0, 120.0]), 0.2)
        self.assertEqual(summary.deviation_from_flat([5.0, 5.0]), 0.0)

    def test_targets_take_the_records_they_name(self):
        results = Results(
            alone=[
                alone("178x302x225", 2, [2.0, 2.1, 1.9], first=2.2, peak=1_200_000_000),
                alone("178x302x225", 1, [3.8, 4.2, 1.9]),
                alone("64x128x128", 2, [0.18], first=0.2),
            ],
            alternating=[
                alternating("openvino-float32", seconds=(13.0,), baseline=(2.0,)),
                alternating("onnxruntime", seconds=(10.0,), baseline=(2.0,)),
                alternating("openvino-bfloat16", size="64x128x128", seconds=(99.0,)),
            ],
        )
        found = {target.name: (target.measured, target.verdict) for target in summary.targets(results)}
        self.assertEqual(found["faster than OpenVINO fp32"], (6.5, "aim reached"))
        self.assertEqual(found["faster than ONNX Runtime fp32"], (5.0, "MISSED"))
        self.assertEqual(found["faster than OpenVINO bf16"], (None, "not measured"))
        self.assertEqual(found["peak resident memory, whole process"], (1.2, "reached"))
        # The median over rounds of each round's quotient: 1.9, 2 and 1.
        self.assertEqual(found["two threads against one"], (1.9, "reached"))
        self.assertAlmostEqual(found["first call over warm call"][0], 1.1)

    def test_versions_of_the_library_are_not_mixed_in_one_figure(self):
        older = replace(alone("178x302x225", 1, [3.8]), library="0.1.0")
        results = Results(alone=[alone("178x302x225", 2, [2.0]), older, replace(alone("64x128x128", 2, [9.0]), library="0.1.0")])
        found = {target.name: target.measured for target in summary.targets(results)}
        self.assertIsNone(found["two threads against one"])
        self.assertTrue("time per voxel: largest distance from flat, ±" in found)

    def test_threads_are_compared_within_rounds_only(self):
        results = Results(alone=[alone("178x302x225", 2, [2.0]), replace(alone("178x302x225", 1, [3.8]), series="another")])
        found = {target.name: target.measured for target in summary.targets(results)}
        self.assertIsNone(found["two threads against one"])


class Grouping(unittest.TestCase):
    peers = tuple(each for each in COMPETITORS if not each.is_baseline)

    def test_everybody_runs_together_where_memory_allows(self):
        groups = heats(self.peers, voxels=1_000_000, memory=1e12)
        self.assertEqual(len(groups), 1)
        self.assertEqual({each.name for each in groups[0]}, {each.name for each in COMPETITORS})

    def test_each_group_fits_and_has_its_baselines(self):
        groups = heats(self.peers, voxels=12_000_000, memory=12e9)
        self.assertGreater(len(groups), 1)
        for group in groups:
            names = {each.name for each in group}
            self.assertTrue(all(each.baseline in names for each in group))
            self.assertLessEqual(sum(each.bytes_per_voxel * 12_000_000 for each in group), 12e9)
        self.assertEqual({each.name for group in groups for each in group}, {each.name for each in COMPETITORS})

    def test_who_fits_nowhere_is_left_out(self):
        self.assertEqual(heats([competitor("onnxruntime")], voxels=12_000_000, memory=1e9), [])


class Alternation(unittest.TestCase):
    def test_each_round_has_everybody_once_and_another_beginner(self):
        order = []

        class Recorder:
            def __init__(self, name):
                self.name = name

            def run(self):
                order.append(self.name)
                return 1.0

        times = alternate({name: Recorder(name) for name in "ab"}, rounds=3)
        self.assertEqual("".join(order), "abbaab")
        self.assertEqual(times, {"a": [1.0] * 3, "b": [1.0] * 3})


class Precision(unittest.TestCase):
    reference = np.random.default_rng(1).normal(size=(10, 4, 5, 6))

    def error(self, logits):
        return relative_error(centred(logits), centred(self.reference))

    def test_a_constant_of_each_voxel_is_no_error(self):
        shifted = self.reference + np.random.default_rng(2).normal(size=(1, 4, 5, 6))
        self.assertLess(max(self.error(shifted)), 1e-14)

    def test_float32_passes_as_float32_and_bfloat16_does_not(self):
        single = self.error(self.reference.astype(np.float32))[0]
        # bfloat16: the upper half of a float32.
        bits = self.reference.astype(np.float32).view(np.uint32) & 0xFFFF0000
        half = self.error(bits.view(np.float32))[0]
        self.assertTrue(precision.is_precision("float32", single))
        self.assertFalse(precision.is_precision("float32", half))
        self.assertTrue(precision.is_precision("bfloat16", half))
        self.assertFalse(precision.is_precision("bfloat16", single))
        self.assertFalse(precision.is_precision("bfloat16", 1.0))

    def test_kernels_are_read_from_what_onednn_prints(self):
        printed = (
            "onednn_verbose,v1,info,cpu,isa:Intel AVX2\n"
            "onednn_verbose,v1,primitive,create:cache_miss,cpu,convolution,brg_conv_fwd:avx2,forward_inference,"
            "src:f32::blocked:acdeb::f0 wei:f32:p:blocked\n"
        )
        self.assertEqual(
            precision.kernels_created(printed),
            {"oneDNN instruction set": "Intel AVX2", "convolution kernels": "brg_conv_fwd:avx2 (f32)"},
        )
        self.assertEqual(precision.kernels_created("Segmentation fault"), {})


class Volumes(unittest.TestCase):
    def test_peers_get_the_window_and_even_extents(self):
        units = np.array([[[-1024, 238, 1500]]], np.int16)
        intensities = network_input(units)
        self.assertEqual(intensities.shape, (1, 1, 2, 2, 4))
        np.testing.assert_array_equal(intensities[0, 0, 0, 0], np.array([0, 0.5, 1, 0], np.float32))
        self.assertEqual(np.count_nonzero(intensities), 2)

    def test_noise_is_the_same_on_every_machine(self):
        units = hounsfield_units(Size.parse("3x4x5"))
        self.assertEqual(units.shape, (3, 4, 5))
        self.assertEqual(hashlib.sha256(units.astype("<i2").tobytes()).hexdigest(), NOISE)

    def test_sizes_that_are_none(self):
        for text in ("3x4", "3x4x0", "axbxc", ""):
            with self.assertRaises(ValueError):
                Size.parse(text)


class Runnable(unittest.TestCase):
    def test_bfloat16_peers_are_left_out_where_the_processor_has_no_kernels_for_them(self):
        able, unable = runnable(COMPETITORS, lambda instruction_set: instruction_set != "avx512f")
        self.assertEqual([each.name for each in unable], ["openvino-bfloat16", "pytorch-bfloat16"])
        self.assertEqual(len(able) + len(unable), len(COMPETITORS))

    def test_everybody_runs_where_the_processor_has_them(self):
        self.assertEqual(runnable(COMPETITORS, lambda _: True), (list(COMPETITORS), []))


class Merging(unittest.TestCase):
    def test_the_newer_record_stays_and_reasons_go_when_measured(self):
        results = Results(
            alternating=[alternating(seconds=(1.0,)), alternating(threads=1)],
            not_measured=[NotMeasured("pytorch-float32", "178x302x225", 2, "no environment")],
        )
        results.merge(Results(alternating=[alternating(seconds=(2.0,)), alternating("pytorch-float32")]))
        self.assertEqual([record.seconds for record in results.alternating], [[2.0], [8.0], [8.0]])
        self.assertEqual(results.not_measured, [])

    def test_the_version_at_the_top_is_that_of_what_was_timed_last(self):
        results = Results(dict(MACHINE))
        results.merge(Results({"date": "2026-01-03"}, [replace(alone("64x128x128", 2, [0.1]), library="0.4.0")]))
        self.assertEqual((results.machine["library"], results.machine["date"]), ("0.4.0", "2026-01-03"))
        results.merge(Results({"date": "2026-01-04"}, not_measured=[NotMeasured("onnxruntime", "1x1x1", 1, "no time")]))
        self.assertEqual((results.machine["library"], results.machine["date"]), ("0.4.0", "2026-01-04"))

    def test_what_is_saved_is_loaded(self):
        results = Results({"processor": "x"}, [alone("64x128x128", 2, [0.1])], [alternating()])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "results.json"
            results.save(path)
            self.assertEqual(Results.load(path), results)


class Readme(unittest.TestCase):
    def row(self, beginning, alone_records, alternating_records):
        section = report.readme_section(Results(MACHINE, alone_records, alternating_records))
        (row,) = [line for line in section.splitlines() if line.startswith(f"| {beginning}")]
        return row

    def test_the_library_alone_says_what_ran_between_its_calls(self):
        size, peer = "178x302x225", alternating()
        one, two = (replace(alone(size, threads, [2.0]), series="1") for threads in (1, 2))
        self.assertIn("| this library alone, 1 and 2 threads alternating |", self.row("this library a", [two, one], [peer]))
        self.assertIn("| this library alone |", self.row("this library a", [two, replace(one, series="2")], [peer]))

    def test_another_commit_stands_beside_its_figures(self):
        newest, older = MACHINE["library"], "0.2.0, commit older"
        note = f"(library {older})"
        for library, noted in ((newest, False), (older, True)):
            single = replace(alone("178x302x225", 2, [2.0]), library=library)
            records = [single], [replace(alternating(), library=library)]
            for beginning in ("this library alone", "178×302×225", "ONNX Runtime"):
                self.assertEqual(note in self.row(beginning, *records), noted, (beginning, library))


@unittest.skipUnless(shutil.which("git"), "no git")
class Stamp(unittest.TestCase):
    def test_a_changed_tree_is_said_to_be(self):
        with tempfile.TemporaryDirectory() as folder:
            def git(*arguments):
                identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
                subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)

            self.assertEqual(machine.stamp("1.2.3", Path(folder)), "1.2.3")
            git("init")
            file = Path(folder) / "file"
            file.write_text("one")
            git("add", ".")
            git("commit", "-m", "one")
            git("tag", "v1")
            self.assertRegex(machine.stamp("1.2.3", Path(folder)), r"^1\.2\.3, commit [0-9a-f]{7,}$")
            file.write_text("two")
            self.assertRegex(machine.stamp("1.2.3", Path(folder)), r"^1\.2\.3, commit [0-9a-f]{7,}-dirty$")


class Published(unittest.TestCase):
    def setUp(self):
        if not (places.PUBLISHED / "results.json").exists():
            self.skipTest("nothing is published")
        self.results = Results.load(places.PUBLISHED / "results.json")

    def test_the_reports_figures_are_those_of_the_results(self):
        written = (places.PUBLISHED / "measured.md").read_text(encoding="utf-8")
        plots = sorted(path.name for path in places.PUBLISHED.glob("*.svg"))
        self.assertEqual(written, report.whole_report(self.results, plots[::-1]))

    def test_the_readmes_tables_are_those_of_the_results(self):
        readme = places.README.read_text(encoding="utf-8")
        self.assertEqual(report.with_section(readme, report.readme_section(self.results)), readme)

    def test_every_precision_was_what_was_asked_for(self):
        self.assertTrue(self.results.precision)
        for record in self.results.precision:
            self.assertTrue(precision.is_precision(competitor(record.competitor).precision, record.rms), record)


class WholeRun(unittest.TestCase):
    def test_this_baseline_is_measured_alone(self):
        if not places.LIBRARY.exists():
            self.skipTest("the library is not built")
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "peers", "measure", "--parts", "alone", "--only", "anatomynet"]
            arguments = ["--sizes", "8x12x10", "--threads", "1", "--rounds", "2", "--results", folder]
            finished = subprocess.run(command + arguments, check=False, capture_output=True, text=True, timeout=60)
            self.assertEqual(finished.returncode, 0, finished.stderr)
            (record,) = Results.load(Path(folder) / "results.json").alone
            self.assertEqual((record.size, record.threads), ("8x12x10", 1))
            self.assertEqual((len(record.first_seconds), len(record.seconds)), (3, 6))
            version = ctypes.CDLL(str(places.LIBRARY)).anatomynet_version
            version.restype = ctypes.c_char_p
            self.assertEqual(record.library, machine.stamp(version().decode()))
            self.assertIn(f"* library: {record.library}", finished.stdout)
            self.assertTrue(0 < min(record.seconds) and record.peak_bytes > 1_000_000)
            self.assertIn("| this library | 8×12×10 | 1 |", finished.stdout)
            self.assertIn(machine.describe()["processor"], finished.stdout)


if __name__ == "__main__":
    unittest.main()
