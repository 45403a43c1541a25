from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import ORGANS, blocks

from anatomynet_training.augmentation import Augmentation, Examples
from anatomynet_training.mirroring import mirrored_classes
from anatomynet_training.preprocessing import Preprocessing

PREPROCESSING = Preprocessing(None, (-1000.0, 1500.0))


def draw(augmentation: Augmentation, patch, seed: int = 0, sample=None):
    return Examples(PREPROCESSING, augmentation).draw(sample or blocks(), patch, np.random.default_rng(seed))


def test_mirror_exchanges_left_and_right_names():
    assert mirrored_classes(ORGANS).tolist() == [0, 1, 3, 2]


def test_an_organ_whose_other_side_is_no_class_becomes_background_in_the_mirror():
    assert mirrored_classes(("Parotid_L", "Mandible")).tolist() == [0, 0, 2]
    sample = replace(blocks(), organs=("BrainStem", "Parotid_L", "Eye_R"))
    _, labels, mask = draw(Augmentation(mirror=1), None, sample=sample)
    assert np.array_equal(labels[0] == 1, sample.labels[..., ::-1] == 1)
    assert not (labels > 1).any()
    # Nobody drew the organs that now lie where the classes would be.
    assert mask.tolist() == [[0, 1, 0, 0]]


@pytest.mark.parametrize("name", ["LeftParotid", "RightParotid", "parotid_left", "Parotid_Right", "parotid_l", "eye_r",
                                  "Eye-L", "Eye R", "L_Eye", "LEye", "EyeR", "parotidleft", "Lens_Lt", "Left_Eye_L"])
def test_the_mirror_refuses_names_whose_side_it_cannot_exchange(name):
    with pytest.raises(ValueError, match=f"mirror.*{name}.*_L.*_R"):
        mirrored_classes(("Mandible", name))


def test_the_mirror_takes_names_without_a_side():
    organs = ("Larynx", "SpinalCord", "Vertebra_L1", "Lens", "Retina", "PTV70", "Lobe_Frontal", "Oesophagus")
    assert mirrored_classes(organs).tolist() == list(range(9))


def test_without_augmentation_the_whole_volume_comes_back_padded():
    sample = blocks(shape=(22, 30, 40))
    intensities, labels, mask = draw(Augmentation(), None, sample=sample)
    assert intensities.shape == (1, 1, 24, 32, 40) and labels.shape == (1, 24, 32, 40)
    expected = PREPROCESSING.intensities(torch.from_numpy(sample.intensities.astype(np.float32)))
    torch.testing.assert_close(intensities[0, 0, :22, :30], expected)
    assert np.array_equal(labels[0, :22, :30], sample.labels)
    assert intensities[0, 0, 22:].max() == 0 and labels[0, :, 30:].max() == 0
    assert mask.tolist() == [[1, 1, 1, 1]]


def test_whole_volumes_are_padded_to_the_networks_multiple():
    examples = Examples(PREPROCESSING, Augmentation(), padding_multiple=16)
    intensities, labels, _ = examples.draw(blocks(shape=(22, 30, 40)), None, np.random.default_rng(0))
    assert intensities.shape == (1, 1, 32, 32, 48) and labels.shape == (1, 32, 32, 48)


def test_mirror_puts_the_left_organ_on_the_right_and_renames_it():
    sample = blocks(annotated=(True, True, False))
    _, labels, mask = draw(Augmentation(mirror=1), None, sample=sample)
    truth = sample.labels[..., ::-1]
    assert np.array_equal(labels[0] == 3, truth == 2)
    assert not (labels == 2).any()
    assert mask.tolist() == [[0, 1, 0, 1]]


