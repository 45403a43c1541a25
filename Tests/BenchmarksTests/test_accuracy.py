"""accuracy.py follows whatever a weight file states: then the library is as exact as float32 is."""

import tempfile
import unittest
from pathlib import Path

try:
    import accuracy
    import torch
    from anatomynet_training.library import Library
    from anatomynet_training.networks import build_network
    from anatomynet_training.weight_file import ModelDescription, load_weight_file, save_weight_file
except ModuleNotFoundError as missing:
    raise unittest.SkipTest(f"no {missing.name}: the environment of the training tests has it") from None
from peers import places
from peers.precision import FLOAT32_LIMIT

CLASSES = ("background", "Mandible", "BrainStem")


@unittest.skipUnless(places.LIBRARY.exists(), "the library is not built")
class Accuracy(unittest.TestCase):
    def check(self, architecture="AnatomyNet", **stated):
        torch.manual_seed(0)
        network = build_network(architecture, len(CLASSES))
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm3d):
                module.running_mean.uniform_(-0.5, 0.5)
                module.running_var.uniform_(0.5, 2)
        further = {f"anatomynet.{key}": value for key, value in stated.items()}
        description = ModelDescription(architecture, CLASSES, (-1024, 1500), None, further=further)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            save_weight_file(path, network.state_dict(), description)
            sample = accuracy.noise((19, 26, 21))
            exact = accuracy.exact_scores(*load_weight_file(path), sample)
            with Library(places.LIBRARY).load(path) as model:
                labels, probabilities = model.segment_with_probabilities(sample)
        found = accuracy.compare(exact, probabilities, labels)
        self.assertLess(found.rms, FLOAT32_LIMIT)
        self.assertEqual(found.voxels, 19 * 26 * 21)

    def test_as_the_architecture_says(self):
        self.check()

    def test_statistics_of_the_volume(self):
        self.check(batch_norm="volume")

    def test_another_slope(self):
        self.check(negative_slope="0.3")

    def test_less_padding(self):
        self.check(padding_multiple="2")

    def test_four_poolings(self):
        self.check("baseline4Pool")
