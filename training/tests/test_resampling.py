import numpy as np
import pytest
import torch

from anatomynet_training.resampling import interpolation_matrix, resample, resample_labels, smoothing_kernel


def test_rows_of_weights_sum_to_one():
    for extent, new, ratio in [(10, 7, 10 / 7), (10, 23, 10 / 23), (1, 4, 0.25), (9, 1, 9.0)]:
        matrix = interpolation_matrix(extent, new, ratio)
        assert matrix.shape == (new, extent)
        torch.testing.assert_close(matrix.sum(dim=1), torch.ones(new))
        assert matrix.min() >= 0


def test_linear_ramp_stays_a_ramp_in_millimetres():
    """Voxel centres keep their place: the outer faces of both grids coincide."""
    ramp = (torch.arange(20) + 0.5) * 3.0
    volume = ramp.reshape(20, 1, 1).expand(20, 4, 4).contiguous()
    finer = resample(volume, (3.0, 1.0, 1.0), (2.0, 1.0, 1.0))
    assert finer.shape == (30, 4, 4)
    expected = (torch.arange(30) + 0.5) * 2.0
    torch.testing.assert_close(finer[1:-1, 0, 0], expected[1:-1])


def test_smoothing_kernel_is_that_of_itk():
    """From SimpleITK 2.5: DiscreteGaussian of an impulse, with its default maximum error."""
    for ratio, half in [(1.25, [0.9080102, 0.0459949]), (2.0, [0.6281759, 0.1639967, 0.0219153]),
                        (3.90625, [0.2675875, 0.2067231, 0.1068002, 0.0405868, 0.0120962])]:
        np.testing.assert_allclose(smoothing_kernel(ratio), half[:0:-1] + half, atol=1e-6)
    assert smoothing_kernel(1).tolist() == smoothing_kernel(0.5).tolist() == [1]


def test_coarser_grid_averages_what_it_cannot_represent():
    checkerboard = torch.tensor([0.0, 1.0] * 16 + [0.0]).reshape(33, 1, 1).expand(33, 2, 2).contiguous()
    coarser = resample(checkerboard, (1.0, 1.0, 1.0), (3.0, 1.0, 1.0))
    assert (coarser[1:-1] - 0.5).abs().max() < 0.05
    sampled = resample(checkerboard, (1.0, 1.0, 1.0), (3.0, 1.0, 1.0), smooth=False)
    assert (sampled[1:-1] - 0.5).abs().max() > 0.45


def test_coarser_grid_keeps_a_ramp():
    ramp = ((torch.arange(40) + 0.5) * 1.0).reshape(40, 1, 1).expand(40, 2, 2).contiguous()
    coarser = resample(ramp, (1.0, 1.0, 1.0), (2.5, 1.0, 1.0))
    torch.testing.assert_close(coarser[2:-2, 0, 0], ((torch.arange(16) + 0.5) * 2.5)[2:-2])


def test_equal_spacing_returns_the_volume_itself():
    volume = torch.rand(5, 6, 7)
    assert torch.equal(resample(volume, (2.5, 3.906, 3.906), (2.5, 3.90625, 3.90625)), volume)


def test_there_and_back_keeps_every_label_of_a_large_organ_inside():
    labels = np.zeros((20, 24, 28), dtype=np.uint8)
    labels[4:14, 6:18, 3:13] = 1
    labels[4:14, 6:18, 15:25] = 2
    spacing, target = (3.0, 4.7, 4.7), (2.5, 3.9, 3.9)
    there = resample_labels(labels, 3, spacing, target)
    for label in (1, 2):
        volume = (labels == label).sum() * np.prod(spacing)
        assert (there == label).sum() * np.prod(target) == pytest.approx(volume, rel=0.15)
    scores = torch.stack([torch.from_numpy(there == label).float() for label in range(3)])
    back = resample(scores, target, spacing, labels.shape).argmax(dim=0).numpy()
    inside = np.zeros_like(labels, dtype=bool)
    inside[5:13, 7:17, 4:12] = inside[5:13, 7:17, 16:24] = True
    assert np.array_equal(back[inside], labels[inside])


def test_leading_axes_are_kept():
    scores = torch.rand(3, 6, 6, 6)
    separate = torch.stack([resample(plane, (1, 1, 1), (1.5, 2, 0.7)) for plane in scores])
    torch.testing.assert_close(resample(scores, (1, 1, 1), (1.5, 2, 0.7)), separate)
