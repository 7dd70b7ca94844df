"""Exports small detectors of torchvision to ONNX, and writes what PyTorch finds with them.

NAME.onnx is the network as torch.onnx.export writes it, with random weights; NAME-N.pair.safetensors the tensors "image",
"boxes", "labels", "scores" and "masks" for a picture each, the last of which holds no instance.
"""
import argparse
import warnings
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

import random_weights
import safetensors

CHANNELS = 16


class Levels(nn.Module):
    """Two levels of a feature pyramid, of strides 4 and 8."""

    out_channels = CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(nn.Conv2d(3, CHANNELS, 3, 2, 1), nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1))
        self.coarse = nn.Sequential(nn.ReLU(), nn.Conv2d(CHANNELS, CHANNELS, 3, 2, 1))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        fine = self.fine(x)
        return OrderedDict([("0", fine), ("1", self.coarse(fine))])


def small_mask_rcnn(classes: int) -> MaskRCNN:
    sizes = ((16, 24), (32, 48))
    return MaskRCNN(Levels(), min_size=80, max_size=128,
                    rpn_anchor_generator=AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes)),
                    rpn_pre_nms_top_n_test=100, rpn_post_nms_top_n_test=40, box_detections_per_img=12,
                    box_roi_pool=MultiScaleRoIAlign(["0", "1"], 7, 2),
                    box_head=TwoMLPHead(CHANNELS * 49, 32), box_predictor=FastRCNNPredictor(32, classes),
                    mask_roi_pool=MultiScaleRoIAlign(["0", "1"], 14, 2),
                    mask_head=MaskRCNNHeads(CHANNELS, (CHANNELS,), 1),
                    mask_predictor=MaskRCNNPredictor(CHANNELS, CHANNELS, classes)).eval()


def random_network(seed: int, picture: Tensor) -> MaskRCNN:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = small_mask_rcnn(4)
    for layer in network.modules():
        if isinstance(layer, random_weights.PRODUCTS):
            fan_in = layer.weight[0].numel()
            with torch.no_grad():
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) * (2 / fan_in)**0.5)
                layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator) * 0.1)
    with torch.no_grad():
        network.rpn.head.bbox_pred.weight.mul_(0.2)
        scores = network.roi_heads.box_predictor.cls_score
        scores.weight.mul_(3)
        scores.bias[0] += 2
    return network


def found(network: MaskRCNN, picture: Tensor) -> dict[str, Tensor]:
    with torch.no_grad():
        return network([picture])[0]


def is_clear(network: MaskRCNN, picture: Tensor, most: int) -> bool:
    """True if rounding cannot change which instances are found, nor their order."""
    result = found(network, picture)
    scores = result["scores"]
    if not 3 <= len(scores) <= most or len(result["labels"].unique()) < 2:
        return False
    return bool((scores[:-1] - scores[1:]).min() > 1e-3 and (scores - 0.05).abs().min() > 3e-3)


def export(name: str, folder: Path, opset: int, sizes: list[tuple[int, int]], is_dynamic: bool) -> None:
    for seed in range(1, 1000):
        generator = torch.Generator().manual_seed(seed)
        pictures = [random_weights.smooth_noise((1, 3, *size), generator)[0] * 0.25 + 0.5 for size in sizes]
        pictures = [(picture.clamp(0, 1) * 255).round() / 255 for picture in pictures]
        network = random_network(seed, pictures[0])
        if all(is_clear(network, picture, 11) for picture in pictures) and \
                len(found(network, torch.zeros_like(pictures[0]))["labels"]) == 0:
            break
    else:
        raise ValueError(f"{name}: no seed gives instances that are clearly found")
    pictures.append(torch.zeros_like(pictures[0]))
    for number, picture in enumerate(pictures):
        safetensors.save(folder / f"{name}-{number}.pair.safetensors", {"image": picture, **found(network, picture)})
    axes = {"dynamic_axes": {"image": [1, 2]}} if is_dynamic else {}
    torch.onnx.export(network, ([pictures[0]],), folder / f"{name}.onnx", opset_version=opset, input_names=["image"],
                      output_names=["boxes", "labels", "scores", "masks"], **axes)
    print(f"{name}: seed {seed}, {[len(found(network, picture)['labels']) for picture in pictures]} instances")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output-dir", type=Path, default=Path("."))
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    options.output_dir.mkdir(parents=True, exist_ok=True)
    export("mask-rcnn-opset11", options.output_dir, 11, [(64, 96)], False)
    # Where an extent times the scale is no whole number, the exported network may round it otherwise than PyTorch.
    export("mask-rcnn-opset14", options.output_dir, 14, [(72, 88), (96, 64)], True)


if __name__ == "__main__":
    main()
