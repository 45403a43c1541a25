"""The installed library against PyTorch, where ANATOMYNET_LIBRARY names it."""

import os
from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import torch
from conftest import blocks, folder_from_environment
from safetensors.torch import save_file
from test_networks import randomised

from anatomynet_training.command_line import main
from anatomynet_training.dataset import save_sample
from anatomynet_training.library import Library, LibraryError
from anatomynet_training.networks import PAPER_TEXT_ARCHITECTURES, probabilities
from anatomynet_training.parity import check_parity
from anatomynet_training.preprocessing import Preprocessing, segment
from anatomynet_training.weight_file import ModelDescription, save_weight_file

SAMPLE = blocks()
DESCRIPTION = ModelDescription("AnatomyNet", ("background", *SAMPLE.organs), (-1000.0, 1500.0), (3.0, 2.0, 2.0))


@pytest.fixture
def library() -> Library:
    return Library(folder_from_environment("ANATOMYNET_LIBRARY", "libanatomynet.so"))


@pytest.fixture
def weight_file(tmp_path):
    save_weight_file(tmp_path / "model.safetensors", randomised("AnatomyNet", 4, seed=9).state_dict(), DESCRIPTION)
    return tmp_path / "model.safetensors"


def test_library_reproduces_an_exported_network(library, weight_file):
    for sample in (None, SAMPLE):
        parity = check_parity(library, weight_file, sample)
        assert parity.holds, parity


@pytest.mark.parametrize("name", PAPER_TEXT_ARCHITECTURES)
def test_library_reproduces_the_variants_of_the_papers_text(library, tmp_path, name):
    description = ModelDescription(name, ("background", *SAMPLE.organs), (-1000.0, 1500.0), None)
    save_weight_file(tmp_path / "model.safetensors", randomised(name, 4, seed=2).state_dict(), description)
    parity = check_parity(library, tmp_path / "model.safetensors")
    assert parity.holds, parity


@pytest.mark.parametrize("stated", [
    {"batch_norm": "volume"},
    {"intensity_window": "none"},
    {"intensity_window": "none", "batch_norm": "volume"},
    {"intensity_window": "-3000,1500"},
    {"negative_slope": "0.2"},
    {"activation": "relu"},
    {"padding_multiple": "32"},
    {"padding_multiple": "2", "batch_norm": "volume"},
    {"spacing_minimum": "1,1,1", "spacing_maximum": "1.5,1.5,1.5"},
], ids=str)
def test_parity_follows_what_the_file_states(library, tmp_path, stated):
    volume = SAMPLE.intensities.copy()
    volume[:2] = -3024
    path = write_stating(tmp_path, "AnatomyNet", stated)
    for sample in (None, replace(SAMPLE, intensities=volume)):
        parity = check_parity(library, path, sample)
        assert parity.holds, parity


def test_parity_of_a_file_without_metadata(library, tmp_path):
    save_file(randomised("AnatomyNet", 4, seed=9).state_dict(), tmp_path / "bare.safetensors")
    parity = check_parity(library, tmp_path / "bare.safetensors")
    assert parity.holds, parity


def test_parity_of_what_pytorch_cannot_follow_is_refused_by_name(library, tmp_path):
    with pytest.raises(ValueError, match="orientation RAS"):
        check_parity(library, write_stating(tmp_path, "AnatomyNet", {"orientation": "RAS"}))
    with pytest.raises(ValueError, match="leaky_relu for a plain U-Net"):
        check_parity(library, write_stating(tmp_path, "baseline", {"activation": "leaky_relu"}))


def write_stating(folder, name, stated):
    """A weight file whose metadata differ from the usual ones."""
    further = {f"anatomynet.{key}": value for key, value in stated.items()}
    description = ModelDescription(name, DESCRIPTION.classes, DESCRIPTION.window, DESCRIPTION.spacing, further=further)
    save_weight_file(folder / "stating.safetensors", randomised(name, 4, seed=9).state_dict(), description)
    return folder / "stating.safetensors"


def test_library_names_the_classes_of_the_file(library, weight_file):
    with library.load(weight_file) as model:
        assert model.classes == DESCRIPTION.classes
        labels, found = model.segment_with_probabilities(SAMPLE)
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-5)
    assert np.array_equal(labels, found.argmax(axis=0))


