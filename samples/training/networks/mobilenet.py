"""MobileNet v2 (Sandler et al. 2018) and v3-Large (Howard et al. 2019): torchvision's names, without the classifier."""
from torch import Tensor, nn

from .scaling import scaled


def conv_norm(inputs: int, outputs: int, kernel: int, activation: type[nn.Module] | None, stride: int = 1,
              dilation: int = 1, groups: int = 1, eps: float = 1e-5) -> nn.Sequential:
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2 * dilation, dilation=dilation,
                        groups=groups, bias=False), nn.BatchNorm2d(outputs, eps=eps)]
    return nn.Sequential(*layers, *([activation()] if activation else []))


class InvertedResidualV2(nn.Module):
    """1x1 to `expansion` times the channels, 3x3 depthwise, 1x1 without activation."""

    def __init__(self, inputs: int, outputs: int, stride: int, dilation: int, expansion: int):
        super().__init__()
        hidden = inputs * expansion
        self.has_shortcut = stride == 1 and inputs == outputs
        expand = [] if expansion == 1 else [conv_norm(inputs, hidden, 1, nn.ReLU6)]
        self.conv = nn.Sequential(*expand, conv_norm(hidden, hidden, 3, nn.ReLU6, stride, dilation, hidden),
                                  nn.Conv2d(hidden, outputs, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv(x) if self.has_shortcut else self.conv(x)


# Expansion, channels, blocks, stride.
V2_GROUPS = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))


class MobileNetV2(nn.ModuleDict):
    """torchvision's features.0 to features.17 as 0 to 17: without the last 1x1 to 1280, as in the paper's section 6.3.

    Gives 3 (24 channels, stride 4) and 17 (320 channels). Where the output stride is reached, strides become
    dilations, of all blocks after the one that lost its stride.
    """

    def __init__(self, width: float, channels: int = 3, output_stride: int = 16):
        super().__init__()
        inputs = scaled(32, width)
        layers = [conv_norm(channels, inputs, 3, nn.ReLU6, 2)]
        stride_so_far, dilation = 2, 1
        for expansion, full, count, stride in V2_GROUPS:
            outputs = scaled(full, width)
            for i in range(count):
                block_stride, block_dilation = stride if i == 0 else 1, dilation
                if block_stride == 2 and stride_so_far == output_stride:
                    block_stride = 1
                    dilation *= 2
                stride_so_far *= block_stride
                layers.append(InvertedResidualV2(inputs, outputs, block_stride, block_dilation, expansion))
                inputs = outputs
        for i, layer in enumerate(layers):
            self[str(i)] = layer

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = {}
        for name, layer in self.items():
            x = features[name] = layer(x)
        return {"low": features["3"], "high": x}


class SqueezeExcitation(nn.Module):
    """Scales each channel by a hard sigmoid of all channels' means."""

    def __init__(self, channels: int, squeezed: int):
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)
        self.relu = nn.ReLU()
        self.hard_sigmoid = nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        return x * self.hard_sigmoid(self.fc2(self.relu(self.fc1(self.avgpool(x)))))


V3_EPS = 1e-3


class InvertedResidualV3(nn.Module):
    """1x1, depthwise, squeeze and excitation where there is one, 1x1 without activation."""

    def __init__(self, inputs: int, kernel: int, hidden: int, outputs: int, squeezed: int | None,
                 activation: type[nn.Module], stride: int, dilation: int, has_expansion: bool):
        super().__init__()
        self.has_shortcut = stride == 1 and inputs == outputs
        # The stride is given up for the dilation, but decides on the shortcut all the same.
        depthwise_stride = 1 if dilation > 1 else stride
        layers = [conv_norm(inputs, hidden, 1, activation, eps=V3_EPS)] if has_expansion else []
        layers.append(conv_norm(hidden, hidden, kernel, activation, depthwise_stride, dilation, hidden, V3_EPS))
        if squeezed is not None:
            layers.append(SqueezeExcitation(hidden, squeezed))
        layers.append(conv_norm(hidden, outputs, 1, None, eps=V3_EPS))
        self.block = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.has_shortcut else self.block(x)


# Kernel, hidden channels, output channels, squeezed channels or None, activation, stride, dilation.
V3_BLOCKS = (
    (3, 16, 16, None, nn.ReLU, 1, 1),
    (3, 64, 24, None, nn.ReLU, 2, 1),
    (3, 72, 24, None, nn.ReLU, 1, 1),
    (5, 72, 40, 24, nn.ReLU, 2, 1),
    (5, 120, 40, 32, nn.ReLU, 1, 1),
    (5, 120, 40, 32, nn.ReLU, 1, 1),
    (3, 240, 80, None, nn.Hardswish, 2, 1),
    (3, 200, 80, None, nn.Hardswish, 1, 1),
    (3, 184, 80, None, nn.Hardswish, 1, 1),
    (3, 184, 80, None, nn.Hardswish, 1, 1),
    (3, 480, 112, 120, nn.Hardswish, 1, 1),
    (3, 672, 112, 168, nn.Hardswish, 1, 1),
    (5, 672, 160, 168, nn.Hardswish, 2, 2),
    (5, 960, 160, 240, nn.Hardswish, 1, 2),
    (5, 960, 160, 240, nn.Hardswish, 1, 2),
)


class MobileNetV3(nn.ModuleDict):
    """torchvision's dilated v3-Large, features.0 to features.16 as 0 to 16: output stride 16.

    Gives 4 (40 channels, stride 8) and 16 (960 channels).
    """

    def __init__(self, width: float, channels: int = 3):
        super().__init__()
        inputs = scaled(16, width)
        self["0"] = conv_norm(channels, inputs, 3, nn.Hardswish, 2, eps=V3_EPS)
        for i, (kernel, hidden, outputs, squeezed, activation, stride, dilation) in enumerate(V3_BLOCKS, 1):
            self[str(i)] = InvertedResidualV3(
                inputs, kernel, scaled(hidden, width), scaled(outputs, width),
                None if squeezed is None else scaled(squeezed, width), activation, stride, dilation,
                has_expansion=i > 1)
            inputs = scaled(outputs, width)
        self["16"] = conv_norm(inputs, scaled(960, width), 1, nn.Hardswish, eps=V3_EPS)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        features = {}
        for name, layer in self.items():
            x = features[name] = layer(x)
        return {"low": features["4"], "high": x}
