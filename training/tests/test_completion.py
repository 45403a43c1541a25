from dataclasses import replace

import numpy as np
import pytest
from conftest import ORGANS, blocks

from anatomynet_training import command_line
from anatomynet_training.completion import completed, drawn_volumes
from anatomynet_training.dataset import load_sample, save_sample
from anatomynet_training.library import LibraryError
from anatomynet_training.metrics import dice_per_organ
from anatomynet_training.preprocessing import Preprocessing, prepare
from anatomynet_training.sample import body_box


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
    assert whole.completed == (False, True, False)
    assert whole.drawn == (True, False, True)
    assert np.array_equal(whole.labels, truth)


def test_what_was_drawn_wins_where_the_prediction_claims_it_too(volumes, truth):
    sample = blocks(annotated=(True, False, True))
    whole = completed(sample, np.where(truth > 0, 2, 0).astype(np.uint8), volumes)
    assert np.array_equal(whole.labels, truth)
    assert sample.annotated == (True, False, True)
    assert sample.completed == (False, False, False)


def test_an_organ_filled_in_before_tells_nothing_about_volumes_and_stays_filled_in(volumes, truth):
    whole = completed(blocks(annotated=(True, False, False)), np.where(truth == 2, truth, 0), volumes)
    assert "Parotid_L" not in drawn_volumes([whole])
    again = completed(whole, truth, volumes)
    assert again.annotated == (True, True, True) and again.completed == (False, True, True)


def test_the_mark_of_completion_survives_disk_preparation_and_cropping(tmp_path):
    whole = replace(blocks(), completed=(False, True, False))
    save_sample(tmp_path, whole)
    read = load_sample(tmp_path / "blocks.npz")
    prepared = prepare(read, Preprocessing((3.0, 3.0, 3.0), (-1000.0, 1500.0)))
    cropped = prepared.cropped(body_box(prepared.intensities, 1))
    assert read.completed == prepared.completed == cropped.completed == whole.completed


def test_samples_of_the_first_version_were_never_completed(tmp_path, sample):
    np.savez(tmp_path / "old.npz", intensities=sample.intensities, labels=sample.labels, organs=sample.organs,
             annotated=sample.annotated, spacing=sample.spacing)
    old = load_sample(tmp_path / "old.npz")
    assert old.completed == (False, False, False) and old.drawn == old.annotated == (True, True, True)


def test_only_what_was_drawn_is_validated(sample):
    scores = dice_per_organ(sample.labels, replace(sample, completed=(False, True, False)))
    assert np.isnan(scores).tolist() == [False, True, False]


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

    def segment(self, sample, threads, largest_components, allow_untrained_spacing):
        assert largest_components
        if sample.name == "coarse" and not allow_untrained_spacing:
            raise LibraryError("status 10: the spacing is outside the range")
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


def test_the_command_reports_and_skips_what_the_library_refuses(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command_line, "Library", OracleLibrary)
    for name in ("a", "coarse", "d"):
        save_sample(tmp_path / "in", blocks(name))
    command = ["complete", "--model", "any", "--samples", str(tmp_path / "in"), "--output", str(tmp_path / "out")]
    assert command_line.main(command) == 1
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {"a", "d"}
    assert capsys.readouterr().err.splitlines() == [
        "coarse: skipped: status 10: the spacing is outside the range", "skipped 1 of 3 samples: coarse",
    ]
    assert command_line.main([*command, "--allow-untrained-spacing"]) == 0
    assert (tmp_path / "out" / "coarse.npz").exists()


def test_the_command_does_not_overwrite_the_samples(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    save_sample(tmp_path / "in", blocks("a"))
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for output in ("in", "in/", "link", "other/../in"):
        assert command_line.main(["complete", "--model", "any", "--samples", str(tmp_path / "in"),
                                  "--output", output]) == 1
        assert "is the folder of the samples" in capsys.readouterr().err
