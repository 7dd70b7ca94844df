"""Trains a narrow network on the slices of a head: `train.py NAME --minutes 3`. V-Net learns the brain in volumes.

Writes NAME.safetensors (f16) and, but for V-Net, NAME.json into samples/models/brain.
"""
import argparse
import functools
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import data
import safetensors
from evaluate import MODELS, evaluate, scores_at
from export import metadata_of, rounded_state
from networks import NETWORKS, build


@dataclass(frozen=True)
class Recipe:
    width: float
    learning_rate: float = 3e-3
    batch: int = 8
    has_dropout: bool = True


RECIPES = {
    "unet-padded": Recipe(0.125),
    "fcn-8s-padded": Recipe(0.07, 1e-3),
    "segnet": Recipe(0.14),
    "deconvnet": Recipe(0.08, batch=12),
    "pspnet50": Recipe(0.11),
    "deeplab-v3plus-mobilenet-v2": Recipe(0.3),
    "fc-densenet56": Recipe(0.25, 5e-3, 4, has_dropout=False),
    "dilated8-padded": Recipe(0.065, 1e-3),
    "vnet": Recipe(0.1, 2e-3, 2),
}
# z, y, x of the sub-volumes that V-Net trains on.
SUBVOLUME = (64, 64, 32)


def pass_on(layer: nn.Conv2d, classes: int) -> None:
    """A context that changes nothing yet (Yu and Koltun 2016, section 4): channels show the class that they show in the
    layer before."""
    nn.init.normal_(layer.weight, std=0.01)
    outputs, inputs = layer.weight.shape[:2]
    centre = layer.kernel_size[0] // 2
    shown, seen = torch.arange(outputs) * classes // outputs, torch.arange(inputs) * classes // inputs
    layer.weight.data[:, :, centre, centre] += (shown[:, None] == seen[None]) * classes / max(inputs, outputs)


