"""U-Net (Ronneberger, Fischer and Brox 2015)."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .scaling import scaled

CHANNELS = (64, 128, 256, 512, 1024)


class Step(nn.Module):
    """Two 3x3 convolutions with ReLU: valid ones with biases as in the paper, or padded ones with batch norm."""

    def __init__(self, inputs: int, outputs: int, padded: bool):
        super().__init__()
        pad = 1 if padded else 0
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=pad, bias=not padded)
        self.bn1 = nn.BatchNorm2d(outputs) if padded else nn.Identity()
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=pad, bias=not padded)
        self.bn2 = nn.BatchNorm2d(outputs) if padded else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


class Up(Step):
    """A 2x2 up-convolution that halves the channels, then the step on [skip, up]."""

    def __init__(self, inputs: int, outputs: int, padded: bool):
        super().__init__(2 * outputs, outputs, padded)
        self.padded = padded
        self.up = nn.ConvTranspose2d(inputs, outputs, 2, stride=2)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        x = self.up(x)
        rows, columns = skip.shape[-2] - x.shape[-2], skip.shape[-1] - x.shape[-1]
        top, left = rows // 2, columns // 2
        if self.padded:
            x = F.pad(x, (left, columns - left, top, rows - top))
        else:
            skip = skip[..., top:top + x.shape[-2], left:left + x.shape[-1]]
        return super().forward(torch.cat([skip, x], 1))


class UNet(nn.Module):
    """The paper's net loses 92 pixels a side: 16k + 12 gives 16k - 172. The padded one keeps the size."""

    def __init__(self, classes: int, width: float, channels: int = 1, padded: bool = False):
        super().__init__()
        sizes = [scaled(full, width) for full in CHANNELS]
        self.down = nn.ModuleList(Step(inputs, outputs, padded) for inputs, outputs in zip([channels] + sizes, sizes))
        self.dropout = nn.Identity() if padded else nn.Dropout(0.5)
        self.up = nn.ModuleList(Up(sizes[i + 1], sizes[i], padded) for i in (3, 2, 1, 0))
        self.out = nn.Conv2d(sizes[0], classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for i, step in enumerate(self.down):
            x = step(x if i == 0 else F.max_pool2d(x, 2))
            if i >= 3:
                x = self.dropout(x)
            skips.append(x)
        skips.pop()
        for step in self.up:
            x = step(x, skips.pop())
        return self.out(x)
