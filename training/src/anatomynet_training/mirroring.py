"""What becomes of organs in a mirror image: left and right ones exchange, by their names."""

import re

import numpy as np

SIDES = {"_L": "_R", "_R": "_L"}
"""Endings of names that the mirror exchanges."""

SIDE_WORDS = {"l", "r", "lt", "rt"}

WORD_BOUNDARY = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def mirrored_classes(organs: tuple[str, ...]) -> np.ndarray:
    """For each class, background first, the class it becomes in a mirror: names ending in _L and _R exchange.

    An organ with a side whose other one is no class becomes background. ValueError for names that state a side in
    another way: they would keep it in the mirror.
    """
    if strangers := [organ for organ in organs if _states_side_otherwise(organ)]:
        raise ValueError(f"mirror: {', '.join(strangers)}: a side is exchanged where names end with _L and _R; "
                         "rename these organs, or train without mirror")
    exchange = [0]
    for organ in organs:
        partner = organ[:-2] + SIDES[organ[-2:]] if organ[-2:] in SIDES else organ
        exchange.append(organs.index(partner) + 1 if partner in organs else 0)
    return np.array(exchange, dtype=np.uint8)


def mirrored_annotations(annotated: np.ndarray, exchange: np.ndarray) -> np.ndarray:
    """For each organ, whether it is labelled in the mirror image; one that comes from no class is not."""
    return np.concatenate([[False], annotated])[exchange[1:]]


def _states_side_otherwise(organ: str) -> bool:
    stem = organ[:-2] if organ[-2:] in SIDES else organ
    words = {word.lower() for word in WORD_BOUNDARY.split(stem)}
    return bool(words & SIDE_WORDS) or "left" in stem.lower() or "right" in stem.lower()
