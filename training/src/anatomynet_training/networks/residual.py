"""The residual family: AnatomyNet and the (SE-)Res18 baselines, with the authors' tensor names."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class ResidualArchitecture:
    """What distinguishes one residual network from another (paper, Section III)."""

    name: str
    channels: tuple[int, int, int, int]
    blocks: int
    """Residual blocks in each encoder stage; a decoder stage holds as many, the merging one included."""
    negative_slope: float
    """Of the LeakyReLU, inside squeeze-and-excitation too; 0 is ReLU."""
    squeeze_reduction: tuple[int, int] | None
    """Reduction of the squeeze in plain blocks (encoder, layers 5, 7, 9) and in the decoder's merging blocks;
    None without squeeze-and-excitation."""
    merge: str
    """'concatenate' the decoder's map with the skip, or add the skip through a 1x1x1 convolution ('sum')."""
    merge_shortcut_kernel: int
    """Kernel of the projection shortcut in the merging blocks below full resolution."""

    head: str = "block"
    """Between the last merge and the class convolution: a residual 'block' (the scripts), or one 'convolution'
    with bias (the paper's text)."""
    head_channels: int = 14
    stride_product: int = 2
    padding_multiple: int = 8
    class_convolution: ClassVar[str] = "layer11.0"

    def build(self, classes: int) -> "ResidualNetwork":
        return ResidualNetwork(self, classes)


class SqueezeExcitation(nn.Module):
    """Scales each channel by a gate computed from all channels' means over the volume (paper, Fig. 2)."""

    def __init__(self, channels: int, reduction: int, negative_slope: float):
        super().__init__()
        squeezed = channels // reduction
        self.fc = nn.Sequential(
            nn.Linear(channels, squeezed),
            nn.LeakyReLU(negative_slope),
            nn.Linear(squeezed, channels),
            nn.Sigmoid(),
        )
        self.given_mean: Tensor | None = None
        """(1, channels) in place of the features' own mean, in training; see `WholeVolumeSqueeze`."""

    def mean(self, features: Tensor) -> Tensor:
        """(batch, channels) over the volume."""
        # bfloat16 would lose the mean of a large, mostly empty volume.
        return features.to(self.fc[0].weight.dtype).mean(dim=(2, 3, 4))

    def forward(self, features: Tensor) -> Tensor:
        gate = self.fc(self.mean(features) if self.given_mean is None else self.given_mean)
        return features * gate.to(features.dtype)[:, :, None, None, None]


