import os
import sys
import types

import pytest
import torch
from torch import nn

from anatomynet_training.author_checkpoints import UnsafeCheckpoint, read_author_checkpoint
from anatomynet_training.networks import build_network


@pytest.fixture
def state():
    torch.manual_seed(0)
    return build_network("AnatomyNet", 10).state_dict()


def assert_same(found, state, without_counters=False):
    expected = {name: value for name, value in state.items()
                if not (without_counters and name.endswith("num_batches_tracked"))}
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("zipped", [True, False])
def test_epoch_and_weight_dictionary(tmp_path, state, zipped):
    path = tmp_path / "checkpoint"
    torch.save({"epoch": 149, "weight": state}, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_author_checkpoint(path), state)


def test_data_parallel_prefix_and_missing_counters(tmp_path, state):
    old = {f"module.{name}": value for name, value in state.items() if not name.endswith("num_batches_tracked")}
    torch.save({"epoch": 1, "weight": old}, tmp_path / "checkpoint")
    assert_same(read_author_checkpoint(tmp_path / "checkpoint"), state, without_counters=True)


@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
@pytest.mark.parametrize("zipped", [True, False])
def test_pickled_module_of_a_class_that_does_not_exist_here(tmp_path, state, zipped):
    path = tmp_path / "checkpoint"
    scripts = types.ModuleType("authors_scripts")
    sys.modules["authors_scripts"] = scripts
    try:
        network = build_network("AnatomyNet", 10)
        network.load_state_dict(state)
        class_of = type("ResNet_AE", (type(network),), {"__module__": "authors_scripts"})
        scripts.ResNet_AE = class_of
        network.__class__ = class_of
        torch.save(nn.DataParallel(network), path, _use_new_zipfile_serialization=zipped)
    finally:
        del sys.modules["authors_scripts"]
    assert_same(read_author_checkpoint(path), state)


class Burglar:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (self.mark,)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_does_not_run(tmp_path, state, zipped):
    path, mark = tmp_path / "checkpoint", str(tmp_path / "mark")
    torch.save({"epoch": 1, "weight": state, "extra": Burglar(mark)}, path, _use_new_zipfile_serialization=zipped)
    assert_same(read_author_checkpoint(path), state)
    assert not os.path.exists(mark)


def test_insisting_runs_it(tmp_path, state):
    path, mark = tmp_path / "checkpoint", str(tmp_path / "mark")
    torch.save({"epoch": 1, "weight": state, "extra": Burglar(mark)}, path)
    read_author_checkpoint(path, trust_pickle=True)
    assert os.path.exists(mark)


def test_what_is_no_checkpoint_is_refused(tmp_path):
    torch.save([1, 2, 3], tmp_path / "list")
    with pytest.raises(UnsafeCheckpoint, match="neither a state dict nor a module"):
        read_author_checkpoint(tmp_path / "list")
    torch.save({"a": 1}, tmp_path / "numbers")
    with pytest.raises(UnsafeCheckpoint, match="not a tensor"):
        read_author_checkpoint(tmp_path / "numbers")
    torch.save({"a": torch.zeros(1)}, tmp_path / "strange")
    with pytest.raises(ValueError, match="no class convolution"):
        read_author_checkpoint(tmp_path / "strange")
    whole = (tmp_path / "strange").read_bytes()
    for content in (b"noise" * 100, b"", whole[: len(whole) // 2]):
        (tmp_path / "noise").write_bytes(content)
        with pytest.raises(UnsafeCheckpoint, match="noise is damaged, no checkpoint"):
            read_author_checkpoint(tmp_path / "noise")
        with pytest.raises(ValueError, match="noise is damaged, or no checkpoint"):
            read_author_checkpoint(tmp_path / "noise", trust_pickle=True)
