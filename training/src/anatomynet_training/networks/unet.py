"""The plain U-Net family the paper compares its pooling depth on (ReLU, no residual), with the authors' tensor names."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class UNetArchitecture:
    """Channels and down-samplings of one U-Net; the first `pools` of its four encoder stages halve the grid."""

    name: str
    channels: tuple[int, int, int, int]
    pools: int
    class_convolution: ClassVar[str] = "up4.conv.conv.3"

    @property
    def stride_product(self) -> int:
        return 2**self.pools

    @property
    def padding_multiple(self) -> int:
        return max(8, self.stride_product)

    def build(self, classes: int) -> "UNet":
        return UNet(self, classes)


class DoubleConvolution(nn.Module):
    """(3x3x3 convolution without bias, batch normalisation, ReLU) twice; the stride on the first."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv3d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm3d(outputs),
            nn.ReLU(),
            nn.Conv3d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm3d(outputs),
            nn.ReLU(),
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.conv(features)


class Head(nn.Module):
    """Convolution, batch normalisation, ReLU, and the convolution to the classes; both with bias."""

    def __init__(self, inputs: int, outputs: int, classes: int):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv3d(inputs, outputs, 3, padding=1),
            nn.BatchNorm3d(outputs),
            nn.ReLU(),
            nn.Conv3d(outputs, classes, 3, padding=1),
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.conv(features)


class Down(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.mpconv = nn.Sequential(DoubleConvolution(inputs, outputs, stride))

    def forward(self, features: Tensor) -> Tensor:
        return self.mpconv(features)


class Up(nn.Module):
    """Merges [skip, decoder] and convolves; `upsample` doubles the decoder's grid and halves its channels first."""

    def __init__(self, decoder: int, upsample: bool, convolution: nn.Module):
        super().__init__()
        if upsample:
            self.up = nn.ConvTranspose3d(decoder, decoder // 2, 2, stride=2)
        self.upsample = upsample
        self.conv = convolution

    def forward(self, features: Tensor, skip: Tensor) -> Tensor:
        if self.upsample:
            features = self.up(features)
        return self.conv(torch.cat([skip.to(features.dtype), features], dim=1))


class UNet(nn.Module):
    def __init__(self, architecture: UNetArchitecture, classes: int):
        super().__init__()
        self.architecture = architecture
        c1, c2, c3, c4 = architecture.channels
        halves = [stage < architecture.pools for stage in range(4)]

        def up(decoder: int, skip: int, outputs: int, upsample: bool) -> Up:
            merged = (decoder // 2 if upsample else decoder) + skip
            return Up(decoder, upsample, DoubleConvolution(merged, outputs))

        self.down1 = Down(1, c1, 2 if halves[0] else 1)
        self.down2 = Down(c1, c2, 2 if halves[1] else 1)
        self.down3 = Down(c2, c3, 2 if halves[2] else 1)
        self.down4 = Down(c3, c4, 2 if halves[3] else 1)
        self.up1 = up(c4, c3, c3, halves[3])
        self.up2 = up(c3, c2, c2, halves[2])
        self.up3 = up(c2, c1, c1, halves[1])
        self.up4 = Up(c1, halves[0], Head(c1 // 2 + 1, c1 // 2, classes))

    def forward(self, intensities: Tensor) -> Tensor:
        """(batch, 1, z, y, x) intensities in [0, 1] to (batch, classes, z, y, x) logits."""
        x1 = self.down1(intensities)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4 = self.down4(x3)
        features = self.up1(x4, x3)
        features = self.up2(features, x2)
        features = self.up3(features, x1)
        return self.up4(features, intensities)
