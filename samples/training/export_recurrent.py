"""Exports a small recurrent matting network to ONNX, and writes what PyTorch computes for a video of 30 frames.

The network is built as Robust Video Matting (Lin et al. 2021) is: a narrow encoder of inverted residuals, a decoder with a
convolutional GRU at each of four scales whose states go from frame to frame (r1i to r1o, ..., r4i to r4o), and an alpha
clipped to 0 ... 1. The weights are random. recurrent.onnx is the network, with open height and width; recurrent.json its
description; recurrent-N.safetensors holds "pha" and "r1o" to "r4o" of frame N. tests/model/recurrent_test.cpp computes
the same pictures by the formula of picture().
"""
import argparse
import warnings
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import safetensors

HEIGHT, WIDTH, FRAMES = 40, 56, 30
KEPT_FRAMES = (9, 29)
STATES = ("r1", "r2", "r3", "r4")

DESCRIPTION = """{
    "title": "Small recurrent matting network with random weights",
    "input": {"name": "src"},
    "output": {"name": "pha"},
    "state": {"r1o": "r1i", "r2o": "r2i", "r3o": "r3i", "r4o": "r4i"},
    "classes": ["background", "foreground"]
}
"""


def picture(frame: int) -> Tensor:
    """Integers of 0 ... 255 [3,height,width]: a disc and a bar that move over a slanted pattern."""
    y = torch.arange(HEIGHT).view(1, HEIGHT, 1)
    x = torch.arange(WIDTH).view(1, 1, WIDTH)
    c = torch.arange(3).view(3, 1, 1)
    pattern = (x * 7 + y * 13 + c * 29 + frame * 3) % 61
    is_disc = (x - (8 + frame))**2 + (y - 20)**2 < 81
    is_bar = (y + 2 * frame) % HEIGHT < 6
    return pattern + torch.where(is_disc, 150 - 30 * c, 0) + torch.where(is_bar, 20 + 10 * c, 0)


