import csv
from dataclasses import replace

import numpy as np
import pytest
from conftest import ORGANS, blocks

from anatomynet_training.dataset import save_sample
from anatomynet_training.evaluation import evaluate
from anatomynet_training.library import LibraryError
from anatomynet_training.metrics import dice, dice_per_organ, hausdorff95
from anatomynet_training.relabelling import relabelled
from anatomynet_training.summary import summary


def box(start: int, length: int = 10) -> np.ndarray:
    volume = np.zeros((20, 20, 40), dtype=bool)
    volume[5:15, 5:15, start : start + length] = True
    return volume


def test_dice_counts_overlap_twice():
    assert dice(box(5), box(5)) == 1
    assert dice(box(5), box(8)) == pytest.approx(0.7)
    assert dice(box(5), box(25)) == 0
    assert dice(box(5), np.zeros_like(box(5))) == 0


def test_dice_of_two_empty_masks_is_undefined():
    assert np.isnan(dice(np.zeros(3, bool), np.zeros(3, bool)))
    undrawn_or_absent = replace(blocks(annotated=(True, False, True)), labels=np.zeros_like(blocks().labels))
    found = np.where(blocks().labels == 3, 3, 0)
    scores = dice_per_organ(found, undrawn_or_absent)
    assert np.isnan(scores[:2]).all() and scores[2] == 0


def test_hausdorff_distance_of_a_shifted_box_is_the_shift_in_millimetres():
    assert hausdorff95(box(8), box(5), (1.0, 1.0, 2.5)) == pytest.approx(7.5)
    assert hausdorff95(box(5), box(5), (1.0, 1.0, 2.5)) == 0


def test_hausdorff_distance_leaves_the_largest_twentieth_of_either_surface_out():
    speck = box(5)
    speck[10, 10, 35] = True
    assert hausdorff95(speck, box(5), (1.0, 1.0, 1.0)) == 0
    assert hausdorff95(box(5), speck, (1.0, 1.0, 1.0)) == 0
    # The far end, 100 of some 600 surface voxels, is more than a twentieth, and the larger direction counts.
    longer = box(5, length=16)
    assert hausdorff95(longer, box(5), (1.0, 1.0, 1.0)) == 6
    assert hausdorff95(box(5), longer, (1.0, 1.0, 1.0)) == 6


def test_hausdorff_distance_needs_both_sets():
    assert np.isnan(hausdorff95(box(5), np.zeros_like(box(5)), (1.0, 1.0, 1.0)))


def test_labels_are_matched_by_name():
    labels = np.array([0, 1, 2, 3], dtype=np.uint8)
    assert relabelled(labels, ("background", "B", "C", "A"), ("A", "B")).tolist() == [0, 2, 0, 1]


def saved(folder, samples):
    for sample in samples:
        save_sample(folder / "samples", sample)
    return [folder / "samples" / f"{sample.name}.npz" for sample in samples]


CLASSES = ("background", *ORGANS)


def test_evaluation_reports_and_skips_what_is_refused_and_keeps_the_rest(tmp_path, capsys):
    paths = saved(tmp_path, [blocks("a"), blocks("b"), blocks("c"), blocks("d")])
    paths[2].write_bytes(b"PK")

    def segment(sample):
        if sample.name == "b":
            raise LibraryError("status 10: the spacing is outside the range")
        return sample.labels

    scores, skipped = evaluate(paths, segment, CLASSES, tmp_path, pictures=False)
    assert skipped == ["b", "c"]
    assert {score.case for score in scores} == {"a", "d"}
    b, c = capsys.readouterr().err.splitlines()
    assert b == "b: skipped: status 10: the spacing is outside the range"
    assert c.startswith("c: skipped: ") and "c.npz" in c
    assert {row["organ"]: row["cases"] for row in summary(scores)}["BrainStem"] == 2
    assert (tmp_path / "summary.csv").exists() and (tmp_path / "dsc.png").exists()


def test_scores_are_on_disk_case_by_case(tmp_path):
    def segment(sample):
        if sample.name == "b":
            assert "a,BrainStem,1.0000" in (tmp_path / "scores.csv").read_text()
            raise KeyboardInterrupt
        return sample.labels

    with pytest.raises(KeyboardInterrupt):
        evaluate(saved(tmp_path, [blocks("a"), blocks("b")]), segment, CLASSES, tmp_path, pictures=False)
    assert "a,BrainStem,1.0000" in (tmp_path / "scores.csv").read_text()


def test_organs_that_were_filled_in_or_that_the_model_does_not_know_are_noted_and_not_scored(tmp_path, capsys):
    samples = [replace(blocks(name), completed=(False, name == "b", False)) for name in "ab"]
    scores, _ = evaluate(saved(tmp_path, samples), lambda sample: np.minimum(sample.labels, 2),
                         ("background", "BrainStem", "Parotid_L"), tmp_path, pictures=False)
    assert [(score.case, score.organ) for score in scores] == [
        ("a", "BrainStem"), ("a", "Parotid_L"), ("b", "BrainStem"),
    ]
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("not scored, for the model does not know them: Parotid_R") == 1
    assert "b: not scored, for nobody drew them: Parotid_L" in lines


@pytest.mark.filterwarnings("error:Mean of empty slice")
def test_organs_absent_from_truth_and_prediction_are_counted_apart(tmp_path):
    """As in a scan that ends above the organ."""
    without = {1: blocks().labels, 3: blocks().labels}
    for label, labels in without.items():
        labels[labels == label] = 0
    samples = [replace(blocks("a"), labels=without[3]), replace(blocks("b"), labels=without[3]),
               replace(blocks("c"), labels=without[1])]
    samples[2].labels[samples[2].labels == 3] = 0

    def segment(sample):
        labels = sample.labels.copy()
        if sample.name == "b":
            labels[labels == 1] = 0
        return labels

    scores, _ = evaluate(saved(tmp_path, samples), segment, CLASSES, tmp_path, pictures=False)
    rows = {row["organ"]: row for row in summary(scores)}
    assert [rows["BrainStem"][key] for key in ("cases", "absent", "not_found", "mean_dsc", "smallest_dsc")] == [
        2, 1, 1, 0.5, 0.0]
    assert [rows["Parotid_R"][key] for key in ("cases", "absent", "not_found")] == [0, 3, 0]
    assert np.isnan(rows["Parotid_R"]["mean_dsc"])
    assert rows["mean of organs"]["mean_dsc"] == pytest.approx(0.75)
    assert rows["mean of organs"]["absent"] == 4
    with (tmp_path / "scores.csv").open() as file:
        assert [row["dsc"] for row in csv.DictReader(file) if row["organ"] == "Parotid_R"] == ["nan"] * 3


def test_evaluation_leaves_undrawn_organs_out_and_writes_everything(tmp_path):
    samples = [blocks("a"), blocks("b", annotated=(True, False, True))]
    classes = ("background", "Parotid_L", "BrainStem", "Parotid_R")

    def perfect_but_for_one_organ(sample):
        labels = relabelled(blocks().labels, ("background", *ORGANS), classes[1:])
        labels[labels == 3] = 0
        return labels

    scores, skipped = evaluate(saved(tmp_path, samples), perfect_but_for_one_organ, classes, tmp_path, pictures=True)
    assert skipped == []
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
