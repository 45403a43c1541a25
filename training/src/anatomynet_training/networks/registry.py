"""The nine published networks by name."""

from torch import nn

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


def build_network(name: str, classes: int) -> nn.Module:
    """A network with PyTorch's default initialisation. `classes` counts the background."""
    try:
        architecture = ARCHITECTURES[name]
    except KeyError:
        raise ValueError(f"unknown architecture {name!r}; known: {', '.join(ARCHITECTURES)}") from None
    return architecture.build(classes)


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
    for name, architecture in ARCHITECTURES.items():
        network = architecture.build(last[0])
        own = {key: tuple(value.shape) for key, value in network.state_dict().items()}
        if signature(own, last[0]) == given:
            return name
    raise ValueError("the tensors' names and shapes are those of none of the known networks")


LAST_LAYERS = ("layer11.0.", "up4.conv.conv.3.")
LAST_BIASES = ("layer11.0.bias", "up4.conv.conv.3.bias")
