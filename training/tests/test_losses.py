"""Values computed by hand for one row of four voxels and three classes (background, A, B)."""

import math

import pytest
import torch

from anatomynet_training.losses import (
    LOSSES,
    dice_and_cross_entropy_loss,
    dice_and_focal_loss,
    dice_loss,
    exponential_logarithmic_loss,
    focal_loss,
    merge_missing_into_background,
)
from anatomynet_training.sample import class_weights, mask_of

# Rows are classes, columns voxels.
P = torch.tensor([[0.7, 0.2, 0.1, 0.6], [0.2, 0.6, 0.3, 0.2], [0.1, 0.2, 0.6, 0.2]], dtype=torch.float64)
P = P.reshape(1, 3, 1, 1, 4)
TRUTH = torch.tensor([0, 1, 2, 0]).reshape(1, 1, 1, 4)
ALL = torch.ones(1, 3, dtype=torch.float64)
ONE = torch.ones(3, dtype=torch.float64)

# TP / (TP + 0.5 FN + 0.5 FP): background TP 1.3, FN 0.7, FP 0.3; A 0.6, 0.4, 0.7; B 0.6, 0.4, 0.5.
D = (1.3 / 1.8, 0.6 / 1.15, 0.6 / 1.05)
# Per voxel (1 - p)^2 ln p at p = 0.7, 0.6, 0.6, 0.6.
F = (0.3**2 * math.log(0.7), 0.4**2 * math.log(0.6), 0.4**2 * math.log(0.6), 0.4**2 * math.log(0.6))
TOLERANCE = 3e-5  # the constant in the denominator, 1e-5 of about one voxel


def test_dice_is_the_class_count_less_the_ratios():
    assert dice_loss(P, TRUTH, ALL, ONE).item() == pytest.approx(3 - sum(D), abs=TOLERANCE)


def test_dice_takes_mask_and_weight_per_class():
    m, w = torch.tensor([[0.0, 1.0, 1.0]]).double(), torch.tensor([9.0, 0.5, 0.25]).double()
    assert dice_loss(P, TRUTH, m, w).item() == pytest.approx(3 - 0.5 * D[1] - 0.25 * D[2], abs=TOLERANCE)


def test_focal_averages_over_all_voxels():
    assert focal_loss(P, TRUTH, ALL, ONE).item() == pytest.approx(-sum(F) / 4, rel=1e-12)


def test_focal_takes_mask_and_weight_per_class():
    m, w = torch.tensor([[0.0, 1.0, 1.0]]).double(), torch.tensor([9.0, 0.5, 0.25]).double()
    assert focal_loss(P, TRUTH, m, w).item() == pytest.approx(-(0.5 * F[1] + 0.25 * F[2]) / 4, rel=1e-12)


def test_hybrid_is_dice_plus_half_focal():
    assert dice_and_focal_loss(P, TRUTH, ALL, ONE).item() == pytest.approx(3 - sum(D) - 0.5 * sum(F) / 4, abs=TOLERANCE)
    assert dice_and_focal_loss(P, TRUTH, ALL, ONE, balance=0.1).item() == pytest.approx(
        3 - sum(D) - 0.1 * sum(F) / 4, abs=TOLERANCE
    )


def test_cross_entropy_variant_is_dice_plus_a_tenth():
    cross_entropy = -(math.log(0.7) + 3 * math.log(0.6)) / 4
    assert dice_and_cross_entropy_loss(P, TRUTH, ALL, ONE).item() == pytest.approx(
        3 - sum(D) + 0.1 * cross_entropy, abs=TOLERANCE
    )


def test_exponential_logarithmic_averages_over_supervised_classes():
    terms = [(-math.log(d)) ** 0.3 for d in D]
    assert exponential_logarithmic_loss(P, TRUTH, ALL, ONE).item() == pytest.approx(sum(terms) / 3, abs=TOLERANCE)
    m = torch.tensor([[0.0, 1.0, 0.0]]).double()
    assert exponential_logarithmic_loss(P, TRUTH, m, ONE).item() == pytest.approx(terms[1], abs=TOLERANCE)


