from dataclasses import replace

import numpy as np
import pytest
from conftest import ORGANS, blocks

from anatomynet_training import validation
from anatomynet_training.recipe import Recipe, Stage
from anatomynet_training.validation import validation_scores

RECIPE = Recipe("AnatomyNet", (Stage(1, "adamw", 1e-3),), (-1000.0, 1500.0))


@pytest.fixture
def patient():
    """Of whose brain stem a third was drawn outside the body, in the air."""
    sample = blocks("patient", (40, 40, 48))
    sample.intensities[30:] = -1024
    sample.labels[34:38, 12:20, 17:23] = 1
    return sample


@pytest.mark.parametrize(("crop", "extents"), [(False, (40, 40, 48)), (True, (34, 40, 48))])
def test_validation_crops_as_the_recipe_does_and_scores_the_whole_grid(monkeypatch, patient, crop, extents):
    seen = []

    def segment(network, sample, preprocessing, autocast):
        seen.append(sample.labels.shape)
        found = sample.labels.copy()
        found[found == 3] = 0
        return found

    monkeypatch.setattr(validation, "segment", segment)
    scores = validation_scores(None, [patient], replace(RECIPE, crop_to_body=crop), False)
    assert seen == [extents]
    assert list(scores) == list(ORGANS)
    inside, outside = 8 * 8 * 6, 4 * 8 * 6
    expected = 2 * inside / (2 * inside + outside) if crop else 1.0
    np.testing.assert_allclose([scores[organ][0] for organ in ORGANS], [expected, 1, 0])
