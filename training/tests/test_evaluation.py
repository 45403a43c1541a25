import csv

import numpy as np
import pytest
from conftest import ORGANS, blocks

from anatomynet_training.evaluation import evaluate, hausdorff95, relabelled, summary
from anatomynet_training.metrics import dice
from anatomynet_training.overlays import overlay


def box(start: int, length: int = 10) -> np.ndarray:
    volume = np.zeros((20, 20, 40), dtype=bool)
    volume[5:15, 5:15, start : start + length] = True
    return volume


def test_dice_counts_overlap_twice():
    assert dice(box(5), box(5)) == 1
    assert dice(box(5), box(8)) == pytest.approx(0.7)
    assert dice(box(5), box(25)) == 0
    assert dice(np.zeros(3, bool), np.zeros(3, bool)) == 1


def test_hausdorff_distance_of_a_shifted_box_is_the_shift_in_millimetres():
    assert hausdorff95(box(8), box(5), (1.0, 1.0, 2.5)) == pytest.approx(7.5)
    assert hausdorff95(box(5), box(5), (1.0, 1.0, 2.5)) == 0


def test_hausdorff_distance_needs_both_sets():
    assert np.isnan(hausdorff95(box(5), np.zeros_like(box(5)), (1.0, 1.0, 1.0)))


def test_labels_are_matched_by_name():
    labels = np.array([0, 1, 2, 3], dtype=np.uint8)
    assert relabelled(labels, ("background", "B", "C", "A"), ("A", "B")).tolist() == [0, 2, 0, 1]


def test_overlay_colours_are_those_of_the_paper():
    truth, predicted = np.array([[True, False, True, False]]), np.array([[False, True, True, False]])
    picture = overlay(np.full((1, 4), -1000), truth, predicted)[0]
    green, red, yellow, neither = picture
    assert green[1] > 0 and green[0] == green[2] == 0
    assert red[0] > 0 and red[1] == red[2] == 0
    assert yellow[0] == yellow[1] > 0 and yellow[2] == 0
    assert neither.tolist() == [0, 0, 0]


def test_evaluation_leaves_undrawn_organs_out_and_writes_everything(tmp_path):
    samples = [blocks("a"), blocks("b", annotated=(True, False, True))]
    classes = ("background", "Parotid_L", "BrainStem", "Parotid_R")

    def perfect_but_for_one_organ(sample):
        labels = relabelled(blocks().labels, ("background", *ORGANS), classes[1:])
        labels[labels == 3] = 0
        return labels

    scores = evaluate(samples, perfect_but_for_one_organ, classes, tmp_path, pictures=True)
    assert [(score.case, score.organ, score.dsc) for score in scores] == [
        ("a", "BrainStem", 1), ("a", "Parotid_L", 1), ("a", "Parotid_R", 0),
        ("b", "BrainStem", 1), ("b", "Parotid_R", 0),
    ]
    rows = {row["organ"]: row for row in summary(scores)}
    assert rows["Parotid_R"]["not_found"] == 2 and np.isnan(rows["Parotid_R"]["mean_hd95_mm"])
    assert rows["mean of organs"]["mean_dsc"] == pytest.approx(2 / 3, abs=1e-4)
    with (tmp_path / "scores.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 5
    for name in ("summary.csv", "dsc.png", "a.png", "b.png"):
        assert (tmp_path / name).stat().st_size > 50
