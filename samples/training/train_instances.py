"""Trains a narrow Mask R-CNN on pictures of shapes (shapes.py): `train_instances.py --checkpoint /tmp/shapes.pt`.

Writes shapes-instances.safetensors (f16) and shapes-instances.json into samples/models and prints the average precision
on pictures that training never saw. An interrupted training goes on from its checkpoint.
"""
import argparse
import json
import math
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision.models.detection.image_list import ImageList

import safetensors
import shapes
from evaluate_instances import MODELS, NAME, evaluate, normalized, print_scores
from export import metadata_of, rounded_state
from networks import TORCHVISION
from networks.rcnn import RCNN
from networks.resnet import Bottleneck

NETWORK = "mask-rcnn-resnet50-fpn"
WIDTH = 0.125
SHAPE = (1, 3, *shapes.SIZE)
STEPS, BATCH, LEARNING_RATE = 1360, 8, 2e-3
TRAINING_SEED = 1

# Fewer than torchvision's 1000 proposals and 512 samples a picture: these pictures hold a dozen instances.
PROPOSALS, SAMPLES, POSITIVE_PART = 300, 64, 0.35
# Of batch norms while training, so that constant channels divide by no 0. Written variances include it.
EPSILON = 1e-5
# Part of the training after which the statistics of batch norms stay as they are, so that the weights adapt to the ones
# that are written.
FROZEN_FROM = 0.6


@dataclass(frozen=True)
class Team:
    """Processes that share each batch. On busy cores they are faster than threads, which wait for each other in every
    layer; processes wait once a step."""

    processes: int
    meeting_point: Path

    def join(self, rank: int) -> None:
        if self.processes > 1:
            dist.init_process_group("gloo", init_method=f"file://{self.meeting_point}", rank=rank,
                                    world_size=self.processes)

    def average(self, tensors: list[Tensor]) -> None:
        """Gives each tensor the mean of its values in all processes."""
        if self.processes > 1:
            together = torch.cat([tensor.flatten() for tensor in tensors])
            dist.all_reduce(together)
            means = (together / self.processes).split([tensor.numel() for tensor in tensors])
            for tensor, mean in zip(tensors, means):
                tensor.copy_(mean.view_as(tensor))


class Scenes(Dataset):
    def __init__(self, count: int):
        self.count = count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, number: int) -> shapes.Scene:
        return shapes.scene(TRAINING_SEED, number)


def batches(begin_step: int, end_step: int, rank: int, processes: int) -> Iterator[list[shapes.Scene]]:
    """One process's part of the batches from begin_step on. No picture occurs twice."""
    numbers = range(begin_step * BATCH + rank, end_step * BATCH, processes)
    return iter(DataLoader(Scenes(end_step * BATCH), BATCH // processes, sampler=numbers, num_workers=1,
                           collate_fn=list))


def targets_of(scenes: list[shapes.Scene]) -> list[dict[str, Tensor]]:
    return [{"boxes": torch.from_numpy(item.boxes()), "labels": torch.from_numpy(item.labels),
             "masks": torch.from_numpy(item.masks.astype(np.uint8))} for item in scenes]