def test_batches_average():
    p, truth = P.repeat(2, 1, 1, 1, 1), TRUTH.repeat(2, 1, 1, 1)
    m = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]).double()
    both = [dice_and_focal_loss(P, TRUTH, m[item : item + 1], ONE) for item in range(2)]
    assert dice_and_focal_loss(p, truth, m, ONE).item() == pytest.approx((sum(both) / 2).item())


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_the_values(name):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 2, 2, 2, dtype=torch.float64, generator=generator, requires_grad=True)
    truth = torch.randint(0, 3, (2, 2, 2, 2), generator=generator)
    m = torch.tensor([[1.0, 1.0, 1.0], [0.0, 1.0, 0.0]]).double()
    w = torch.tensor([0.5, 1.0, 2.0]).double()
    assert torch.autograd.gradcheck(lambda values: LOSSES[name](values.softmax(dim=1), truth, m, w), logits)


@pytest.mark.parametrize("name", LOSSES)
def test_organ_that_was_not_drawn_does_not_matter(name):
    """Its own probability, where it does not change that of a drawn class, has no influence."""
    m = torch.tensor([[0.0, 1.0, 0.0]]).double()
    changed = P.clone()
    changed[:, 0], changed[:, 2] = P[:, 2], P[:, 0]
    loss = LOSSES[name]
    assert loss(changed, TRUTH, m, ONE).item() == pytest.approx(loss(P, TRUTH, m, ONE).item())


@pytest.mark.parametrize("name", LOSSES)
def test_volume_without_any_drawn_organ_teaches_nothing(name):
    logits = torch.randn(1, 3, 1, 1, 4, dtype=torch.float64, requires_grad=True)
    value = LOSSES[name](logits.softmax(dim=1), torch.zeros_like(TRUTH), torch.zeros(1, 3).double(), ONE)
    value.backward()
    assert torch.isfinite(value)
    assert logits.grad.abs().max() == 0


@pytest.mark.parametrize("name", LOSSES)
def test_class_absent_from_truth_and_prediction_is_finite(name):
    p = torch.tensor([1.0, 0.0, 0.0]).double().reshape(1, 3, 1, 1, 1).repeat(1, 1, 1, 1, 4).requires_grad_()
    value = LOSSES[name](p, torch.zeros_like(TRUTH), ALL, ONE)
    value.backward()
    assert torch.isfinite(value) and torch.isfinite(p.grad).all()


def test_background_is_masked_unless_every_organ_is_drawn():
    assert mask_of((True, True)).tolist() == [1, 1, 1]
    assert mask_of((True, False)).tolist() == [0, 1, 0]
    assert mask_of((False, False)).tolist() == [0, 0, 0]


def test_weights_are_one_over_the_number_of_supervising_volumes():
    weights = class_weights([(True, True, False), (True, False, False), (True, False, False), (True, True, False)])
    assert weights.tolist() == [0, 0.25, 0.5, 0]


def test_missing_organs_join_the_background():
    m = torch.tensor([[0.0, 1.0, 0.0]]).double()
    p, supervised = merge_missing_into_background(P, m)
    assert supervised.tolist() == [[1, 1, 0]]
    torch.testing.assert_close(p[0, 0, 0, 0], torch.tensor([0.8, 0.4, 0.7, 0.8]).double())
    torch.testing.assert_close(p[:, 1:], P[:, 1:])


def test_merging_changes_nothing_where_every_organ_is_drawn():
    p, supervised = merge_missing_into_background(P, ALL)
    assert torch.equal(p, P) and torch.equal(supervised, ALL)


def test_merged_loss_does_not_punish_a_missing_organ_for_being_found():
    m = torch.tensor([[0.0, 1.0, 0.0]]).double()
    truth = torch.tensor([0, 1, 0, 0]).reshape(1, 1, 1, 4)
    moved = P.clone()
    moved[0, 2] += moved[0, 0]
    moved[0, 0] = 0
    values = [dice_and_focal_loss(*_merged(p, m, truth), ONE).item() for p in (P, moved)]
    assert values[0] == pytest.approx(values[1])


def _merged(p, m, truth):
    union, supervised = merge_missing_into_background(p, m)
    return union, truth, supervised
