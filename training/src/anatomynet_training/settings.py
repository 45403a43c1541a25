"""Whether a recipe's settings make sense."""

from collections.abc import Callable
from typing import Any


def check_setting(name: str, value: Any, allows: Callable[[Any], bool], allowed: str) -> None:
    """Raises ValueError with what was found and what is `allowed`; a value of a wrong type is not."""
    try:
        holds = allows(value)
    except TypeError:
        holds = False
    if not holds:
        raise ValueError(f"{name} is {value!r}; it must be {allowed}")


def is_positive(value: float) -> bool:
    return 0 < value < float("inf")


def is_probability(value: float) -> bool:
    return 0 <= value <= 1
