"""Faster R-CNN (Ren et al. 2015) and Mask R-CNN (He et al. 2017) on a feature pyramid, of torchvision's parts.

Without torchvision's resizing of pictures: the input is what the network sees, and boxes are in its pixels.
"""
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import FeaturePyramidNetwork, LastLevelMaxPool

from .resnet import BLOCKS, ResNet
from .scaling import scaled

LEVELS = ["layer1", "layer2", "layer3", "layer4"]


class PyramidBackbone(nn.Module):
    def __init__(self, width: float, channels: int):
        super().__init__()
        self.body = ResNet(BLOCKS[50], width, channels)
        self.fpn = FeaturePyramidNetwork([scaled(256 << level, width) for level in range(4)], scaled(256, width),
                                         LastLevelMaxPool())
        for layer in self.body.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = 0.0  # as in torchvision's trained networks

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return self.fpn(self.body(picture))


class RCNN(nn.Module):
    """Gives boxes, labels and scores, and masks where it has a mask head."""

    def __init__(self, has_masks: bool, classes: int, width: float, channels: int = 3):
        super().__init__()
        features, hidden = scaled(256, width), scaled(1024, width)
        self.backbone = PyramidBackbone(width, channels)
        anchors = AnchorGenerator(((32,), (64,), (128,), (256,), (512,)), ((0.5, 1.0, 2.0),) * 5)
        most = {"training": 1000, "testing": 1000}
        self.rpn = RegionProposalNetwork(anchors, RPNHead(features, 3), 0.7, 0.3, 256, 0.5, most, most, 0.7)
        masks = {"mask_roi_pool": MultiScaleRoIAlign(LEVELS, 14, 2),
                 "mask_head": MaskRCNNHeads(features, (features,) * 4, 1),
                 "mask_predictor": MaskRCNNPredictor(features, features, classes)} if has_masks else {}
        self.roi_heads = RoIHeads(MultiScaleRoIAlign(LEVELS, 7, 2), TwoMLPHead(features * 49, hidden),
                                  FastRCNNPredictor(hidden, classes), 0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100, **masks)

    def class_scores(self) -> nn.Linear:
        return self.roi_heads.box_predictor.cls_score

    def anchor_offsets(self) -> nn.Conv2d:
        return self.rpn.head.bbox_pred

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        sizes = [tuple(picture.shape[2:])]
        features = self.backbone(picture)
        proposals, _ = self.rpn(ImageList(picture, sizes), features)
        detections, _ = self.roi_heads(features, proposals, sizes)
        return detections[0]
