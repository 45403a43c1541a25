import errno
from pathlib import Path

import pytest
import torch

from anatomynet_training.run_state import read_state, write_state

FULL_DISK = Path("/dev/full")


def test_a_state_comes_back_and_leaves_nothing_else(tmp_path):
    write_state(tmp_path / "state.pt", {"step": 3, "weights": torch.ones(2)})
    assert read_state(tmp_path / "state.pt")["step"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]


@pytest.mark.skipif(not FULL_DISK.exists(), reason="this system has no full disk to write to")
def test_a_full_disk_is_called_so_and_leaves_the_state_before(tmp_path):
    write_state(tmp_path / "state.pt", {"step": 3})
    (tmp_path / "state.partial").symlink_to(FULL_DISK)
    with pytest.raises(OSError) as caught:
        write_state(tmp_path / "state.pt", {"weights": torch.ones(100_000)})
    assert caught.value.errno == errno.ENOSPC
    assert read_state(tmp_path / "state.pt")["step"] == 3
