"""Xception-65 as DeepLab v3+ modified it (Chollet 2017; Chen et al. 2018): strides for poolings, all batch norms."""
from torch import Tensor, nn
from torch.nn.functional import relu

from .scaling import scaled
from .separable import SeparableConv

EPS = 1e-3


class Block(nn.Module):
    """Three separable convolutions, with a ReLU in front of each or, by inner_relu, within; the last has the stride.

    shortcut: "conv" (1x1 with the stride), "sum" or None.
    """

    def __init__(self, inputs: int, outputs: tuple[int, int, int], shortcut: str | None, stride: int = 1,
                 dilation: int = 1, inner_relu: bool = False):
        super().__init__()
        channels = (inputs, *outputs)
        self.sep = nn.ModuleList(
            SeparableConv(channels[i], channels[i + 1], stride if i == 2 else 1, dilation, inner_relu, EPS)
            for i in range(3))
        self.inner_relu, self.kind = inner_relu, shortcut
        if shortcut == "conv":
            self.shortcut = nn.Conv2d(inputs, outputs[2], 1, stride, bias=False)
            self.shortcut_bn = nn.BatchNorm2d(outputs[2], eps=EPS)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Also gives what the second separable convolution gave."""
        entered, second = x, x
        for i, conv in enumerate(self.sep):
            x = conv(x if self.inner_relu else relu(x))
            if i == 1:
                second = x
        if self.kind == "conv":
            x = x + self.shortcut_bn(self.shortcut(entered))
        elif self.kind == "sum":
            x = x + entered
        return x, second


class Xception65(nn.Module):
    def __init__(self, width: float, channels: int = 3, output_stride: int = 16):
        super().__init__()
        c = {full: scaled(full, width) for full in (32, 64, 128, 256, 728, 1024, 1536, 2048)}
        # Stride of entry block 3, dilations of the middle flow and of exit blocks 1 and 2, stride of exit block 1.
        entry_stride, middle, exit1, exit2, exit_stride = {
            32: (2, 1, 1, 1, 2), 16: (2, 1, 1, 2, 1), 8: (1, 2, 2, 4, 1)}[output_stride]
        self.conv1 = nn.Conv2d(channels, c[32], 3, 2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(c[32], eps=EPS)
        self.conv2 = nn.Conv2d(c[32], c[64], 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(c[64], eps=EPS)
        self.entry = nn.ModuleList([Block(c[64], (c[128],) * 3, "conv", 2), Block(c[128], (c[256],) * 3, "conv", 2),
                                    Block(c[256], (c[728],) * 3, "conv", entry_stride)])
        self.middle = nn.ModuleList(Block(c[728], (c[728],) * 3, "sum", dilation=middle) for _ in range(16))
        self.exit = nn.ModuleList([
            Block(c[728], (c[728], c[1024], c[1024]), "conv", exit_stride, exit1),
            Block(c[1024], (c[1536], c[1536], c[2048]), None, dilation=exit2, inner_relu=True)])

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = relu(self.bn1(self.conv1(x)))
        x = relu(self.bn2(self.conv2(x)))
        x, _ = self.entry[0](x)
        x, low = self.entry[1](x)
        x, _ = self.entry[2](x)
        for block in (*self.middle, *self.exit):
            x, _ = block(x)
        return {"low": low, "high": x}