@pytest.mark.parametrize("spacing", [(3.7, 2.9, 2.6), (2.1, 1.3, 1.7)])
def test_library_resamples_as_training_does(library, tmp_path, spacing):
    """Where the model is coarser and where it is finer than the volume: the same labels but for ties."""
    network = randomised("AnatomyNet", 4, seed=9)
    preprocessing = Preprocessing(spacing, DESCRIPTION.window)
    scores = probabilities(network, preprocessing.intensities(torch.from_numpy(SAMPLE.intensities).float()))
    with torch.no_grad():
        network.layer11[0].bias -= scores.log().mean(dim=(1, 2, 3))
    description = ModelDescription("AnatomyNet", DESCRIPTION.classes, DESCRIPTION.window, spacing)
    save_weight_file(tmp_path / "model.safetensors", network.state_dict(), description)
    expected = segment(network, SAMPLE, preprocessing)
    assert len(np.unique(expected)) > 1
    with library.load(tmp_path / "model.safetensors") as model:
        found = model.segment(SAMPLE)
    assert (found == expected).mean() > 0.9995


def test_largest_components_leave_one_piece_of_each_organ(library, tmp_path):
    network = randomised("AnatomyNet", 4, seed=9)
    preprocessing = Preprocessing(DESCRIPTION.spacing, DESCRIPTION.window)
    scores = probabilities(network, preprocessing.intensities(torch.from_numpy(SAMPLE.intensities).float()))
    with torch.no_grad():
        # Classes that are equally likely on average leave specks of each.
        network.layer11[0].bias -= scores.log().mean(dim=(1, 2, 3))
    save_weight_file(tmp_path / "specks.safetensors", network.state_dict(), DESCRIPTION)
    with library.load(tmp_path / "specks.safetensors") as model:
        everything = model.segment(SAMPLE)
        largest = model.segment(SAMPLE, largest_components=True)
    pieces = [scipy.ndimage.label(everything == label, np.ones((3, 3, 3)))[1] for label in range(1, 4)]
    kept = [scipy.ndimage.label(largest == label, np.ones((3, 3, 3)))[1] for label in range(1, 4)]
    assert max(pieces) > 1, "without specks nothing is tested"
    assert kept == [min(count, 1) for count in pieces]
    assert np.array_equal(largest[largest > 0], everything[largest > 0])


def test_evaluate_skips_untrained_spacings_unless_they_are_allowed(library, tmp_path, capsys):
    description = replace(DESCRIPTION, spacing_range=((2.9, 1.9, 1.9), (3.1, 2.1, 2.1)))
    save_weight_file(tmp_path / "m.safetensors", randomised("AnatomyNet", 4, seed=9).state_dict(), description)
    save_sample(tmp_path / "samples", SAMPLE)
    save_sample(tmp_path / "samples", replace(SAMPLE, name="coarse", spacing=(5.0, 2.0, 2.0)))
    command = ["evaluate", "--model", str(tmp_path / "m.safetensors"), "--samples", str(tmp_path / "samples"),
               "--output", str(tmp_path / "scores"), "--library", os.environ["ANATOMYNET_LIBRARY"]]
    assert main(command) == 1
    assert "coarse: skipped: status 10: " in capsys.readouterr().err
    assert "blocks,BrainStem" in (tmp_path / "scores" / "scores.csv").read_text()
    assert main([*command, "--allow-untrained-spacing"]) == 0
    assert "coarse,BrainStem" in (tmp_path / "scores" / "scores.csv").read_text()


def test_library_refusal_becomes_an_exception_with_its_message(library, tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"\0" * 20)
    with pytest.raises(LibraryError, match="status"):
        library.load(tmp_path / "broken.safetensors")


def test_converted_checkpoint_loads(library, tmp_path):
    torch.save({"epoch": 1, "weight": randomised("AnatomyNet", 10, seed=1).state_dict()}, tmp_path / "checkpoint")
    output = tmp_path / "converted.safetensors"
    assert main(["convert", "--checkpoint", str(tmp_path / "checkpoint"), "--output", str(output)]) == 0
    with library.load(output) as model:
        assert model.classes[1] == "BrainStem" and len(model.classes) == 10
    assert check_parity(library, output).holds


def test_library_that_is_not_there_is_reported():
    with pytest.raises(LibraryError, match="cannot load"):
        Library("/nonexistent/libanatomynet.so")
