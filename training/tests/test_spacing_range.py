from dataclasses import replace

from conftest import blocks, recipe

from anatomynet_training.augmentation import Augmentation
from anatomynet_training.spacing_range import spacing_range


def test_spacing_range_is_the_samples_where_they_are_resampled_to_one_grid():
    fine = blocks("fine")
    coarse = replace(blocks("coarse"), spacing=(4.0, 2.5, 2.5))
    scaling = Augmentation(affine=0.5, scale=0.1)
    assert spacing_range([fine, coarse], recipe()) == ((3, 2, 2), (4, 2.5, 2.5))
    assert spacing_range([fine, coarse], recipe(augmentation=scaling, spacing=(3.0, 3.0, 3.0))) == (
        (3, 2, 2), (4, 2.5, 2.5))


def test_spacing_range_is_widened_by_the_scaling_where_the_network_sees_the_samples_own_grids():
    fine = blocks("fine")
    coarse = replace(blocks("coarse"), spacing=(4.0, 2.5, 2.5))
    scaling = Augmentation(affine=0.5, scale=0.1)
    assert spacing_range([fine, coarse], recipe(augmentation=scaling)) == ((2.7, 1.8, 1.8), (4.4, 2.75, 2.75))
    assert spacing_range([fine, coarse], recipe(augmentation=replace(scaling, affine=0.0))) == (
        (3, 2, 2), (4, 2.5, 2.5))
