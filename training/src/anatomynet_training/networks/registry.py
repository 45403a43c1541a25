"""The nine published networks by name, and what the paper's text says otherwise."""

from torch import Tensor, nn

from .residual import ResidualArchitecture
from .unet import UNetArchitecture

Architecture = ResidualArchitecture | UNetArchitecture

ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        ResidualArchitecture("AnatomyNet", (28, 30, 32, 34), 2, 0.01, (15, 16), "concatenate", 1),
        ResidualArchitecture("baselineSERes18Conc", (28, 30, 32, 34), 2, 0.0, (15, 16), "concatenate", 1),
        ResidualArchitecture("baselineSERes18Sum", (22, 22, 22, 22), 3, 0.0, (15, 16), "sum", 1),
        ResidualArchitecture("baselineRes18Conc", (28, 32, 36, 40), 2, 0.0, None, "concatenate", 3),
        ResidualArchitecture("baselineRes18Sum", (22, 22, 22, 22), 3, 0.0, None, "sum", 3),
        UNetArchitecture("baseline", (32, 40, 48, 56), 1),
        UNetArchitecture("baseline2Pool", (48, 96, 112, 128), 2),
        UNetArchitecture("baseline3Pool", (64, 128, 256, 288), 3),
        UNetArchitecture("baseline4Pool", (64, 128, 256, 512), 4),
    )
}

"""As the authors' scripts define them."""

PAPER_TEXT_ARCHITECTURES: dict[str, Architecture] = {
    "AnatomyNet-text": ResidualArchitecture(
        "AnatomyNet", (28, 30, 32, 34), 2, 0.01, (15, 16), "concatenate", 1, head="convolution", head_channels=16
    ),
    "baseline2Pool-text": UNetArchitecture("baseline2Pool", (32, 40, 48, 56), 2),
    "baseline3Pool-text": UNetArchitecture("baseline3Pool", (32, 40, 48, 56), 3),
    "baseline4Pool-text": UNetArchitecture("baseline4Pool", (32, 40, 48, 56), 4),
}
"""As the paper's text describes them, where it differs: one convolution with 16 kernels before the
class convolution (Section II), and the same channels whatever the number of poolings (Section III B). In a
weight file they bear the published network's name; the tensors tell them apart."""

NETWORKS = ARCHITECTURES | PAPER_TEXT_ARCHITECTURES


def build_network(name: str, classes: int) -> nn.Module:
    """A network with PyTorch's default initialisation. `classes` counts the background."""
    try:
        architecture = NETWORKS[name]
    except KeyError:
        raise ValueError(f"unknown architecture {name!r}; known: {', '.join(NETWORKS)}") from None
    return architecture.build(classes)


def network_with_weights(state: dict[str, Tensor], stated: str) -> nn.Module:
    """The network, in evaluation mode, whose weights these are; `stated` is the name in their file."""
    name = architecture_of({key: tuple(tensor.shape) for key, tensor in state.items()})
    if NETWORKS[name].name != stated and stated in ARCHITECTURES:
        # Of equal shapes: told apart by the name alone.
        name = stated
    classes = next(len(state[bias]) for bias in LAST_BIASES if bias in state)
    network = build_network(name, classes).eval()
    network.load_state_dict(state, strict=True)
    return network


def architecture_of(shapes: dict[str, tuple[int, ...]]) -> str:
    """The name of the network whose tensors have these names and shapes (class count free).

    AnatomyNet and baselineSERes18Conc cannot be told apart by their tensors; AnatomyNet is returned
    for both. `num_batches_tracked`, which PyTorch 0.3 did not write, is ignored.
    """

    def signature(tensors: dict[str, tuple[int, ...]], classes: int) -> dict[str, tuple[int, ...]]:
        # The class convolution's leading extent is the class count: compared as 0 on both sides.
        return {
            name: tuple(0 if axis == 0 and extent == classes and name.startswith(LAST_LAYERS) else extent
                        for axis, extent in enumerate(shape))
            for name, shape in tensors.items()
            if not name.endswith("num_batches_tracked")
        }

    last = next((shapes[name] for name in LAST_BIASES if name in shapes), None)
    if last is None:
        raise ValueError(f"no class convolution among the tensors: none of {', '.join(LAST_BIASES)}")
    given = signature(shapes, last[0])
    for name, architecture in NETWORKS.items():
        network = architecture.build(last[0])
        own = {key: tuple(value.shape) for key, value in network.state_dict().items()}
        if signature(own, last[0]) == given:
            return name
    raise ValueError("the tensors' names and shapes are those of none of the known networks")


LAST_LAYERS = ("layer11.0.", "up4.conv.conv.3.")
LAST_BIASES = ("layer11.0.bias", "up4.conv.conv.3.bias")
