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

CLASS_CONVOLUTIONS = tuple(dict.fromkeys(architecture.class_convolution for architecture in NETWORKS.values()))
"""Names of the layer that tells the classes apart."""


def build_network(name: str, classes: int) -> nn.Module:
    """A network with PyTorch's default initialisation. `classes` counts the background."""
    try:
        architecture = NETWORKS[name]
    except KeyError:
        raise ValueError(f"unknown architecture {name!r}; known: {', '.join(NETWORKS)}") from None
    return architecture.build(classes)


def network_with_weights(state: dict[str, Tensor], stated: str) -> nn.Module:
    """The network, in evaluation mode, whose weights these are; `stated` is the name in their file."""
    name = architecture_of(state)
    if NETWORKS[name].name != stated and stated in ARCHITECTURES:
        # Of equal shapes: told apart by the name alone.
        name = stated
    network = build_network(name, class_count(state)).eval()
    network.load_state_dict(state, strict=True)
    return network


def class_count(state: dict[str, Tensor]) -> int:
    """How many classes, background included, the network with these tensors tells apart."""
    biases = [f"{layer}.bias" for layer in CLASS_CONVOLUTIONS]
    for bias in biases:
        if bias in state:
            return len(state[bias])
    raise ValueError(f"no class convolution among the tensors: none of {', '.join(biases)}")


def architecture_of(state: dict[str, Tensor]) -> str:
    """The name of the network whose tensors have the names and shapes of these (class count free).

    AnatomyNet and baselineSERes18Conc cannot be told apart by their tensors; AnatomyNet is returned
    for both. `num_batches_tracked`, which PyTorch 0.3 did not write, is ignored.
    """
    classes = class_count(state)

    def signature(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
        return {name: tuple(tensor.shape) for name, tensor in tensors.items()
                if not name.endswith("num_batches_tracked")}

    given = signature(state)
    for name, architecture in NETWORKS.items():
        if signature(architecture.build(classes).state_dict()) == given:
            return name
    raise ValueError("the tensors' names and shapes are those of none of the known networks")
