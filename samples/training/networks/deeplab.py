"""DeepLab v1 (Chen et al. 2015), v2 (2017), v3 (2017) and v3+ (2018)."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .flat import FlatNetwork, max_pool, zoom
from .mobilenet import MobileNetV2, MobileNetV3
from .resnet import BLOCKS, ResNet
from .scaling import scaled
from .separable import SeparableConv
from .vgg import add_vgg16, run_stage
from .xception import Xception65


def run_dilated_vgg(network: FlatNetwork, x: Tensor) -> Tensor:
    """VGG16 with output stride 8: all poolings are 3x3 with padding 1, the last two without a stride."""
    for stage in range(1, 6):
        x = max_pool(run_stage(network, x, stage), 3, 2 if stage <= 3 else 1, 1)
    return x


class DeepLabV1(FlatNetwork):
    """LargeFOV: fc6 is a 3x3 convolution of dilation 12. 8k + 1 gives 8k + 1; other sizes the next 8k + 1."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        features, hidden = add_vgg16(self, channels, width, last_dilation=2), scaled(1024, width)
        self.add_conv("fc6", features, hidden, 3, padding=12, dilation=12)
        self.add_conv("fc7", hidden, hidden, 1)
        self.add_conv("fc8_voc12", hidden, classes, 1)
        self.dropout = nn.Dropout2d(0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = run_dilated_vgg(self, x)
        # Caffe divides by 9 also where the window is over the edge.
        x = F.avg_pool2d(x, 3, 1, 1, count_include_pad=True)
        x = self.dropout(F.relu(self["fc6"](x)))
        x = self.dropout(F.relu(self["fc7"](x)))
        return zoom(self["fc8_voc12"](x), 8)


RATES_V2 = (6, 12, 18, 24)


class DeepLabV2VGG(FlatNetwork):
    """ASPP-L on VGG16: four branches fc6_i, fc7_i, fc8_voc12_i, whose scores are added."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        features, hidden = add_vgg16(self, channels, width, last_dilation=2), scaled(1024, width)
        for i, rate in enumerate(RATES_V2, 1):
            self.add_conv(f"fc6_{i}", features, hidden, 3, padding=rate, dilation=rate)
            self.add_conv(f"fc7_{i}", hidden, hidden, 1)
            self.add_conv(f"fc8_voc12_{i}", hidden, classes, 1)
        self.dropout = nn.Dropout2d(0.5)

    def forward(self, x: Tensor) -> Tensor:
        features = run_dilated_vgg(self, x)
        scores = []
        for i in range(1, 5):
            x = self.dropout(F.relu(self[f"fc6_{i}"](features)))
            x = self.dropout(F.relu(self[f"fc7_{i}"](x)))
            scores.append(self[f"fc8_voc12_{i}"](x))
        return zoom(sum(scores[1:], scores[0]), 8)


def resnet_block_name(stage: int, block: int, blocks: int) -> str:
    """The names of ResNet's release: 2a 2b 2c, but 3a 3b1 3b2 … and 4a 4b1 … where there are many blocks."""
    if blocks == 3:
        return f"{stage}{'abc'[block]}"
    return f"{stage}a" if block == 0 else f"{stage}b{block}"


class DeepLabV2ResNet(FlatNetwork):
    """ResNet-101 of output stride 8 (strides on the first 1x1), and the sum of four dilated 3x3 classifiers."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        inputs = scaled(64, width)
        self.add_conv("conv1", channels, inputs, 7, stride=2, padding=3, bias=False)
        self.add_norm("bn_conv1", inputs)
        self.blocks = []
        for stage, (count, stride, dilation) in enumerate(zip(BLOCKS[101], (1, 2, 1, 1), (1, 1, 2, 4)), 2):
            middle, outputs = scaled(16 << stage, width), scaled(64 << stage, width)
            for block in range(count):
                name = resnet_block_name(stage, block, count)
                first_stride = stride if block == 0 else 1
                if block == 0:
                    self.add_layer(f"{name}_branch1", inputs, outputs, 1, stride=first_stride)
                self.add_layer(f"{name}_branch2a", inputs, middle, 1, stride=first_stride)
                self.add_layer(f"{name}_branch2b", middle, middle, 3, padding=dilation, dilation=dilation)
                self.add_layer(f"{name}_branch2c", middle, outputs, 1)
                self.blocks.append((name, block == 0))
                inputs = outputs
        for i, rate in enumerate(RATES_V2):
            self.add_conv(f"fc1_voc12_c{i}", inputs, classes, 3, padding=rate, dilation=rate)

    def add_layer(self, name: str, inputs: int, outputs: int, kernel: int, **options) -> None:
        self.add_conv(f"res{name}", inputs, outputs, kernel, bias=False, **options)
        self.add_norm(f"bn{name}", outputs)

    def run(self, x: Tensor, name: str) -> Tensor:
        return self[f"bn{name}"](self[f"res{name}"](x))

    def forward(self, x: Tensor) -> Tensor:
        x = max_pool(F.relu(self["bn_conv1"](self["conv1"](x))), 3, 2, 1)
        for name, has_projection in self.blocks:
            shortcut = self.run(x, f"{name}_branch1") if has_projection else x
            x = F.relu(self.run(x, f"{name}_branch2a"))
            x = F.relu(self.run(x, f"{name}_branch2b"))
            x = F.relu(self.run(x, f"{name}_branch2c") + shortcut)
        scores = [self[f"fc1_voc12_c{i}"](x) for i in range(4)]
        return zoom(sum(scores[1:], scores[0]), 8)


class ImagePooling(nn.Sequential):
    """The picture's mean through a 1x1 convolution, spread over the picture again."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__(nn.AdaptiveAvgPool2d(1), nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs),
                         nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        # Bilinear interpolation of a single pixel.
        return super().forward(x).expand(-1, -1, *x.shape[-2:])


def conv_norm_relu(inputs: int, outputs: int, kernel: int, rate: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2 * rate, dilation=rate, bias=False),
        nn.BatchNorm2d(outputs), nn.ReLU())