class InvertedResidual(nn.Sequential):
    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        wide = 2 * inputs
        super().__init__(nn.Conv2d(inputs, wide, 1), nn.Hardswish(),
                         nn.Conv2d(wide, wide, 3, stride, 1, groups=wide), nn.Hardswish(),
                         nn.Conv2d(wide, outputs, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = super().forward(x)
        return x + y if x.shape[1:] == y.shape[1:] else y


class ConvGru(nn.Module):
    """Half of the channels go through the GRU, the others past it."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.half = channels // 2
        self.gates = nn.Conv2d(channels, channels, 3, padding=1)
        self.candidate = nn.Conv2d(channels, self.half, 3, padding=1)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        past, x = x.split(self.half, dim=1)
        state = state.expand_as(x)  # before the first frame it is a single 0
        reset, update = self.gates(torch.cat([x, state], dim=1)).sigmoid().split(self.half, dim=1)
        candidate = self.candidate(torch.cat([x, reset * state], dim=1)).tanh()
        state = (1 - update) * state + update * candidate
        return torch.cat([past, state], dim=1), state


class Up(nn.Module):
    def __init__(self, inputs: int, skipped: int, outputs: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs + skipped + 3, outputs, 3, padding=1)
        self.gru = ConvGru(outputs)

    def forward(self, x: Tensor, skipped: Tensor, source: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        x = enlarged(x, source)
        return self.gru(self.conv(torch.cat([x, skipped, source], dim=1)).relu(), state)


def enlarged(x: Tensor, like: Tensor) -> Tensor:
    x = F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return x[:, :, :like.shape[2], :like.shape[3]]


class RecurrentMatting(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1 = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.Hardswish())
        self.down2 = InvertedResidual(4, 6, 2)
        self.down3 = nn.Sequential(InvertedResidual(6, 8, 2), InvertedResidual(8, 8, 1))
        self.down4 = InvertedResidual(8, 12, 2)
        self.gru4 = ConvGru(12)
        self.up3 = Up(12, 8, 8)
        self.up2 = Up(8, 6, 6)
        self.up1 = Up(6, 4, 4)
        self.end = nn.Sequential(nn.Conv2d(4 + 3, 6, 3, padding=1), nn.ReLU(), nn.Conv2d(6, 1, 1))

    def forward(self, src: Tensor, r1i: Tensor, r2i: Tensor, r3i: Tensor, r4i: Tensor) -> tuple[Tensor, ...]:
        half = F.avg_pool2d(src, 2, 2, ceil_mode=True, count_include_pad=False)
        quarter = F.avg_pool2d(half, 2, 2, ceil_mode=True, count_include_pad=False)
        eighth = F.avg_pool2d(quarter, 2, 2, ceil_mode=True, count_include_pad=False)
        x1 = self.down1(src)
        x2 = self.down2(x1)
        x3 = self.down3(x2)
        x4, r4o = self.gru4(self.down4(x3), r4i)
        x, r3o = self.up3(x4, x3, eighth, r3i)
        x, r2o = self.up2(x, x2, quarter, r2i)
        x, r1o = self.up1(x, x1, half, r1i)
        alpha = self.end(torch.cat([enlarged(x, src), src], dim=1))
        return alpha.clamp(0, 1), r1o, r2o, r3o, r4o


def random_network() -> RecurrentMatting:
    generator = torch.Generator().manual_seed(1)
    network = RecurrentMatting().eval()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight.copy_(torch.randn(layer.weight.shape, generator=generator) *
                               (2 / layer.weight[0].numel())**0.5)
            layer.bias.copy_(torch.randn(layer.bias.shape, generator=generator) * 0.1)
    # Brings alphas of the last frame, before they are clipped, to a mean of 0.5 and a deviation of 0.3.
    last = network.end[2]
    scores: list[Tensor] = []
    hook = last.register_forward_hook(lambda layer, inputs, output: scores.append(output))
    frames(network)
    hook.remove()
    factor = 0.3 / scores[-1].std()
    last.weight.mul_(factor)
    last.bias.copy_(0.5 + (last.bias - scores[-1].mean()) * factor)
    return network


def frames(network: RecurrentMatting) -> list[tuple[Tensor, ...]]:
    results = []
    states = [torch.zeros(1, 1, 1, 1)] * len(STATES)
    for frame in range(FRAMES):
        results.append(network(picture(frame)[None] / 255, *states))
        states = results[-1][1:]
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output-dir", type=Path, default=Path("."))
    folder = parser.parse_args().output_dir
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    network = random_network()
    for frame, (alpha, *states) in enumerate(frames(network)):
        if frame in KEPT_FRAMES:
            results = {"pha": alpha, **{f"{name}o": state for name, state in zip(STATES, states)}}
            safetensors.save(folder / f"recurrent-{frame}.safetensors", results)
            print(f"frame {frame}: alpha {float(alpha.mean()):.3f} on average, "
                  f"{float(((alpha > 0) & (alpha < 1)).float().mean()):.2f} of it neither 0 nor 1, states",
                  [f"{float(state.abs().mean()):.3f}" for state in states])
    inputs = ["src", *(f"{name}i" for name in STATES)]
    outputs = ["pha", *(f"{name}o" for name in STATES)]
    torch.onnx.export(network, (picture(0)[None] / 255, *states), folder / "recurrent.onnx", opset_version=13,
                      input_names=inputs, output_names=outputs,
                      dynamic_axes={name: {2: f"{name}_height", 3: f"{name}_width"} for name in inputs + outputs} |
                      {f"{name}i": {1: f"{name}_channels", 2: f"{name}i_height", 3: f"{name}i_width"}
                       for name in STATES})
    (folder / "recurrent.json").write_text(DESCRIPTION)


if __name__ == "__main__":
    with torch.no_grad():
        main()
