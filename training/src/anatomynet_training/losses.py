"""The paper's hybrid loss (eq. 3 to 7) and the three it is compared with (Fig. 5).

All take softmax probabilities `p` (batch, class, z, y, x), labels `truth` (batch, z, y, x) of
integers, a mask `m` (batch, class) with 1 where the class is supervised in that volume, and weights
`w` (class). Background is class 0. Results are averaged over the batch.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

EPSILON = 1e-5
"""Voxels added to the denominator of a Dice ratio, which is 0/0 where a class is absent and not predicted."""

FOCUSING_PARAMETER = 2
"""The exponent of (1 - p) in eq. 7."""


def one_hot(truth: Tensor, classes: int) -> Tensor:
    return functional.one_hot(truth.long(), classes).movedim(-1, 1).to(torch.get_default_dtype())


def dice_ratios(p: Tensor, g: Tensor) -> Tensor:
    """(batch, class) soft Dice, TP / (TP + 0.5 FN + 0.5 FP), of probabilities and one-hot truth."""
    space = tuple(range(2, p.ndim))
    true_positives = (p * g).sum(space)
    # TP + 0.5 FN + 0.5 FP = 0.5 (sum of g + sum of p), without two more passes over the volume.
    return true_positives / (0.5 * (g.sum(space) + p.sum(space)) + EPSILON)


def dice_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor) -> Tensor:
    """Eq. 6: C - sum over classes of m w TP / (TP + 0.5 FN + 0.5 FP). Eq. 3 is m = w = 1."""
    classes = p.shape[1]
    ratios = dice_ratios(p, one_hot(truth, classes).to(p.dtype))
    return (classes - (m * w * ratios).sum(dim=1)).mean()


def focal_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor) -> Tensor:
    """Eq. 7: -(1/N) sum over classes of m w sum over voxels of g (1 - p)^2 log p."""
    return _voxelwise(p, truth, m, w, FOCUSING_PARAMETER)


def cross_entropy_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor) -> Tensor:
    """-(1/N) sum over classes of m w sum over voxels of g log p."""
    return _voxelwise(p, truth, m, w, 0)


def exponential_logarithmic_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor) -> Tensor:
    """E[(-ln D)^0.3], the expectation over the supervised classes, weighted by w; 0 where none is supervised."""
    ratios = dice_ratios(p, one_hot(truth, p.shape[1]).to(p.dtype))
    # Neither the logarithm at D = 0 nor the power's derivative at D = 1 is finite.
    terms = (-ratios.clamp(EPSILON, 1 - EPSILON).log()) ** 0.3
    weights = m * w
    return ((weights * terms).sum(dim=1) / weights.sum(dim=1).clamp_min(torch.finfo(p.dtype).tiny)).mean()


def dice_and_focal_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor, balance: float = 0.5) -> Tensor:
    """The paper's hybrid loss, Dice + lambda focal; `balance` is lambda."""
    return dice_loss(p, truth, m, w) + balance * focal_loss(p, truth, m, w)


def dice_and_cross_entropy_loss(p: Tensor, truth: Tensor, m: Tensor, w: Tensor, balance: float = 0.1) -> Tensor:
    return dice_loss(p, truth, m, w) + balance * cross_entropy_loss(p, truth, m, w)


Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]

LOSSES: dict[str, Loss] = {
    "dice": dice_loss,
    "exponential_logarithmic": exponential_logarithmic_loss,
    "dice_and_cross_entropy": dice_and_cross_entropy_loss,
    "dice_and_focal": dice_and_focal_loss,
}


def merge_missing_into_background(p: Tensor, m: Tensor) -> tuple[Tensor, Tensor]:
    """Makes the background supervisable in partly annotated volumes: the marginal loss of Shi et al. (2021).

    Where organs were not drawn, an unlabelled voxel is background *or* one of those organs. The
    probability of that union is p(background) + the sum of p over the missing organs; it replaces the
    background's, whose mask becomes 1. The missing organs' own terms stay masked. In a fully annotated
    volume nothing changes. Returns probabilities and mask.
    """
    missing = 1 - m
    missing[:, 0] = 0
    shape = (*missing.shape, *([1] * (p.ndim - 2)))
    union = p[:, :1] + (p * missing.reshape(shape)).sum(dim=1, keepdim=True)
    supervised = m.clone()
    supervised[:, 0] = 1
    return torch.cat([union, p[:, 1:]], dim=1), supervised


def _voxelwise(p: Tensor, truth: Tensor, m: Tensor, w: Tensor, exponent: int) -> Tensor:
    truth = truth.long()
    own = p.gather(1, truth[:, None])[:, 0]
    # float32 softmax underflows to 0 where the network is confidently wrong.
    own = own.clamp_min(torch.finfo(p.dtype).tiny)
    factors = (m * w).to(p.dtype)
    voxel_factors = torch.stack([factors[item][truth[item]] for item in range(len(truth))])
    values = -voxel_factors * own.log()
    if exponent:
        values = values * (1 - own) ** exponent
    return values.flatten(1).mean(dim=1).mean()