class ASPP(nn.Module):
    """torchvision's: 1x1, three dilated 3x3 and the image's mean, concatenated in this order."""

    def __init__(self, inputs: int, hidden: int, rates: tuple[int, ...]):
        super().__init__()
        self.convs = nn.ModuleList([conv_norm_relu(inputs, hidden, 1),
                                    *(conv_norm_relu(inputs, hidden, 3, rate) for rate in rates),
                                    ImagePooling(inputs, hidden)])
        self.project = nn.Sequential(nn.Conv2d(5 * hidden, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU(),
                                     nn.Dropout(0.5))

    def forward(self, x: Tensor) -> Tensor:
        return self.project(torch.cat([conv(x) for conv in self.convs], 1))


def rates_of(output_stride: int) -> tuple[int, ...]:
    return {8: (12, 24, 36), 16: (6, 12, 18)}[output_stride]


class DeepLabV3(nn.Module):
    """torchvision's deeplabv3_resnet50, _resnet101 and _mobilenet_v3_large, and the same head on MobileNet v2.

    MobileNet v3 has output stride 16 and, in torchvision, the rates of output stride 8.
    """

    def __init__(self, backbone: str, classes: int, width: float, channels: int = 3, output_stride: int = 8):
        super().__init__()
        rates = rates_of(output_stride)
        if backbone == "mobilenet-v3":
            self.backbone, self.feature, features = MobileNetV3(width, channels), "high", 960
            rates = rates_of(8)
        elif backbone == "mobilenet-v2":
            self.backbone, self.feature, features = MobileNetV2(width, channels, output_stride), "high", 320
        else:
            blocks = {"resnet50": BLOCKS[50], "resnet101": BLOCKS[101]}[backbone]
            self.backbone, self.feature, features = ResNet(blocks, width, channels, output_stride), "layer4", 2048
        hidden = scaled(256, width)
        self.classifier = nn.Sequential(
            ASPP(scaled(features, width), hidden, rates), nn.Conv2d(hidden, hidden, 3, padding=1, bias=False),
            nn.BatchNorm2d(hidden), nn.ReLU(), nn.Conv2d(hidden, classes, 1))

    def forward(self, picture: Tensor) -> Tensor:
        x = self.classifier(self.backbone(picture)[self.feature])
        return F.interpolate(x, size=picture.shape[-2:], mode="bilinear", align_corners=False)


class SeparableASPP(nn.Module):
    """v3+: the image's mean, 1x1 and three dilated separable 3x3, concatenated in this order; then 1x1."""

    def __init__(self, inputs: int, hidden: int, rates: tuple[int, ...]):
        super().__init__()
        self.pool = ImagePooling(inputs, hidden)
        self.conv = conv_norm_relu(inputs, hidden, 1)
        self.separable = nn.ModuleList(SeparableConv(inputs, hidden, dilation=rate, inner_relu=True) for rate in rates)
        self.project = conv_norm_relu(5 * hidden, hidden, 1)
        self.dropout = nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.pool(x), self.conv(x), *(conv(x) for conv in self.separable)]
        return self.dropout(self.project(torch.cat(branches, 1)))


class DeepLabV3Plus(nn.Module):
    """The decoder joins the ASPP, enlarged to stride 4, with 48 channels of low-level features of that stride.

    Low-level features: ResNet's layer1, MobileNet v2's block 3, Xception's second separable convolution of entry block
    2. ResNet's layer4 has the multi-grid (1, 2, 4). Corners lie on corners in all interpolations.
    """

    def __init__(self, backbone: str, classes: int, width: float, channels: int = 3, output_stride: int = 16):
        super().__init__()
        if backbone == "xception65":
            self.backbone, low, high = Xception65(width, channels, output_stride), 256, 2048
            self.features = ("low", "high")
        elif backbone == "mobilenet-v2":
            self.backbone, low, high = MobileNetV2(width, channels, output_stride), 24, 320
            self.features = ("low", "high")
        else:
            blocks = {"resnet50": BLOCKS[50], "resnet101": BLOCKS[101]}[backbone]
            self.backbone = ResNet(blocks, width, channels, output_stride, multi_grid=(1, 2, 4))
            self.features, low, high = ("layer1", "layer4"), 256, 2048
        hidden, low_hidden = scaled(256, width), scaled(48, width)
        self.aspp = SeparableASPP(scaled(high, width), hidden, rates_of(output_stride))
        self.low = conv_norm_relu(scaled(low, width), low_hidden, 1)
        self.decoder = nn.Sequential(SeparableConv(hidden + low_hidden, hidden, inner_relu=True),
                                     SeparableConv(hidden, hidden, inner_relu=True))
        self.classifier = nn.Conv2d(hidden, classes, 1)

    def forward(self, picture: Tensor) -> Tensor:
        features = self.backbone(picture)
        low, high = (features[name] for name in self.features)
        x = F.interpolate(self.aspp(high), size=low.shape[-2:], mode="bilinear", align_corners=True)
        x = self.classifier(self.decoder(torch.cat([x, self.low(low)], 1)))
        return F.interpolate(x, size=picture.shape[-2:], mode="bilinear", align_corners=True)
