"""Writes random weights of networks that find instances, and an input with what PyTorch finds in it.

NAME.safetensors has the weights in f16, NAME.pair.safetensors the tensors "input", "boxes", "labels", "scores" and, with a
mask head, "masks". They are computed in f64 of the weights as they were rounded, and only written if f32 finds the same
instances in the same order, and rounding to f16 changes no score by much.
"""
import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

import random_weights
import safetensors
from export import metadata_of, rounded_state
from networks.rcnn import RCNN
from networks.rcnn_c4 import RCNNC4
from networks.rcnn_vgg16 import FasterRCNNVGG16

BUILD: dict[str, Callable[..., nn.Module]] = {
    "faster-rcnn-vgg16": FasterRCNNVGG16,
    "faster-rcnn-resnet50-c4": partial(RCNNC4, False),
    "mask-rcnn-resnet50-c4": partial(RCNNC4, True),
    "faster-rcnn-resnet50-fpn": partial(RCNN, False),
    "mask-rcnn-resnet50-fpn": partial(RCNN, True),
}
# Width, classes and input.
REDUCED: dict[str, tuple[float, int, tuple[int, ...]]] = {
    "faster-rcnn-vgg16": (0.02, 4, (1, 3, 208, 272)),
    "faster-rcnn-resnet50-c4": (0.03, 4, (1, 3, 128, 160)),
    "mask-rcnn-resnet50-c4": (0.03, 3, (1, 3, 160, 128)),
    "faster-rcnn-resnet50-fpn": (0.03, 4, (1, 3, 64, 96)),
    "mask-rcnn-resnet50-fpn": (0.03, 3, (1, 3, 96, 64)),
}
# Their inputs are large, and so of whole numbers from 0 to 255, which take a byte each.
OF_BYTES = {"faster-rcnn-vgg16", "faster-rcnn-resnet50-c4", "mask-rcnn-resnet50-c4"}


def random_detector(name: str, classes: int, width: float, shape: tuple[int, ...],
                    seed: int) -> tuple[nn.Module, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    network = BUILD[name](classes=classes, width=width, channels=shape[1]).eval()
    picture = random_weights.smooth_noise(shape, generator)
    if name in OF_BYTES:
        picture = (40 * picture + 128).round().clamp(0, 255)
    random_weights.fill(network, picture, generator)
    with torch.no_grad():
        for layer, factor in ((network.anchor_offsets(), 0.2), (network.class_scores(), 2.0)):
            layer.weight.mul_(factor)
            layer.bias.mul_(factor)
        network.class_scores().bias[0] += 4  # background: most boxes hold nothing
    return network, picture


def check(found: dict[str, Tensor], single: dict[str, Tensor]) -> None:
    """Raises ValueError unless both hold the same instances in the same order, neither few nor as many as there may be."""
    count = len(found["labels"])
    if not 8 <= count < 100:
        raise ValueError(f"{count} instances")
    if len(single["labels"]) != count or not torch.equal(single["labels"], found["labels"]):
        raise ValueError("f32 finds others than f64")
    if (single["boxes"] - found["boxes"]).abs().max() > 1e-2:
        raise ValueError("f32 finds other boxes than f64")
    scores = found["scores"]
    if (scores[:-1] - scores[1:]).min() < 1e-4 or (scores - 0.05).abs().min() < 1e-3:
        raise ValueError("scores are close to each other or to the threshold")
    if (scores > 0.5).sum() < 2:
        raise ValueError("hardly a score is above 0.5, from which on instances are compared in f16")
    if len(found["labels"].unique()) < 2:
        raise ValueError("instances of one class only")


def export(name: str, folder: Path) -> None:
    width, classes, shape = REDUCED[name]
    for seed in range(1, 300):
        network, picture = random_detector(name, classes, width, shape, seed)
        state = rounded_state(network)
        with torch.no_grad():
            single = network(picture)
            found = network.double()(picture.double())
        try:
            check(found, single)
        except ValueError as error:
            print(f"{name}: seed {seed}: {error}")
            continue
        break
    else:
        raise SystemExit(f"{name}: no seed will do")
    safetensors.save(folder / f"{name}.safetensors", state, metadata_of(name, classes, width, shape, None))
    pair = {key: value if key == "labels" else value.float() for key, value in found.items()}
    stored_input = picture.byte() if name in OF_BYTES else picture
    safetensors.save(folder / f"{name}.pair.safetensors", {"input": stored_input, **pair})
    print(f"{name}: seed {seed}, {len(found['labels'])} instances")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(REDUCED))
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    for name in arguments.names or REDUCED:
        export(name, arguments.output)


if __name__ == "__main__":
    main()
