"""Faster R-CNN on VGG16 (Ren et al. 2015) as py-faster-rcnn tests it, with the layer names of faster-rcnn.pytorch.

Corners of boxes are their first and last pixels, so that a width is x2 - x1 + 1. The input is what the network sees, at
scale 1, and boxes are in its pixels.
"""
import torch
from torch import Tensor, nn
from torch.nn.functional import relu, softmax
from torchvision.ops import roi_pool

from .scaling import scaled
from .vgg import STAGES

STRIDE = 16
WEIGHTS = (10.0, 10.0, 5.0, 5.0)  # offsets of boxes are divided by deviations of 0.1, 0.1, 0.2, 0.2 in training


def base_anchors() -> Tensor:
    """Corners of nine anchors at the first pixel: ratios 0.5, 1, 2 of scales 8, 16, 32."""
    centre = (STRIDE - 1) / 2
    anchors = []
    for ratio in (0.5, 1.0, 2.0):
        width = round((STRIDE * STRIDE / ratio) ** 0.5)
        height = round(width * ratio)
        for scale in (8, 16, 32):
            half_width, half_height = (width * scale - 1) / 2, (height * scale - 1) / 2
            anchors.append((centre - half_width, centre - half_height, centre + half_width, centre + half_height))
    return torch.tensor(anchors)


def anchors_of(features: Tensor) -> Tensor:
    """[height * width * 9, 4], anchor by anchor of a pixel, pixel by pixel."""
    y, x = torch.meshgrid(*(STRIDE * torch.arange(extent) for extent in features.shape[2:]), indexing="ij")
    shifts = torch.stack((x, y, x, y), 2).reshape(-1, 1, 4)
    return (shifts + base_anchors()).reshape(-1, 4).to(features.dtype)


def decode(boxes: Tensor, deltas: Tensor, height: int, width: int) -> Tensor:
    """Boxes [n,4] moved by deltas [n,k,4], and clipped."""
    sizes = (boxes[:, 2:] - boxes[:, :2] + 1)[:, None]
    centres = boxes[:, None, :2] + 0.5 * sizes
    centres = deltas[..., :2] * sizes + centres
    sizes = deltas[..., 2:].exp() * sizes
    last = torch.tensor((width - 1, height - 1, width - 1, height - 1), dtype=boxes.dtype)
    return torch.cat((centres - 0.5 * sizes, centres + 0.5 * sizes), 2).clamp_min(0).minimum(last)


def suppress(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    """Indices of the boxes that no kept one of a higher score overlaps by more than the threshold."""
    areas = (boxes[:, 2:] - boxes[:, :2] + 1).prod(1)
    order = scores.sort(descending=True, stable=True).indices
    kept = []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(best)
        low, high = boxes[rest, :2].maximum(boxes[best, :2]), boxes[rest, 2:].minimum(boxes[best, 2:])
        shared = (high - low + 1).clamp_min(0).prod(1)
        order = rest[shared / (areas[rest] + areas[best] - shared) <= threshold]
    return torch.stack(kept) if kept else order


class ProposalNetwork(nn.Module):
    def __init__(self, inputs: int, channels: int):
        super().__init__()
        count = len(base_anchors())
        self.RPN_Conv = nn.Conv2d(inputs, channels, 3, padding=1)
        self.RPN_cls_score = nn.Conv2d(channels, 2 * count, 1)  # of no object, then of an object
        self.RPN_bbox_pred = nn.Conv2d(channels, 4 * count, 1)

    def forward(self, features: Tensor, height: int, width: int) -> Tensor:
        x = relu(self.RPN_Conv(features))
        logits = self.RPN_cls_score(x)
        probabilities = softmax(logits.reshape(1, 2, -1, logits.shape[3]), 1)[:, 1]
        scores = probabilities.reshape(-1, *logits.shape[2:]).permute(1, 2, 0).reshape(-1)
        deltas = self.RPN_bbox_pred(x).permute(0, 2, 3, 1).reshape(-1, 4)
        best = scores.topk(min(6000, len(scores))).indices
        boxes = decode(anchors_of(features)[best], deltas[best, None], height, width)[:, 0]
        scores = scores[best]
        large = ((boxes[:, 2:] - boxes[:, :2] + 1) >= 16).all(1)
        boxes, scores = boxes[large], scores[large]
        return boxes[suppress(boxes, scores, 0.7)[:300]]


class FasterRCNNVGG16(nn.Module):
    """Gives boxes, labels and scores."""

    def __init__(self, classes: int, width: float, channels: int = 3):
        super().__init__()
        layers, hidden = [], scaled(4096, width)
        for full, convolutions in STAGES:
            layers += [nn.MaxPool2d(2)] if layers else []
            for _ in range(convolutions):
                layers += [nn.Conv2d(channels, scaled(full, width), 3, padding=1), nn.ReLU()]
                channels = scaled(full, width)
        self.RCNN_base = nn.Sequential(*layers)
        self.RCNN_rpn = ProposalNetwork(channels, scaled(512, width))
        self.RCNN_top = nn.Sequential(nn.Linear(channels * 49, hidden), nn.ReLU(), nn.Dropout(),
                                      nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout())
        self.RCNN_cls_score = nn.Linear(hidden, classes)
        self.RCNN_bbox_pred = nn.Linear(hidden, classes * 4)

    def class_scores(self) -> nn.Linear:
        return self.RCNN_cls_score

    def anchor_offsets(self) -> nn.Conv2d:
        return self.RCNN_rpn.RPN_bbox_pred

    def forward(self, picture: Tensor) -> dict[str, Tensor]:
        height, width = picture.shape[2:]
        features = self.RCNN_base(picture)
        proposals = self.RCNN_rpn(features, height, width)
        rows = self.RCNN_top(roi_pool(features, [proposals], 7, 1 / STRIDE).flatten(1))
        scores = softmax(self.RCNN_cls_score(rows), 1)[:, 1:]
        deltas = self.RCNN_bbox_pred(rows).reshape(len(rows), -1, 4)[:, 1:]
        boxes = decode(proposals, deltas / deltas.new_tensor(WEIGHTS), height, width)
        found: list[tuple[Tensor, Tensor, Tensor]] = []
        for label in range(1, scores.shape[1] + 1):
            above = (scores[:, label - 1] > 0.05).nonzero()[:, 0]
            boxes_of, scores_of = boxes[above, label - 1], scores[above, label - 1]
            kept = suppress(boxes_of, scores_of, 0.3)
            found.append((boxes_of[kept], torch.full_like(kept, label), scores_of[kept]))
        all_boxes, labels, all_scores = (torch.cat(parts) for parts in zip(*found))
        order = all_scores.sort(descending=True, stable=True).indices[:100]
        return {"boxes": all_boxes[order], "labels": labels[order], "scores": all_scores[order]}
