import numpy as np
import pytest
import torch
from conftest import FIXTURES, folder_from_environment
from numpy_anatomynet import logits as numpy_logits
from safetensors.torch import load_file
from torch import nn

from anatomynet_training.networks import (
    ARCHITECTURES,
    PAPER_TEXT_ARCHITECTURES,
    architecture_of,
    build_network,
    freeze_batch_statistics,
    network_with_weights,
    pad_at_high_end,
    probabilities,
    use_volume_statistics,
)

PAPER_CLASSES = 10


def published_tensors() -> dict[str, tuple[int, dict[str, tuple[int, ...]]]]:
    """Parameter count, tensor names and shapes of each network as the authors' scripts define them."""
    networks: dict[str, tuple[int, dict[str, tuple[int, ...]]]] = {}
    for line in (FIXTURES / "tensors.txt").read_text().splitlines():
        if line and not line.startswith(" "):
            name, parameters, _ = line.split()
            networks[name] = (int(parameters), {})
        elif line.strip():
            tensor, shape = line.strip().split(" ", 1)
            networks[name][1][tensor] = tuple(int(extent) for extent in shape.strip("()").split(",") if extent.strip())
    return networks


def randomised(name: str, classes: int, seed: int) -> nn.Module:
    """A network with batch-norm statistics that are not those of initialisation."""
    torch.manual_seed(seed)
    network = build_network(name, classes)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm3d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.3)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.3, 2)
    return network.eval()


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_tensor_names_and_shapes_are_the_authors(name):
    parameters, tensors = published_tensors()[name]
    network = build_network(name, PAPER_CLASSES)
    assert {key: tuple(value.shape) for key, value in network.state_dict().items()} == tensors
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_output_has_one_plane_a_class_on_the_input_grid(name):
    network = build_network(name, 3).eval()
    extent = network.architecture.stride_product
    with torch.inference_mode():
        assert network(torch.zeros(1, 1, extent, 2 * extent, 3 * extent)).shape == (
            1, 3, extent, 2 * extent, 3 * extent,
        )


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architecture_is_recognised_by_its_tensors(name):
    state = build_network(name, 5).state_dict()
    without_counters = {key: tensor for key, tensor in state.items() if not key.endswith("num_batches_tracked")}
    expected = "AnatomyNet" if name == "baselineSERes18Conc" else name
    assert architecture_of(state) == expected
    assert architecture_of(without_counters) == expected


@pytest.mark.parametrize("name", PAPER_TEXT_ARCHITECTURES)
def test_variants_of_the_papers_text_are_recognised_and_keep_the_published_name(name):
    network = build_network(name, 5)
    assert architecture_of(network.state_dict()) == name
    again = network_with_weights(network.state_dict(), network.architecture.name)
    assert again.architecture == network.architecture


def test_relu_network_of_equal_shapes_is_told_by_its_stated_name():
    state = build_network("baselineSERes18Conc", 5).state_dict()
    assert network_with_weights(state, "baselineSERes18Conc").architecture.negative_slope == 0
    assert network_with_weights(state, "AnatomyNet").architecture.negative_slope == 0.01


def test_text_head_is_one_convolution_of_16_kernels():
    tensors = {
        key: tuple(value.shape)
        for key, value in build_network("AnatomyNet-text", 10).state_dict().items()
        if key.startswith(("layer10", "layer11"))
    }
    assert tensors == {
        "layer10.deconv1.weight": (28, 14, 2, 2, 2),
        "layer10.deconv1.bias": (14,),
        "layer10.conv1.weight": (16, 15, 3, 3, 3),
        "layer10.conv1.bias": (16,),
        "layer11.0.weight": (10, 16, 3, 3, 3),
        "layer11.0.bias": (10,),
    }


def test_anatomynet_agrees_with_an_independent_implementation():
    network = randomised("AnatomyNet", 4, seed=3)
    intensities = torch.rand(8, 6, 10, generator=torch.Generator().manual_seed(4))
    state = {key: value.double().numpy() for key, value in network.state_dict().items()}
    expected = numpy_logits(intensities.double().numpy(), state)
    with torch.inference_mode():
        found = network(intensities[None, None])[0].numpy()
    # 25 convolutions in float32 against float64.
    np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


@pytest.mark.parametrize(
    "name",
    ["AnatomyNet", "baselineSERes18Conc", "baselineSERes18Sum", "baselineRes18Conc", "baselineRes18Sum", "baseline"],
)
def test_reference_pairs(name):
    folder = folder_from_environment("ANATOMYNET_REFERENCE", "the folder of reference pairs")
    network = build_network(name, PAPER_CLASSES).eval()
    network.load_state_dict(load_file(folder / f"{name}.safetensors"))
    pairs = sorted(path for path in folder.glob(f"{name}.*.safetensors"))
    assert pairs
    for path in pairs:
        pair = load_file(path)
        torch.testing.assert_close(probabilities(network, pair["input"]), pair["probabilities"], atol=1e-5, rtol=0)
        if "probabilities_volume_statistics" in pair:
            use_volume_statistics(network)
            torch.testing.assert_close(
                probabilities(network, pair["input"]), pair["probabilities_volume_statistics"], atol=1e-5, rtol=0
            )
            network.eval()


def test_padding_is_zeros_at_the_high_ends():
    padded = pad_at_high_end(torch.ones(1, 1, 5, 8, 9), 8)
    assert padded.shape == (1, 1, 8, 8, 16)
    assert padded[..., :5, :8, :9].min() == 1
    assert padded.sum() == 5 * 8 * 9


def test_volume_statistics_leave_the_running_ones_alone():
    network = randomised("AnatomyNet", 3, seed=1)
    before = {key: value.clone() for key, value in network.state_dict().items() if "running" in key}
    with_running = probabilities(network, torch.rand(8, 8, 8))
    use_volume_statistics(network)
    with_own = probabilities(network, torch.rand(8, 8, 8))
    assert (with_running - with_own).abs().max() > 1e-3
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_frozen_statistics_stay_while_weights_train():
    network = randomised("AnatomyNet", 3, seed=2).train()
    freeze_batch_statistics(network)
    before = {key: value.clone() for key, value in network.state_dict().items() if "running" in key}
    network(torch.rand(1, 1, 8, 8, 8)).square().mean().backward()
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert network.conv1.weight.grad.abs().max() > 0
