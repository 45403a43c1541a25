from dataclasses import replace

import numpy as np
import pytest
from conftest import blocks

from anatomynet_training.overlays import overlay, overlay_figure


def test_overlay_colours_are_those_of_the_paper():
    truth, predicted = np.array([[True, False, True, False]]), np.array([[False, True, True, False]])
    picture = overlay(np.full((1, 4), -1000), truth, predicted)[0]
    green, red, yellow, neither = picture
    assert green[1] > 0 and green[0] == green[2] == 0
    assert red[0] > 0 and red[1] == red[2] == 0
    assert yellow[0] == yellow[1] > 0 and yellow[2] == 0
    assert neither.tolist() == [0, 0, 0]


@pytest.fixture
def panels():
    """Axial, coronal and sagittal picture of one organ at the patient's left, front and head."""
    labels = np.zeros((24, 32, 40), np.uint8)
    labels[17:20, 4:9, 30:37] = 1
    sample = replace(blocks(), labels=labels, organs=("Eye_L",), annotated=(True,), completed=())
    figure = overlay_figure(sample, np.zeros_like(labels))
    figure.draw_without_rendering()
    return figure.axes


def place_of_organ(panel) -> np.ndarray:
    """Right and up, from 0 to 1 across the panel, as it is seen."""
    picture = np.asarray(panel.images[0].get_array())
    rows, columns = np.nonzero(picture[..., 1] > picture[..., 0] + 0.2)
    return panel.transAxes.inverted().transform(panel.transData.transform((columns.mean(), rows.mean())))


@pytest.mark.parametrize(("index", "title", "letters", "near"), [
    (0, "axial", {"R": "left", "L": "right", "A": "top", "P": "bottom"}, "LA"),
    (1, "coronal", {"R": "left", "L": "right", "S": "top", "I": "bottom"}, "LS"),
    (2, "sagittal", {"A": "left", "P": "right", "S": "top", "I": "bottom"}, "AS"),
])
def test_pictures_show_organs_where_their_letters_say(panels, index, title, letters, near):
    panel = panels[index]
    assert panel.get_title() == f"Eye_L, {title}"
    places = {text.get_text(): np.array(text.get_position()) for text in panel.texts}
    edges = {"left": (0, 0), "right": (0, 1), "bottom": (1, 0), "top": (1, 1)}
    for letter, edge in letters.items():
        axis, end = edges[edge]
        assert abs(places[letter][axis] - end) < 0.1 and places[letter][1 - axis] == 0.5
    organ = place_of_organ(panel)
    opposite = {"L": "R", "A": "P", "S": "I"}
    for letter in near:
        assert np.hypot(*(organ - places[letter])) < np.hypot(*(organ - places[opposite[letter]]))


def test_voxels_keep_their_proportions(panels):
    # Rows are 3 mm apart in coronal and sagittal planes, everything else 2 mm.
    assert [panel.get_aspect() for panel in panels] == [1.0, 1.5, 1.5]
