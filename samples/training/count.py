"""Parameters and multiply-accumulates of each network at full width: `count.py [NAME ...]`.

Transposed convolutions count by input pixels.
"""
import argparse
import unittest.mock

import torch
from torch import nn

from networks import NETWORKS, build


def unpool_without_values(x: torch.Tensor, indices, kernel: int, stride: int, output_size=None) -> torch.Tensor:
    """PyTorch 1.13 cannot unpool tensors without values."""
    height, width = output_size or (x.shape[-2] * stride, x.shape[-1] * stride)
    return x.new_empty(*x.shape[:2], height, width)


def count(name: str, output_stride: int | None = None) -> tuple[int, int]:
    network = build(name, output_stride=output_stride)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    total = 0

    def add(layer: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        is_transposed = isinstance(layer, (nn.ConvTranspose2d, nn.ConvTranspose3d))
        positions = inputs[0] if is_transposed else output
        # A weight is used once a position of its kernel: on inputs where transposed, on outputs otherwise.
        total += layer.weight.numel() * positions[0, 0].numel()

    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d, nn.ConvTranspose3d)):
            layer.register_forward_hook(add)
    if name == "crf-rnn":
        network.inference1.forward = lambda unary, picture: unary
    with torch.no_grad(), unittest.mock.patch("torch.nn.functional.max_unpool2d", unpool_without_values):
        network.to("meta")(torch.empty(NETWORKS[name].input, device="meta"))
    return parameters, total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(NETWORKS))
    parser.add_argument("--output-stride", type=int)
    arguments = parser.parse_args()
    for name in arguments.names:
        parameters, total = count(name, arguments.output_stride)
        shape = "x".join(map(str, NETWORKS[name].input))
        print(f"{name:28} {shape:16} {parameters / 1e6:8.2f} M parameters {total / 1e9:9.1f} GMACs", flush=True)


if __name__ == "__main__":
    main()