class ResidualBlock(nn.Module):
    """act(bn2(conv2(act(bn1(conv1(x))))) [* gate] + shortcut(x)), both convolutions 3x3x3."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        negative_slope: float,
        reduction: int | None,
        shortcut_kernel: int = 1,
    ):
        super().__init__()
        self.conv1 = nn.Conv3d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm3d(outputs)
        self.conv2 = nn.Conv3d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm3d(outputs)
        if reduction is not None:
            self.se = SqueezeExcitation(outputs, reduction, negative_slope)
        if inputs != outputs:
            self.downsample = nn.Sequential(
                nn.Conv3d(inputs, outputs, shortcut_kernel, padding=shortcut_kernel // 2, bias=False),
                nn.BatchNorm3d(outputs),
            )
        self.has_gate = reduction is not None
        self.has_projection = inputs != outputs
        self.activation = nn.LeakyReLU(negative_slope)

    def forward(self, features: Tensor) -> Tensor:
        residual = self.activation(self.bn1(self.conv1(features)))
        residual = self.bn2(self.conv2(residual))
        if self.has_gate:
            residual = self.se(residual)
        shortcut = self.downsample(features) if self.has_projection else features
        return self.activation(residual + shortcut)


class MergeBlock(ResidualBlock):
    """A residual block on the decoder's map merged with a skip; `upsample` doubles the decoder's grid first."""

    def __init__(
        self,
        decoder: int,
        skip: int,
        outputs: int,
        merge: str,
        negative_slope: float,
        reduction: int | None,
        shortcut_kernel: int,
        upsample: bool = False,
    ):
        merged = decoder // 2 if upsample else decoder
        super().__init__(
            merged + skip if merge == "concatenate" else merged,
            outputs,
            negative_slope,
            reduction,
            shortcut_kernel,
        )
        if upsample:
            self.deconv1 = nn.ConvTranspose3d(decoder, merged, 2, stride=2)
        if merge == "sum":
            self.conv1x1x1 = nn.Conv3d(skip, merged, 1)
        self.upsample = upsample
        self.merge = merge

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        if self.upsample:
            features = self.deconv1(features)
        if self.merge == "sum":
            return super().forward(features + self.conv1x1x1(skip))
        return super().forward(torch.cat([features, skip.to(features.dtype)], dim=1))


class MergeConvolution(nn.Module):
    """act(conv1([deconv1(decoder), skip])): the head of the paper's text."""

    def __init__(self, decoder: int, skip: int, outputs: int, negative_slope: float):
        super().__init__()
        self.deconv1 = nn.ConvTranspose3d(decoder, decoder // 2, 2, stride=2)
        self.conv1 = nn.Conv3d(decoder // 2 + skip, outputs, 3, padding=1)
        self.activation = nn.LeakyReLU(negative_slope)

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        features = self.deconv1(features)
        return self.activation(self.conv1(torch.cat([features, skip.to(features.dtype)], dim=1)))


class ResidualNetwork(nn.Module):
    """One down-sampling, residual encoder and decoder, and a head at full resolution (paper, Fig. 1)."""

    def __init__(self, architecture: ResidualArchitecture, classes: int):
        super().__init__()
        self.architecture = architecture
        c0, c1, c2, c3 = architecture.channels
        slope = architecture.negative_slope
        plain_reduction, merging_reduction = architecture.squeeze_reduction or (None, None)

        def stage(inputs: int, outputs: int, blocks: int) -> nn.Sequential:
            return nn.Sequential(
                *(
                    ResidualBlock(inputs if index == 0 else outputs, outputs, slope, plain_reduction)
                    for index in range(blocks)
                )
            )

        def merge(decoder: int, skip: int, outputs: int) -> MergeBlock:
            return MergeBlock(
                decoder,
                skip,
                outputs,
                architecture.merge,
                slope,
                merging_reduction,
                architecture.merge_shortcut_kernel,
            )

        self.conv1 = nn.Conv3d(1, c0, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm3d(c0)
        self.activation = nn.LeakyReLU(slope)
        self.layer1 = stage(c0, c1, architecture.blocks)
        self.layer2 = stage(c1, c2, architecture.blocks)
        self.layer3 = stage(c2, c3, architecture.blocks)
        self.layer4 = merge(c3, c2, c2)
        self.layer5 = stage(c2, c2, architecture.blocks - 1)
        self.layer6 = merge(c2, c1, c1)
        self.layer7 = stage(c1, c1, architecture.blocks - 1)
        self.layer8 = merge(c1, c0, c0)
        self.layer9 = stage(c0, c0, architecture.blocks - 1)
        self.layer10 = (
            MergeBlock(
                c0,
                1,
                architecture.head_channels,
                architecture.merge,
                slope,
                reduction=None,
                shortcut_kernel=3,
                upsample=True,
            )
            if architecture.head == "block"
            else MergeConvolution(c0, 1, architecture.head_channels, slope)
        )
        self.layer11 = nn.Sequential(nn.Conv3d(architecture.head_channels, classes, 3, padding=1))

    def forward(self, intensities: Tensor) -> Tensor:
        """(batch, 1, z, y, x) intensities in [0, 1] to (batch, classes, z, y, x) logits; even extents."""
        x1 = self.activation(self.bn1(self.conv1(intensities)))
        x2 = self.layer1(x1)
        x3 = self.layer2(x2)
        x4 = self.layer3(x3)
        x5 = self.layer5(self.layer4(x4, x3))
        x6 = self.layer7(self.layer6(x5, x2))
        x7 = self.layer9(self.layer8(x6, x1))
        x8 = self.layer10(x7, intensities)
        return self.layer11(x8)
