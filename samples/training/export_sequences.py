"""Exports small functions with lists of tensors to ONNX, and writes what PyTorch computes.

PyTorch's exporter writes lists whose lengths it does not know as sequences of tensors: scripted loops that append, parts of
computed sizes, repetitions by computed numbers. NAME.onnx is a function with open extents; NAME.safetensors holds its
inputs "x0", "x1", ... and output "out" for two sets of extents, with "0." and "1." before their names.
"""
import argparse
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import List

import onnx
import torch
from torch import Tensor, nn

import safetensors
from export_modern import shorten_names


def repeat(x: Tensor, like: Tensor) -> Tensor:
    return torch.repeat_interleave(x, like.shape[0], dim=0) + like.sum()


def repeat_each(x: Tensor) -> Tensor:
    return torch.repeat_interleave(x, torch.arange(x.shape[0]) % 3 + 1, dim=0)


@torch.jit.script
def split_in_halves(x: Tensor) -> Tensor:
    sums: List[Tensor] = []
    for part in torch.split(x, x.shape[1] // 2, 1):
        sums.append(part.sum(1))
    return torch.stack(sums, 1)


@torch.jit.script
def split_by_sizes(x: Tensor) -> Tensor:
    head = x.shape[1] // 3
    parts = torch.split(x, [head, head, x.shape[1] - 2 * head], 1)
    return torch.cat([parts[2], parts[0] - parts[1]], 1)


@torch.jit.script
def recurrence(x: Tensor) -> Tensor:
    states: List[Tensor] = []
    state = x[0] * 0
    for i in range(x.size(0)):
        state = torch.tanh(state * 0.5 + x[i])
        states.append(state)
    return torch.stack(states, 0)


@torch.jit.script
def chunks(x: Tensor) -> Tensor:
    parts: List[Tensor] = []
    for i in range(0, x.size(1), 2):
        parts.append(torch.relu(x[:, i:i + 2]))
    parts.append(x[:, :1])
    return torch.cat(parts, 1)


@torch.jit.script
def comprehension(x: Tensor) -> Tensor:
    parts = [torch.sigmoid(x[i]) for i in range(x.size(0))]
    chosen = parts[0]
    if len(parts) > 4:
        chosen = parts[2] + parts[-1]
    return torch.stack(parts, 1) + chosen.unsqueeze(1)


@torch.jit.script
def nested(x: Tensor) -> Tensor:
    rows: List[Tensor] = []
    for i in range(x.size(1) - 2):
        columns: List[Tensor] = []
        for j in range(i + 1):
            columns.append(x[:, j:j + 2].sum(1, keepdim=True))
        rows.append(torch.cat(columns, 1).mean(1))
    rows.pop(0)
    rows.insert(0, x[:, 0])
    return torch.stack(rows, -1)


@dataclass
class Case:
    function: Callable[..., Tensor]
    opset: int
    extents: tuple[list[tuple[int, ...]], list[tuple[int, ...]]]  # of the inputs, for each of two sets
    open_axes: list[int] = field(default_factory=lambda: [0])


CASES = [
    Case(repeat, 13, ([(1, 3), (5, 4)], [(3, 3), (2, 4)])),
    Case(repeat_each, 16, ([(4, 3)], [(7, 3)])),
    Case(split_in_halves, 11, ([(2, 7, 3)], [(2, 10, 3)]), [1]),
    Case(split_by_sizes, 13, ([(2, 7, 3)], [(2, 9, 3)]), [1]),
    Case(recurrence, 16, ([(4, 2, 3)], [(1, 2, 3)])),
    Case(chunks, 13, ([(2, 5, 3)], [(2, 6, 3)]), [1]),
    Case(comprehension, 16, ([(4, 3)], [(5, 3)])),
    Case(nested, 11, ([(2, 5)], [(2, 7)]), [1]),
]


class Function(nn.Module):
    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


def export(case: Case, inputs: list[Tensor]) -> onnx.ModelProto:
    names = [f"x{i}" for i in range(len(inputs))]
    file = io.BytesIO()
    torch.onnx.export(Function(case.function), tuple(inputs), file, opset_version=case.opset, input_names=names,
                      output_names=["out"],
                      dynamic_axes={name: {axis: f"{name}_{axis}" for axis in case.open_axes} for name in names})
    model = onnx.load_from_string(file.getvalue())
    shorten_names(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output-dir", type=Path, default=Path("."))
    folder = parser.parse_args().output_dir
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    generator = torch.Generator().manual_seed(1)
    for case in CASES:
        function = case.function
        name = (function.name if isinstance(function, torch.jit.ScriptFunction) else function.__name__).replace("_", "-")
        tensors = {}
        for number, extents in enumerate(case.extents):
            inputs = [torch.randn(shape, generator=generator) for shape in extents]
            if number == 0:
                model = export(case, inputs)
                onnx.save(model, folder / f"{name}.onnx")
            tensors |= {f"{number}.x{i}": x for i, x in enumerate(inputs)}
            tensors[f"{number}.out"] = case.function(*inputs)
        safetensors.save(folder / f"{name}.safetensors", tensors)


if __name__ == "__main__":
    with torch.no_grad():
        main()
