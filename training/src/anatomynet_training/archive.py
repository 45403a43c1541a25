"""NumPy archives from somebody's disk."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np


@contextmanager
def open_archive(path: Path) -> Iterator[Any]:
    """The arrays of an `.npz` by name; whatever is wrong with it or with what is made of it names the file."""
    try:
        with np.load(path) as archive:
            yield archive
    # TypeError is what a single array (.npy) raises, being no archive.
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not the archive that is needed here, or damaged: {error}") from error
