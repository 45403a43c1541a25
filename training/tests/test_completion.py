import numpy as np
import pytest
from conftest import ORGANS, blocks

from anatomynet_training import command_line
from anatomynet_training.completion import completed, drawn_volumes
from anatomynet_training.dataset import load_sample, save_sample


@pytest.fixture
def truth():
    """Where everything is, though not everything was drawn in every sample."""
    return blocks().labels


@pytest.fixture
def volumes():
    return drawn_volumes([blocks(annotated=(True, False, True)), blocks(annotated=(True, True, False))])


def test_volumes_are_those_of_drawn_organs_in_cubic_millimetres(volumes, truth):
    voxel = 3.0 * 2.0 * 2.0
    assert volumes["BrainStem"].tolist() == [voxel * (truth == 1).sum()] * 2
    assert volumes["Parotid_L"].tolist() == [voxel * (truth == 2).sum()]


def test_an_organ_nobody_drew_is_taken_from_the_prediction(volumes, truth):
    whole = completed(blocks(annotated=(True, False, True)), truth, volumes)
    assert whole.annotated == (True, True, True)
    assert np.array_equal(whole.labels, truth)


def test_what_was_drawn_wins_where_the_prediction_claims_it_too(volumes, truth):
    sample = blocks(annotated=(True, False, True))
    whole = completed(sample, np.where(truth > 0, 2, 0).astype(np.uint8), volumes)
    assert np.array_equal(whole.labels, truth)
    assert sample.annotated == (True, False, True)


@pytest.mark.parametrize("spoil", [
    lambda found: np.zeros_like(found),
    lambda found: np.where(np.arange(found.shape[0])[:, None, None] < 12, found, 0),
    lambda found: np.maximum(found, np.roll(found, 8, axis=1)),
], ids=["not found", "half of it", "twice as large"])
def test_an_implausible_prediction_leaves_the_organ_not_drawn(volumes, truth, spoil):
    sample = blocks(annotated=(True, False, True))
    whole = completed(sample, spoil(np.where(truth == 2, truth, 0)), volumes)
    assert whole.annotated == sample.annotated
    assert np.array_equal(whole.labels, sample.labels)


def test_an_organ_that_nobody_drew_anywhere_is_not_believed(truth):
    sample = blocks(annotated=(True, False, True))
    assert completed(sample, truth, drawn_volumes([sample])).annotated == sample.annotated


class OracleLibrary:
    """Stands for the library: finds all organs, in a label order of its own."""

    classes = ("background", "Parotid_R", "Parotid_L", "BrainStem")

    def __init__(self, path):
        pass

    def load(self, path):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def segment(self, sample, threads, largest_components):
        assert largest_components
        labels = blocks().labels
        return np.where(labels > 0, 4 - labels, 0).astype(np.uint8)


def test_the_command_writes_every_sample_and_says_what_it_added(tmp_path, monkeypatch, capsys, truth):
    monkeypatch.setattr(command_line, "Library", OracleLibrary)
    for name, annotated in (("a", (True, True, True)), ("b", (True, False, False))):
        save_sample(tmp_path / "in", blocks(name, annotated=annotated))
    assert command_line.main(["complete", "--model", "any", "--samples", str(tmp_path / "in"),
                              "--output", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.splitlines() == ["a: added nothing", "b: added Parotid_L, Parotid_R"]
    for name in "ab":
        sample = load_sample(tmp_path / "out" / f"{name}.npz")
        assert sample.organs == ORGANS
        assert np.array_equal(sample.labels, truth)
