"""From a model's labels to those of a sample, by the organs' names."""

import numpy as np


def relabelled(labels: np.ndarray, classes: tuple[str, ...], organs: tuple[str, ...]) -> np.ndarray:
    """Labels of a model in the label order of a sample; organs the sample does not have become background."""
    table = np.zeros(256, dtype=np.uint8)
    for label, name in enumerate(classes):
        if label > 0 and name in organs:
            table[label] = organs.index(name) + 1
    return table[labels]
