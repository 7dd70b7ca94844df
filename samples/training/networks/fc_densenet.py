"""FC-DenseNet, the Tiramisu (Jégou et al. 2017)."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .scaling import scaled

# Layers of the blocks on the way down and of the bottleneck, growth. The way up mirrors the way down.
CONFIGURATIONS = {
    56: ((4, 4, 4, 4, 4), 4, 12),
    67: ((5, 5, 5, 5, 5), 5, 16),
    103: ((4, 5, 7, 10, 12), 15, 16),
}
# Lasagne's default, with which the release was trained.
EPS = 1e-4


class Layer(nn.Module):
    """Batch norm, ReLU, convolution, dropout."""

    def __init__(self, inputs: int, outputs: int, kernel: int):
        super().__init__()
        self.bn = nn.BatchNorm2d(inputs, eps=EPS)
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
        self.dropout = nn.Dropout2d(0.2)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.conv(F.relu(self.bn(x))))


class DenseBlock(nn.ModuleList):
    """Each layer sees what entered and all layers before it. Gives only the new maps."""

    def __init__(self, inputs: int, layers: int, growth: int):
        super().__init__(Layer(inputs + i * growth, growth, 3) for i in range(layers))

    def forward(self, x: Tensor) -> Tensor:
        new = []
        for layer in self:
            new.append(layer(x))
            x = torch.cat([x, new[-1]], 1)
        return torch.cat(new, 1)


class FCDenseNet(nn.Module):
    """Up: a 3x3 transposed convolution of stride 2 (2n + 1) of the block's new maps, cut about its middle; then the
    skip."""

    def __init__(self, configuration: int, classes: int, width: float, channels: int = 3):
        super().__init__()
        down, bottleneck, full_growth = CONFIGURATIONS[configuration]
        growth, stack = scaled(full_growth, width), scaled(48, width)
        self.first = nn.Conv2d(channels, stack, 3, padding=1)
        self.down, self.transition_down = nn.ModuleList(), nn.ModuleList()
        skips = []
        for layers in down:
            self.down.append(DenseBlock(stack, layers, growth))
            stack += layers * growth
            skips.append(stack)
            self.transition_down.append(Layer(stack, stack, 1))
        self.bottleneck = DenseBlock(stack, bottleneck, growth)
        new = bottleneck * growth
        # up.0 is the deepest.
        self.up, self.transition_up = nn.ModuleList(), nn.ModuleList()
        for layers in reversed(down):
            self.transition_up.append(nn.ConvTranspose2d(new, new, 3, stride=2))
            stack = new + skips.pop()
            self.up.append(DenseBlock(stack, layers, growth))
            new = layers * growth
        self.last = nn.Conv2d(stack + new, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        skips = []
        for block, transition in zip(self.down, self.transition_down):
            x = torch.cat([x, block(x)], 1)
            skips.append(x)
            x = F.max_pool2d(transition(x), 2)
        new = self.bottleneck(x)
        for block, transition in zip(self.up, self.transition_up):
            skip = skips.pop()
            up = transition(new)
            height, width = skip.shape[-2:]
            top, left = (up.shape[-2] - height) // 2, (up.shape[-1] - width) // 2
            x = torch.cat([up[..., top:top + height, left:left + width], skip], 1)
            new = block(x)
        return self.last(torch.cat([x, new], 1))
