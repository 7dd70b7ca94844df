"""Average precision of instances as COCO defines it (Lin et al. 2014; cocodataset.org/#detection-eval).

All sizes of instances together, 100 detections a picture at most, no crowds.
"""
from dataclasses import dataclass, field

import numpy as np

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)


def iou_of_boxes(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[n,4] and [m,4] of left, top, right, bottom give [n,m]."""
    extents = np.minimum(a[:, None, 2:], b[None, :, 2:]) - np.maximum(a[:, None, :2], b[None, :, :2])
    common = extents.clip(0).prod(2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(1) for boxes in (a, b)]
    return common / np.maximum(areas[0][:, None] + areas[1][None] - common, 1e-9)


def iou_of_masks(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """[n,h,w] and [m,h,w] of bool give [n,m]."""
    a, b = (masks.reshape(len(masks), -1).astype(np.float32) for masks in (a, b))
    common = (a @ b.T).astype(np.float64)  # whole numbers below 2^24, which f32 sums exactly
    return common / np.maximum(a.sum(1)[:, None] + b.sum(1)[None] - common, 1)


def matches_of(iou: np.ndarray, threshold: float) -> np.ndarray:
    """True for each detection, best score first, that takes an instance: the free one that it overlaps most."""
    is_free = np.ones(iou.shape[1], bool)
    matched = np.zeros(len(iou), bool)
    for detection, overlaps in enumerate(iou):
        candidates = np.where(is_free, overlaps, -1)
        best = int(candidates.argmax()) if candidates.size else 0
        if candidates.size and candidates[best] >= threshold:
            is_free[best], matched[detection] = False, True
    return matched


def precision_over_recall(scores: np.ndarray, matched: np.ndarray, instances: int) -> float:
    """Mean over 101 recalls of the best precision at that recall or a higher one."""
    matched = matched[np.argsort(-scores, kind="stable")]
    correct = matched.cumsum()
    recall, precision = correct / instances, correct / np.arange(1, len(matched) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS - 1e-12)
    return float(np.append(precision, 0)[places].mean())


@dataclass
class AveragePrecision:
    """Takes pictures one after another and gives AP over all thresholds, at 0.5 and at 0.75, and AP of each class."""

    scores: dict[int, list[np.ndarray]] = field(default_factory=dict)
    matched: dict[int, list[np.ndarray]] = field(default_factory=dict)
    instances: dict[int, int] = field(default_factory=dict)

    def add(self, labels: np.ndarray, scores: np.ndarray, true_labels: np.ndarray, iou: np.ndarray) -> None:
        """Labels and scores [n] of detections, labels [m] of the truth, and [n,m] how much they overlap."""
        for label in np.union1d(labels, true_labels).tolist():
            found = np.flatnonzero(labels == label)
            found = found[np.argsort(-scores[found], kind="stable")]
            part = iou[found][:, true_labels == label]
            self.scores.setdefault(label, []).append(scores[found])
            self.matched.setdefault(label, []).append(
                np.stack([matches_of(part, threshold) for threshold in IOU_THRESHOLDS]))
            self.instances[label] = self.instances.get(label, 0) + part.shape[1]

    def result(self, names: tuple[str, ...]) -> dict:
        """Means are over the classes that occur in the truth."""
        table = {}
        for label, count in sorted(self.instances.items()):
            if count > 0:
                scores, matched = np.concatenate(self.scores[label]), np.concatenate(self.matched[label], axis=1)
                table[label] = [precision_over_recall(scores, row, count) for row in matched]
        means = np.mean(list(table.values()), axis=0)
        return {"ap": round(float(means.mean()), 4), "ap50": round(float(means[0]), 4),
                "ap75": round(float(means[5]), 4),
                "classes": {names[label]: round(float(np.mean(row)), 4) for label, row in table.items()}}
