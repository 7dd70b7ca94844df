"""V-Net (Milletari, Navab and Ahmadi 2016), with the release's numbers of convolutions."""
import torch
from torch import Tensor, nn

from .scaling import scaled

CHANNELS = (16, 32, 64, 128, 256)
LEFT_CONVOLUTIONS = (1, 1, 2, 3, 3)
RIGHT_CONVOLUTIONS = (1, 1, 2, 3)


class Stage(nn.Module):
    """5x5x5 convolutions, each with a PReLU; what enters is added to what the last one gives, in front of its PReLU."""

    def __init__(self, inputs: int, channels: int, convolutions: int):
        super().__init__()
        self.conv = nn.ModuleList(nn.Conv3d(inputs if i == 0 else channels, channels, 5, padding=2)
                                  for i in range(convolutions))
        self.prelu = nn.ModuleList(nn.PReLU(channels) for _ in range(convolutions))

    def forward(self, x: Tensor) -> Tensor:
        entered = x
        for conv, prelu in zip(self.conv, self.prelu):
            x = conv(x)
            # The first stage's single channel is added to every channel.
            x = prelu(x + entered if conv is self.conv[-1] else x)
        return x


class VNet(nn.Module):
    """Takes one channel, and sizes that are multiples of 16."""

    def __init__(self, classes: int, width: float, channels: int = 1):
        super().__init__()
        assert channels == 1, f"VNet: one channel was expected, got {channels}"
        sizes = [scaled(full, width) for full in CHANNELS]
        self.left = nn.ModuleList(Stage(1 if i == 0 else sizes[i], sizes[i], LEFT_CONVOLUTIONS[i]) for i in range(5))
        self.down = nn.ModuleList(nn.Conv3d(sizes[i], sizes[i + 1], 2, stride=2) for i in range(4))
        self.down_prelu = nn.ModuleList(nn.PReLU(sizes[i + 1]) for i in range(4))
        # right.3 is the deepest; it works on [up, skip], which have as many channels each.
        self.right = nn.ModuleList(Stage(2 * sizes[i], 2 * sizes[i], RIGHT_CONVOLUTIONS[i]) for i in range(4))
        self.up = nn.ModuleList(nn.ConvTranspose3d(sizes[4] if i == 3 else 2 * sizes[i + 1], sizes[i], 2, stride=2)
                                for i in range(4))
        self.up_prelu = nn.ModuleList(nn.PReLU(sizes[i]) for i in range(4))
        self.out1 = nn.Conv3d(2 * sizes[0], classes, 5, padding=2)
        self.out_prelu = nn.PReLU(classes)
        self.out2 = nn.Conv3d(classes, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i in range(5):
            x = self.left[i](x)
            if i < 4:
                skips.append(x)
                x = self.down_prelu[i](self.down[i](x))
        for i in range(3, -1, -1):
            x = self.up_prelu[i](self.up[i](x))
            x = self.right[i](torch.cat([x, skips[i]], 1))
        return self.out2(self.out_prelu(self.out1(x)))