def test_same_generator_same_example():
    augmentation = Augmentation(mirror=0.5, affine=1, rotation_degrees=9, scale=0.1, intensity=0.5)
    first, second = (draw(augmentation, (16, 16, 24), seed=5) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert not torch.equal(first[0], draw(augmentation, (16, 16, 24), seed=6)[0])


def test_patches_have_their_extents_also_in_a_smaller_volume():
    for seed in range(20):
        intensities, labels, _ = draw(Augmentation(affine=0.5, rotation_degrees=9), (32, 24, 48), seed)
        assert intensities.shape == (1, 1, 32, 24, 48) and labels.shape == (1, 32, 24, 48)


def test_patches_mostly_show_an_organ():
    shown = sum(bool(draw(Augmentation(), (16, 16, 16), seed)[1].any()) for seed in range(60))
    assert shown > 40


def test_patches_are_centred_on_organs_in_proportion_to_their_weights():
    examples = Examples(PREPROCESSING, Augmentation(), organ_weights=np.array([0.0, 0.0, 1.0]))
    shown = np.zeros(4, dtype=int)
    for seed in range(60):
        labels = examples.draw(blocks(), (8, 8, 8), np.random.default_rng(seed))[1]
        shown[np.unique(labels)] += 1
    assert shown[3] > 40 and shown[1] < 10 and shown[2] < 10


def test_affine_moves_image_and_labels_alike():
    augmentation = Augmentation(affine=1, rotation_degrees=9, scale=0.1)
    intensities, labels, _ = draw(augmentation, None, seed=1)
    sample = blocks()
    assert not np.array_equal(labels[0], sample.labels)
    # Both parotids are at 600 HU: well inside a moved label the image must be bright.
    bright = PREPROCESSING.intensities(torch.tensor(600.0)) - 0.06
    for label in (2, 3):
        inside = torch.nn.functional.avg_pool3d((labels == label).float(), 3, stride=1, padding=1) > 0.999
        assert inside.any()
        assert (intensities[0, 0][inside[0]] > bright).all()


def test_intensity_changes_leave_air_at_zero():
    intensities, _, _ = draw(Augmentation(intensity=1), None)
    plain, _, _ = draw(Augmentation(), None)
    assert (intensities[plain == 0] == 0).all()
    assert (intensities != plain).any() and intensities.min() >= 0 and intensities.max() <= 1


def test_air_surrounds_without_losing_voxels():
    sample = blocks()
    _, labels, _ = draw(Augmentation(air=1), None, seed=3, sample=sample)
    assert labels.numel() > sample.labels.size
    assert [int((labels == label).sum()) for label in (1, 2, 3)] == [
        int((sample.labels == label).sum()) for label in (1, 2, 3)
    ]


def test_truncation_removes_slices_at_one_end():
    sample = blocks()
    whole = PREPROCESSING.intensities(torch.from_numpy(sample.intensities.astype(np.float32)))
    examples = Examples(PREPROCESSING, Augmentation(truncate=1), padding_multiple=1)
    ends = set()
    for seed in range(8):
        intensities, labels, _ = examples.draw(sample, None, np.random.default_rng(seed))
        kept = labels.shape[1]
        assert 12 <= kept < 24
        (end,) = (end for end, slices in (("lower", np.s_[24 - kept :]), ("upper", np.s_[:kept]))
                  if torch.equal(intensities[0, 0], whole[slices]) and np.array_equal(labels[0], sample.labels[slices]))
        ends.add(end)
    assert ends == {"lower", "upper"}


def test_large_volume_is_cut_to_the_voxel_limit():
    examples = Examples(PREPROCESSING, Augmentation(), voxel_limit=10 * 32 * 40)
    intensities, _, _ = examples.draw(blocks(), None, np.random.default_rng(0))
    assert intensities.shape == (1, 1, 16, 32, 40)


def test_stored_region_keeps_the_organs_and_empties_the_rest_outside_a_slab():
    sample = blocks()
    intensities, labels, _ = draw(Augmentation(stored_region=1), None, seed=2, sample=sample)
    plain, _, _ = draw(Augmentation(), None, sample=sample)
    changed = (intensities != plain)[0, 0]
    assert changed.any() and (intensities[0, 0][changed] == 0).all()
    assert not changed[labels[0] > 0].any()
    assert any(not plane.any() and before.any() for plane, before in zip(changed, plain[0, 0] > 0, strict=True))