def losses_of(network: RCNN, pictures: Tensor, targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """torchvision's losses: objectness and boxes of the proposals; classes, boxes and masks of sampled proposals."""
    sizes = [tuple(pictures.shape[2:])] * len(pictures)
    features = network.backbone(pictures)
    proposals, losses = network.rpn(ImageList(pictures, sizes), features, targets)
    _, losses_of_heads = network.roi_heads(features, proposals, sizes, targets)
    return {**losses, **losses_of_heads}


def norms_of(network: RCNN) -> list[nn.BatchNorm2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]


def build_for_training(classes: int) -> RCNN:
    network = RCNN(has_masks=True, classes=classes, width=WIDTH)
    for layer in norms_of(network):
        layer.eps, layer.momentum = EPSILON, 0.03
    network.rpn._pre_nms_top_n = {"training": PROPOSALS, "testing": 1000}
    network.rpn._post_nms_top_n = {"training": PROPOSALS, "testing": 1000}
    network.roi_heads.fg_bg_sampler.batch_size_per_image = SAMPLES
    network.roi_heads.fg_bg_sampler.positive_fraction = POSITIVE_PART
    for layer in network.backbone.body.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
        elif isinstance(layer, Bottleneck):
            nn.init.zeros_(layer.bn3.weight)  # each block begins as its shortcut
    return network


def fold_epsilon(network: RCNN) -> None:
    """Moves epsilon into the variances: lib/zoo has batch norms of epsilon 0. The outputs stay the same."""
    for layer in norms_of(network):
        layer.running_var += layer.eps
        layer.eps = 0.0


def save_checkpoint(path: Path, network: RCNN, optimizer: torch.optim.Optimizer, step: int) -> None:
    partial = path.with_suffix(".partial")
    torch.save({"step": step, "network": network.state_dict(), "optimizer": optimizer.state_dict()}, partial)
    partial.replace(path)


def train(steps: int, checkpoint: Path | None, seed: int, team: Team, rank: int = 0) -> RCNN:
    torch.manual_seed(seed)
    network = build_for_training(len(shapes.CLASSES)).train()
    decayed = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": 1e-2}, {"params": others, "weight_decay": 0.0}],
                                  lr=LEARNING_RATE)
    first = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    team.join(rank)
    torch.manual_seed(hash((seed, first, rank)))
    begin, means = time.monotonic(), {}
    for step, scenes in enumerate(batches(first, steps, rank, team.processes), first):
        # Up over the first steps, then down along a cosine.
        rise, fall = min(1.0, (step + 1) / 100), (1 + math.cos(math.pi * step / steps)) / 2
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * rise * fall + 1e-6
        if step == int(FROZEN_FROM * steps):
            team.average([value for layer in norms_of(network) for value in (layer.running_mean, layer.running_var)])
        if step >= int(FROZEN_FROM * steps):
            for layer in norms_of(network):
                layer.eval()
        pictures = torch.cat([normalized(item.picture) for item in scenes])
        losses = losses_of(network, pictures, targets_of(scenes))
        loss = sum(losses.values())
        optimizer.zero_grad()
        loss.backward()
        team.average([parameter.grad for parameter in network.parameters()])
        norm = nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        if not torch.isfinite(norm):
            raise SystemExit(f"step {step}: expected finite gradients, got {norm}")
        optimizer.step()
        for name, value in losses.items():
            means[name] = value.item() if name not in means else 0.98 * means[name] + 0.02 * value.item()
        if rank == 0 and (step + 1) % 50 == 0:
            text = ", ".join(f"{name.removeprefix('loss_')} {value:.3f}" for name, value in means.items())
            minutes = (time.monotonic() - begin) / 60
            print(f"step {step + 1} of {steps}, {minutes:.1f} minutes: {text}", flush=True)
            if checkpoint:
                save_checkpoint(checkpoint, network, optimizer, step + 1)
    return network.eval()


def description() -> dict:
    return {
        "title": f"{NETWORK} of width {WIDTH}: overlapping shapes",
        "source": "trained by samples/training/train_instances.py on pictures of samples/training/shapes.py",
        "licence": "Apache-2.0",
        "input": {"size": list(shapes.SIZE), "fit": "stretch", "channels": TORCHVISION.channels,
                  "pixel_maximum": TORCHVISION.pixel_maximum, "mean": list(TORCHVISION.mean),
                  "std": list(TORCHVISION.std)},
        "output": {"kind": "instances"},
        "classes": list(shapes.CLASSES),
        "colours": [list(colour) for colour in shapes.COLOURS],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS, help=f"batches of {BATCH} pictures")
    parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="written every 50 steps, read at the start")
    parser.add_argument("--processes", type=int, default=2, choices=(1, 2, 4, 8), help="each with one thread")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=MODELS, metavar="FOLDER")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        team = Team(arguments.processes, Path(folder) / "meeting_point")
        common = (arguments.steps, arguments.checkpoint, arguments.seed, team)
        others = [multiprocessing.Process(target=train, args=(*common, rank))
                  for rank in range(1, team.processes)]
        for process in others:
            process.start()
        network = train(*common)
        for process in others:
            process.join()
    fold_epsilon(network)
    weights = rounded_state(network)
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / f"{NAME}.safetensors"
    safetensors.save(path, weights, metadata_of(NETWORK, len(shapes.CLASSES), WIDTH, SHAPE, None))
    path.with_suffix(".json").write_text(json.dumps(description(), indent=4) + "\n")
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    print_scores(evaluate(network, 200))


if __name__ == "__main__":
    main()
