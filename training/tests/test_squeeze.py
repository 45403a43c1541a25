import pytest
import torch
from conftest import blocks

from anatomynet_training.networks import SqueezeExcitation, build_network
from anatomynet_training.recipe import Stage
from anatomynet_training.squeeze import WholeVolumeSqueeze


def whole(sample) -> torch.Tensor:
    return torch.from_numpy(sample.intensities).float()[None, None] / 1000


def gates_seen(network, volume) -> list[torch.Tensor]:
    means = []
    handles = [module.fc.register_forward_pre_hook(lambda _, inputs: means.append(inputs[0].clone()))
               for module in network.modules() if isinstance(module, SqueezeExcitation)]
    network(volume)
    for handle in handles:
        handle.remove()
    return means


@pytest.fixture
def network():
    torch.manual_seed(0)
    return build_network("AnatomyNet", 4).eval()


@torch.no_grad()
def test_a_volume_gated_by_its_own_means_gives_the_same_logits(network):
    sample = blocks("only", (16, 24, 40), seed=0)
    squeeze = WholeVolumeSqueeze(network, whole)
    squeeze.follow(sample, [sample], step=1)
    expected = network(whole(sample))
    with squeeze.given(sample):
        assert torch.allclose(network(whole(sample)), expected, atol=1e-5)


@torch.no_grad()
def test_a_patch_is_gated_by_the_means_of_whole_volumes_and_only_within(network):
    sample = blocks("only", (16, 24, 40), seed=0)
    patch = whole(sample)[..., :8, :16, :16]
    squeeze = WholeVolumeSqueeze(network, whole)
    squeeze.follow(sample, [sample], step=1)
    with squeeze.given(sample):
        given = gates_seen(network, patch)
    own = gates_seen(network, patch)
    (kept,) = squeeze.means.values()
    assert all(torch.equal(seen, mean) for seen, mean in zip(given, kept, strict=True))
    assert not any(torch.allclose(seen, mean) for seen, mean in zip(own, kept, strict=True))


@torch.no_grad()
def test_volumes_of_different_sizes_have_means_of_their_own(network):
    small, large = blocks("small", (8, 16, 16), seed=0), blocks("large", (16, 24, 40), seed=1)
    squeeze = WholeVolumeSqueeze(network, whole)
    for sample in (small, large):
        squeeze.follow(sample, [small, large], step=1)
    assert len(squeeze.means) == 2


@torch.no_grad()
def test_the_means_follow_the_weights(network):
    sample = blocks("only", (16, 24, 40), seed=0)
    squeeze = WholeVolumeSqueeze(network, whole)
    squeeze.follow(sample, [sample], step=1)
    (before,) = squeeze.means.values()
    network.conv1.weight.mul_(3)
    squeeze.follow(sample, [sample], step=25)
    (unchanged,) = squeeze.means.values()
    assert all(map(torch.equal, before, unchanged))
    squeeze.follow(sample, [sample], step=26)
    (after,) = squeeze.means.values()
    assert not torch.allclose(before[0], after[0])


@torch.no_grad()
def test_the_means_of_a_rare_size_are_measured_again_at_the_first_step_on_it_that_is_late_enough(network):
    small, large = blocks("small", (8, 16, 16), seed=0), blocks("large", (16, 24, 40), seed=1)
    measured = []

    def measure(sample):
        measured.append(sample.name)
        return whole(sample)

    squeeze = WholeVolumeSqueeze(network, measure)
    for step in range(61):
        squeeze.follow(small if step in (7, 20, 41) else large, [small, large], step)
    assert measured == ["large", "small", "large", "small", "large"]


def test_it_is_for_patches_with_the_running_statistics():
    for wrong in ({"patch": None, "frozen_statistics": True}, {"patch": (8, 8, 8), "frozen_statistics": False}):
        with pytest.raises(ValueError, match="whole_volume_squeeze"):
            Stage(1, "adamw", 1e-3, whole_volume_squeeze=True, **wrong)
