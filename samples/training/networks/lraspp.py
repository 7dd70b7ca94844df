"""Lite R-ASPP on MobileNet v3 (Howard et al. 2019): torchvision's lraspp_mobilenet_v3_large."""
import torch.nn.functional as F
from torch import Tensor, nn

from .mobilenet import MobileNetV3
from .scaling import scaled


class LRASPPHead(nn.Module):
    def __init__(self, low: int, high: int, hidden: int, classes: int):
        super().__init__()
        self.cbr = nn.Sequential(nn.Conv2d(high, hidden, 1, bias=False), nn.BatchNorm2d(hidden), nn.ReLU())
        self.scale = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(high, hidden, 1, bias=False), nn.Sigmoid())
        self.low_classifier = nn.Conv2d(low, classes, 1)
        self.high_classifier = nn.Conv2d(hidden, classes, 1)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        x = self.cbr(high) * self.scale(high)
        x = F.interpolate(x, size=low.shape[-2:], mode="bilinear", align_corners=False)
        return self.low_classifier(low) + self.high_classifier(x)


class LRASPP(nn.Module):
    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        self.backbone = MobileNetV3(width, channels)
        self.classifier = LRASPPHead(scaled(40, width), scaled(960, width), scaled(128, width), classes)

    def forward(self, picture: Tensor) -> Tensor:
        features = self.backbone(picture)
        x = self.classifier(features["low"], features["high"])
        return F.interpolate(x, size=picture.shape[-2:], mode="bilinear", align_corners=False)
