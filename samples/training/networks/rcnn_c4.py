"""Faster R-CNN (Ren et al. 2015) and Mask R-CNN (He et al. 2017) on ResNet-50's fourth stage, of torchvision's parts.

The fifth stage is the head of each box, and of each mask with the same weights. As in rcnn.py, the input is what the
network sees.
"""
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.mask_rcnn import MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign

from .resnet import BLOCKS, Bottleneck, ResNet
from .scaling import scaled


class C4Backbone(nn.Module):
    def __init__(self, width: float, channels: int):
        super().__init__()
        self.body = ResNet(BLOCKS[50][:3], width, channels)

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        return {"layer3": self.body(picture)["layer3"]}


class BoxHead(nn.Module):
    """The fifth stage, from 14x14 to 7x7, and the mean of its pixels."""

    def __init__(self, width: float):
        super().__init__()
        inputs, middle, outputs = scaled(1024, width), scaled(512, width), scaled(2048, width)
        self.layer4 = nn.Sequential(*(Bottleneck(outputs if i else inputs, middle, outputs, 1 if i else 2, 1, i == 0)
                                      for i in range(BLOCKS[50][3])))

    def forward(self, boxes: Tensor) -> Tensor:
        return self.layer4(boxes).mean((2, 3))


class MaskHead(nn.Module):
    """The stage of a BoxHead, without weights of its own."""

    def __init__(self, box_head: BoxHead):
        super().__init__()
        self.heads = (box_head,)  # not a child, whose weights would count twice

    def forward(self, boxes: Tensor) -> Tensor:
        return self.heads[0].layer4(boxes)


class RCNNC4(nn.Module):
    """Gives boxes, labels and scores, and masks of 14x14 where it has a mask head."""

    def __init__(self, has_masks: bool, classes: int, width: float, channels: int = 3):
        super().__init__()
        features, outputs = scaled(1024, width), scaled(2048, width)
        self.backbone = C4Backbone(width, channels)
        anchors = AnchorGenerator(((32, 64, 128, 256, 512),), ((0.5, 1.0, 2.0),))
        candidates = {"training": 12000, "testing": 6000}
        proposals = {"training": 2000, "testing": 300}
        self.rpn = RegionProposalNetwork(anchors, RPNHead(features, 15), 0.7, 0.3, 256, 0.5, candidates, proposals, 0.7)
        box_head = BoxHead(width)
        masks = {"mask_roi_pool": MultiScaleRoIAlign(["layer3"], 14, 2), "mask_head": MaskHead(box_head),
                 "mask_predictor": MaskRCNNPredictor(outputs, scaled(256, width), classes)} if has_masks else {}
        self.roi_heads = RoIHeads(MultiScaleRoIAlign(["layer3"], 14, 2), box_head, FastRCNNPredictor(outputs, classes),
                                  0.5, 0.5, 512, 0.25, None, 0.05, 0.5, 100, **masks)

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