def initialize(network: nn.Module, classes: int) -> None:
    """He et al. 2015; transposed convolutions of scores begin as bilinear interpolation, as FCN's do."""
    for name, layer in network.named_modules():
        if not isinstance(layer, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
            continue
        if name.startswith("upscore"):
            kernel = layer.kernel_size[0]
            centre = (kernel - 1) / 2
            tent = 1 - (torch.arange(kernel) - centre).abs() / (kernel / 2)
            layer.weight.data.zero_()
            for i in range(layer.in_channels):
                layer.weight.data[i, i] = tent[:, None] * tent[None]
        elif name.startswith("ct_"):
            pass_on(layer, classes)
        elif isinstance(layer, (nn.ConvTranspose2d, nn.ConvTranspose3d)):
            terms = layer.in_channels * math.prod(layer.kernel_size) / math.prod(layer.stride)
            nn.init.normal_(layer.weight, std=math.sqrt(2 / terms))
        else:
            nn.init.kaiming_normal_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def run_as_convolutions(network: nn.Module) -> None:
    """Transposed convolutions of stride 1 as the convolutions that they are, which are faster in PyTorch 1.13."""
    def run(layer: nn.ConvTranspose2d, x: Tensor) -> Tensor:
        padding = [kernel - 1 - padding for kernel, padding in zip(layer.kernel_size, layer.padding)]
        return F.conv2d(x, layer.weight.flip(2, 3).transpose(0, 1), layer.bias, padding=padding)

    for layer in network.modules():
        if isinstance(layer, nn.ConvTranspose2d) and layer.stride == (1, 1):
            layer.forward = functools.partial(run, layer)


def distorted(pictures: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Turned, scaled, shifted and mirrored; other brightness and contrast; noise. [n, 1, h, w] and [n, h, w]."""
    n = len(pictures)
    angle, scale = torch.empty(n).uniform_(-0.2, 0.2), torch.empty(n).uniform_(0.88, 1.14)
    mirror = torch.randint(0, 2, (n,)) * 2 - 1.0
    ratio = pictures.shape[2] / pictures.shape[3]
    cosine, sine = angle.cos() * scale, angle.sin() * scale
    matrices = torch.zeros(n, 2, 3)
    matrices[:, 0, 0], matrices[:, 0, 1] = cosine * mirror, -sine * ratio
    matrices[:, 1, 0], matrices[:, 1, 1] = sine * mirror / ratio, cosine
    matrices[:, :, 2] = torch.empty(n, 2).uniform_(-0.1, 0.1)
    grid = F.affine_grid(matrices, list(pictures.shape), align_corners=False)
    labels = F.grid_sample(labels[:, None].float(), grid, mode="nearest", align_corners=False)[:, 0].long()
    black = -data.MEAN / data.STD
    pictures = F.grid_sample(pictures - black, grid, mode="bilinear", align_corners=False)
    pictures = pictures * torch.empty(n, 1, 1, 1).uniform_(0.85, 1.15) + black
    return pictures + 0.1 * torch.randn_like(pictures) * torch.rand(n, 1, 1, 1), labels


def slice_batches(batch: int) -> tuple[Callable[[], tuple[Tensor, Tensor]], Tensor]:
    """A source of batches and the weights of the classes: rarer ones count more."""
    slices = data.read_slices(data.training_slices())
    pictures = torch.from_numpy(data.normalized(slices.pictures))[:, None]
    labels = torch.from_numpy(slices.labels.astype(np.int64))
    frequency = labels.flatten().bincount(minlength=len(data.CLASSES)).float() / labels.numel()

    def draw() -> tuple[Tensor, Tensor]:
        chosen = torch.randint(0, len(pictures), (batch,))
        return distorted(pictures[chosen], labels[chosen])

    weights = frequency.rsqrt()
    return draw, weights / (weights * frequency).sum()


def volume_batches(batch: int) -> tuple[Callable[[], tuple[Tensor, Tensor]], Tensor]:
    head, brain = data.read_volume()
    volume = torch.from_numpy(data.normalized(head))[..., :data.TRAINING_BELOW]
    labels = torch.from_numpy(brain.astype(np.int64))[..., :data.TRAINING_BELOW]

    def draw() -> tuple[Tensor, Tensor]:
        pictures, truths = [], []
        for _ in range(batch):
            begins = [int(torch.randint(0, have - want + 1, ())) for have, want in zip(volume.shape, SUBVOLUME)]
            part = tuple(slice(begin, begin + want) for begin, want in zip(begins, SUBVOLUME))
            picture, truth = volume[part], labels[part]
            # Mirrored, the left half of the head looks as the right one does.
            axes = [axis for axis, chance in ((1, 0.2), (2, 0.5)) if torch.rand(()) < chance]
            gain, shift = torch.empty(()).uniform_(0.85, 1.15), torch.empty(()).uniform_(-0.1, 0.1)
            pictures.append(picture.flip(axes) * gain + shift)
            truths.append(truth.flip(axes))
        return torch.stack(pictures)[:, None], torch.stack(truths)

    return draw, torch.ones(2)


def dice_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """One minus the mean Dice of the classes (Milletari et al. 2016), by the batch."""
    probabilities = scores.softmax(1).transpose(0, 1).flatten(1)
    truth = F.one_hot(labels.flatten(), scores.shape[1]).T.float()
    dice = (2 * (probabilities * truth).sum(1) + 1) / (probabilities.square().sum(1) + truth.sum(1) + 1)
    return 1 - dice.mean()


def train(name: str, minutes: float, seed: int) -> nn.Module:
    recipe = RECIPES[name]
    torch.manual_seed(seed)
    is_volume = name == "vnet"
    shape = (1, 1, *(SUBVOLUME if is_volume else data.SIZE))
    classes = 2 if is_volume else len(data.CLASSES)
    network = build(name, classes, recipe.width, input=shape)
    initialize(network, classes)
    run_as_convolutions(network)
    if not recipe.has_dropout:
        for layer in network.modules():
            if isinstance(layer, nn.Dropout2d):
                layer.p = 0.0
    draw, weights = (volume_batches if is_volume else slice_batches)(recipe.batch)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    network.train()
    begin, last_report, steps, mean_loss = time.process_time(), 0.0, 0, None
    while (progress := (time.process_time() - begin) / (60 * minutes)) < 1:
        # Up over the first twentieth, then down along a cosine.
        rise, fall = min(1.0, progress / 0.05), (1 + math.cos(math.pi * progress)) / 2
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * rise * fall + 1e-6
        pictures, labels = draw()
        scores = scores_at(network, pictures)
        loss = F.cross_entropy(scores, labels, weights) + dice_loss(scores, labels)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        steps += 1
        mean_loss = loss.item() if mean_loss is None else 0.95 * mean_loss + 0.05 * loss.item()
        if progress - last_report > 0.1:
            last_report = progress
            print(f"{name}: {100 * progress:.0f} %, step {steps}, loss {mean_loss:.3f}", flush=True)
    print(f"{name}: {steps} steps of {recipe.batch}, loss {mean_loss:.3f}", flush=True)
    return network.eval()


def description(name: str) -> dict:
    return {
        "title": f"{name} of width {RECIPES[name].width}: regions of the brain in axial slices",
        "source": "trained by samples/training/train.py on ch2 and AAL of Debian's mricron-data 1.2",
        "licence": "BSD-3-Clause, see NOTICE",
        "input": {"size": list(data.SIZE), "fit": "stretch", "channels": "grey", "pixel_maximum": 1, "mean": data.MEAN,
                  "std": data.STD},
        "output": {"values": "logits"},
        "classes": list(data.CLASSES),
        "colours": [list(colour) for colour in data.COLOURS],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(RECIPES), metavar="NAME", help=", ".join(RECIPES))
    parser.add_argument("--minutes", type=float, default=3, help="processor time to train for")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=MODELS, metavar="FOLDER")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = train(arguments.name, arguments.minutes, arguments.seed)
    recipe, name = RECIPES[arguments.name], arguments.name
    weights = rounded_state(network)
    shape = (1, 1, 64, 64, 48) if name == "vnet" else (1, 1, *data.SIZE)
    classes = 2 if name == "vnet" else len(data.CLASSES)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"{name}.safetensors"
    safetensors.save(path, weights, metadata_of(name, classes, recipe.width, shape, NETWORKS[name].output_stride))
    if name != "vnet":
        path.with_suffix(".json").write_text(json.dumps(description(name), indent=4) + "\n")
    for part, scores in evaluate(name, network).items():
        print(f"{part}: " + ", ".join(f"{key} {value:.4f}" for key, value in scores.items() if key != "classes"))
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
