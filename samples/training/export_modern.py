"""Exports small networks of today's architectures to ONNX with what PyTorch computes, as tests/networks has them.

NAME/model.onnx is the network as torch.onnx.export writes it, with random weights and short names of values;
NAME/test_data_set_0 the inputs and the outputs in ONNX's layout; NAME/error_of_halves.txt the difference that rounding
weights, inputs and all results to f16 makes in PyTorch, relative to the outputs' range, to judge f16 by.
--forms writes every form that the exporter knows instead: operator sets, open axes, and as newer exporters write it.
"""
import argparse
import io
import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from modern import NETWORKS
from modern.layers import Network, fill
from modern.newer_forms import renew

SETS = (11, 13, 16, 17)
LARGEST_ERROR_OF_HALVES = 1e-2


def inputs_of(network: Network, generator: torch.Generator) -> tuple[Tensor, ...]:
    return tuple(given if isinstance(given, Tensor) else torch.randn(given, generator=generator)
                 for given in network.inputs.values())


def outputs_of(module: nn.Module, inputs: tuple[Tensor, ...]) -> list[Tensor]:
    with torch.no_grad():
        outputs = module(*inputs)
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)


def rounded(value: Tensor) -> Tensor:
    return value.half().to(value.dtype) if value.is_floating_point() else value


class RoundedResults(TorchFunctionMode):
    """Rounds what every function of PyTorch returns to f16, as if it were stored so."""

    def __torch_function__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **(named or {}))
        return rounded(result) if isinstance(result, Tensor) else result


def error_of_halves(module: nn.Module, inputs: tuple[Tensor, ...], expected: list[Tensor]) -> float:
    """The largest difference, relative to each output's range, if weights, inputs and results are f16."""
    state = {name: value.clone() for name, value in module.state_dict().items()}
    module.load_state_dict({name: rounded(value) for name, value in state.items()})
    with RoundedResults():
        found = outputs_of(module, tuple(rounded(value) for value in inputs))
    module.load_state_dict(state)
    return max((float((a - b).abs().max() / (b.max() - b.min()).clamp_min(1e-6))
                for a, b in zip(found, expected) if b.is_floating_point()), default=0.0)


def shorten_names(model: onnx.ModelProto) -> None:
    """Names of nodes and values that say little and take most of a small file's bytes."""
    short: dict[str, str] = {"": ""}
    kept = {value.name for value in (*model.graph.input, *model.graph.output)}

    def name_of(name: str) -> str:
        if name not in short:
            short[name] = name if name in kept else np.base_repr(len(short), 36).lower()
        return short[name]

    def visit(graph: onnx.GraphProto) -> None:
        del graph.value_info[:]
        for value in (*graph.input, *graph.output, *graph.initializer):
            value.name = name_of(value.name)
        for node in graph.node:
            node.name, node.doc_string = "", ""
            node.input[:] = [name_of(name) for name in node.input]
            node.output[:] = [name_of(name) for name in node.output]
            for attribute in node.attribute:
                if attribute.HasField("g"):
                    visit(attribute.g)

    visit(model.graph)


def export(network: Network, module: nn.Module, inputs: tuple[Tensor, ...], opset: int,
           axes: tuple[int, ...]) -> onnx.ModelProto:
    names = list(network.inputs)
    open_names = [name for name in (*names, *network.outputs) if axes and name not in network.closed]
    ranks = {name: value.dim() for name, value in zip(names, inputs)}
    ranks |= {name: value.dim() for name, value in zip(network.outputs, outputs_of(module, inputs))}
    dynamic = {name: {axis: f"{name}_{axis}" for axis in axes if axis < ranks[name]} for name in open_names}
    file = io.BytesIO()
    if network.is_scripted:
        module = torch.jit.script(module)
    torch.onnx.export(module, inputs, file, opset_version=opset, input_names=names,
                      output_names=list(network.outputs), dynamic_axes=dynamic,
                      custom_opsets={"newer": 1} if network.newer_set else None)
    model = onnx.load_from_string(file.getvalue())
    if network.newer_set:  # the exporter would check nodes of the default domain against its own operator sets
        for node in model.graph.node:
            node.domain = ""
        del model.opset_import[1:]
        model.opset_import[0].version = network.newer_set
    return model


def write(folder: Path, model: onnx.ModelProto, names: list[str], inputs: tuple[Tensor, ...],
          outputs: list[Tensor]) -> None:
    data = folder / "test_data_set_0"
    data.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "model.onnx")
    given = {value.name for value in model.graph.input}
    read = [value for name, value in zip(names, inputs) if name in given]
    for prefix, tensors in (("input", read), ("output", outputs)):
        for i, tensor in enumerate(tensors):
            (data / f"{prefix}_{i}.pb").write_bytes(numpy_helper.from_array(tensor.numpy()).SerializeToString())


def draw(network: Network) -> tuple[nn.Module, tuple[Tensor, ...], list[Tensor], float]:
    """The network with random weights, its inputs and outputs, and the error of halves.

    Draws again if rounding makes the network select other points or boxes.
    """
    for seed in range(1, 100):
        generator = torch.Generator().manual_seed(seed)
        torch.manual_seed(seed)
        module = network.make().eval()
        fill(module, network.gain, generator)
        for parameter in module.parameters():
            parameter.requires_grad_(False)
        inputs = inputs_of(network, generator)
        outputs = outputs_of(module, inputs)
        error = error_of_halves(module, inputs, outputs)
        if error < LARGEST_ERROR_OF_HALVES:
            return module, inputs, outputs, error
    raise ValueError("no seed gives a network whose results bear rounding to f16")


def forms(network: Network) -> dict[str, tuple[int, tuple[int, ...], bool]]:
    """Operator set, open axes, and whether it is rewritten, of each form by name."""
    chosen = {f"opset{opset}": (opset, (), False) for opset in SETS}
    chosen |= {f"opset{opset}-open": (opset, (0, 2, 3), False) for opset in (11, 17)}
    return chosen | {"newer": (17, (), True), "newer-open": (17, (2, 3), True)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output-dir", type=Path, default=Path("."))
    parser.add_argument("--forms", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    failures = 0
    for name in options.names or NETWORKS:
        network = NETWORKS[name]
        module, inputs, outputs, error = draw(network)
        chosen = forms(network) if options.forms else {"": (network.opset, network.axes, network.is_renewed)}
        for form, (opset, axes, is_renewed) in chosen.items():
            try:
                model = export(network, module, inputs, opset, axes)
            except Exception as problem:  # the exporter raises whatever comes
                print(f"{name} {form}: the exporter refuses: {str(problem).strip().splitlines()[0][:200]}")
                failures += 1
                continue
            if is_renewed:
                renew(model)
            shorten_names(model)
            folder = options.output_dir / (f"{name}-{form}" if form else name)
            write(folder, model, list(network.inputs), inputs, outputs)
            (folder / "error_of_halves.txt").write_text(f"{error:.3g}\n")
            size = sum(file.stat().st_size for file in folder.rglob("*.*") if file.is_file())
            print(f"{folder.name}: {len(model.graph.node)} nodes, {size / 1000:.0f} kB, deviation "
                  f"{[round(float(y.float().std()), 3) for y in outputs]}, halves {error:.2g}")
    return 1 if failures and not options.forms else 0


if __name__ == "__main__":
    sys.exit(main())
