"""ResNet of bottlenecks (He et al. 2016) with torchvision's names, without the classifier: strides become dilations."""
from torch import Tensor, nn

from .scaling import scaled

BLOCKS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}


class Bottleneck(nn.Module):
    """1x1, 3x3 with the stride, 1x1 to four times the channels."""

    def __init__(self, inputs: int, middle: int, outputs: int, stride: int, dilation: int, has_downsample: bool):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                        nn.BatchNorm2d(outputs)) if has_downsample else None

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        return self.relu(self.bn3(self.conv3(x)) + shortcut)


class ResNet(nn.Module):
    """Gives layer1 (stride 4) to layer4 (output stride 32, 16 or 8), or as many layers as `blocks` has numbers.

    Without multi_grid, dilations are torchvision's (replace_stride_with_dilation): the first block of a layer that lost
    its stride keeps the dilation of the layer before. With it, block i of layer4 is dilated by the layer's dilation
    times multi_grid[i], as in DeepLab v3's paper, and all blocks of layer3 are dilated alike.
    """

    def __init__(self, blocks: tuple[int, ...], width: float, channels: int = 3, output_stride: int = 32,
                 multi_grid: tuple[int, ...] | None = None):
        super().__init__()
        inputs = scaled(64, width)
        self.conv1 = nn.Conv2d(channels, inputs, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(inputs)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.names = [f"layer{layer}" for layer in range(1, len(blocks) + 1)]
        stride_so_far, dilation = 4, 1
        for layer, count in enumerate(blocks, 1):
            middle, outputs = scaled(64 << (layer - 1), width), scaled(256 << (layer - 1), width)
            first_dilation, stride = dilation, 1
            if layer > 1 and stride_so_far < output_stride:
                stride = 2
                stride_so_far *= 2
            elif layer > 1:
                dilation *= 2
            if multi_grid is not None:
                first_dilation = dilation
            group = []
            for i in range(count):
                block_dilation = first_dilation if i == 0 else dilation
                if layer == 4 and multi_grid is not None:
                    block_dilation = dilation * multi_grid[i]
                group.append(Bottleneck(inputs, middle, outputs, stride if i == 0 else 1, block_dilation, i == 0))
                inputs = outputs
            self.add_module(f"layer{layer}", nn.Sequential(*group))

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        x = self.maxpool(self.relu(self.bn1(self.conv1(picture))))
        features = {}
        for name in self.names:
            x = getattr(self, name)(x)
            features[name] = x
        return features
