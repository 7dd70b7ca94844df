"""Fully convolutional networks (Long, Shelhamer and Darrell 2015; Shelhamer, Long and Darrell 2017)."""
import torch.nn.functional as F
from torch import Tensor, nn

from .flat import FlatNetwork, crop, max_pool
from .resnet import ResNet
from .scaling import scaled
from .vgg import add_vgg16, run_stage

# The release's names of score_fr, upscore2, score_pool4, upscore_pool4, score_pool3.
NAMES = ("score_fr", "upscore2", "score_pool4", "upscore_pool4", "score_pool3")


class FCN(FlatNetwork):
    """FCN-32s, -16s and -8s on VGG16.

    The original pads conv1_1 by 100, so that any picture is large enough for fc6, and crops: score_pool4 at 5,
    score_pool3 at 9, the output at 19 (32s), 27 (16s), 31 (8s). The padded form keeps sizes instead, and takes
    multiples of 32.
    """

    def __init__(self, stride: int, classes: int, width: float, channels: int = 3, padded: bool = False,
                 names: tuple[str, ...] = NAMES, last_name: str | None = None, bias_of_upscore2: bool = False):
        super().__init__()
        self.stride, self.padded, self.names = stride, padded, names
        self.last_name = last_name or ("upscore" if stride == 32 else f"upscore{stride}")
        features = add_vgg16(self, channels, width, first_padding=1 if padded else 100)
        hidden = scaled(4096, width)
        self.add_conv("fc6", features, hidden, 7, padding=3 if padded else 0)
        self.add_conv("fc7", hidden, hidden, 1)
        score_fr, upscore2, score_pool4, upscore_pool4, score_pool3 = names
        self.add_conv(score_fr, hidden, classes, 1)
        pad = 1 if padded else 0
        if stride <= 16:
            self.add_deconv(upscore2, classes, classes, 4, stride=2, padding=pad, bias=bias_of_upscore2)
            self.add_conv(score_pool4, scaled(512, width), classes, 1)
        if stride == 8:
            self.add_deconv(upscore_pool4, classes, classes, 4, stride=2, padding=pad, bias=False)
            self.add_conv(score_pool3, scaled(256, width), classes, 1)
        self.add_deconv(self.last_name, classes, classes, 2 * stride, stride=stride,
                        padding=stride // 2 if padded else 0, bias=False)
        self.dropout = nn.Dropout2d(0.5)

    def forward(self, picture: Tensor) -> Tensor:
        x = picture
        pooled = {}
        for stage in range(1, 6):
            x = pooled[stage] = max_pool(run_stage(self, x, stage))
        x = self.dropout(F.relu(self["fc6"](x)))
        x = self.dropout(F.relu(self["fc7"](x)))
        score_fr, upscore2, score_pool4, upscore_pool4, score_pool3 = self.names
        x = self[score_fr](x)
        if self.stride <= 16:
            x = self[upscore2](x)
            x = x + crop(self[score_pool4](pooled[4]), x, 0 if self.padded else 5)
        if self.stride == 8:
            x = self[upscore_pool4](x)
            x = x + crop(self[score_pool3](pooled[3]), x, 0 if self.padded else 9)
        return crop(self[self.last_name](x), picture, 0 if self.padded else {32: 19, 16: 27, 8: 31}[self.stride])


class FCNResNet(nn.Module):
    """torchvision's fcn_resnet50: ResNet of output stride 8, a 3x3 convolution, scores, bilinear to the picture."""

    def __init__(self, blocks: tuple[int, ...], classes: int, width: float, channels: int = 3):
        super().__init__()
        self.backbone = ResNet(blocks, width, channels, output_stride=8)
        features = scaled(2048, width)
        hidden = scaled(512, width)
        self.classifier = nn.Sequential(
            nn.Conv2d(features, hidden, 3, padding=1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU(),
            nn.Dropout(0.1), nn.Conv2d(hidden, classes, 1))

    def forward(self, picture: Tensor) -> Tensor:
        x = self.classifier(self.backbone(picture)["layer4"])
        return F.interpolate(x, size=picture.shape[-2:], mode="bilinear", align_corners=False)
