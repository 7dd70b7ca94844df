"""Writes random weights of a network, and an input with the output that PyTorch gives for it.

NAME.safetensors has the weights in f16, NAME.pair.safetensors the tensors "input" and "output" in f32, or the input in
bytes. The output is computed in f64 of the weights as they were rounded.
"""
import argparse
from pathlib import Path

import torch
from torch import Tensor, nn

import random_weights
import safetensors
from networks import NETWORKS, build

# For the tests: width, classes and input of every network, as small as shows all of its layers; sizes are odd where
# they may be.
REDUCED: dict[str, tuple[float, int, str]] = {
    "fcn-32s": (0.016, 3, "1x3x29x38"),
    "fcn-16s": (0.016, 3, "1x3x35x25"),
    "fcn-8s": (0.016, 4, "1x3x27x34"),
    "fcn-32s-padded": (0.016, 3, "1x1x32x64"),
    "fcn-16s-padded": (0.016, 3, "1x1x64x32"),
    "fcn-8s-padded": (0.016, 4, "1x3x32x64"),
    "fcn-resnet50": (0.024, 3, "1x3x33x27"),
    "deconvnet": (0.022, 3, "1x3x32x64"),
    "segnet": (0.03, 3, "1x3x37x45"),
    "segnet-basic": (0.1, 4, "1x3x37x45"),
    "unet": (0.018, 2, "1x1x188x188"),
    "unet-padded": (0.03, 3, "1x3x45x38"),
    "vnet": (0.018, 2, "1x1x32x16x16"),
    "deeplab-v1": (0.036, 3, "1x3x41x49"),
    "deeplab-v2-vgg16": (0.03, 3, "1x3x41x33"),
    "deeplab-v2-resnet101": (0.02, 3, "1x3x41x33"),
    "deeplab-v3-resnet50": (0.022, 3, "1x3x33x37"),
    "deeplab-v3-resnet101": (0.015, 3, "1x3x37x29"),
    "deeplab-v3-mobilenet-v3": (0.032, 3, "1x3x41x35"),
    "deeplab-v3-mobilenet-v2": (0.055, 4, "1x3x41x35"),
    "deeplab-v3plus-resnet50": (0.022, 3, "1x3x37x43"),
    "deeplab-v3plus-resnet101": (0.016, 3, "1x3x37x31"),
    "deeplab-v3plus-mobilenet-v2": (0.07, 3, "1x3x41x35"),
    "deeplab-v3plus-xception65": (0.014, 3, "1x3x37x41"),
    "pspnet50": (0.02, 3, "1x3x49x41"),
    "pspnet101": (0.014, 4, "1x3x41x49"),
    "dilated-frontend": (0.01, 5, "1x1x380x388"),
    "dilated8": (0.01, 3, "1x1x380x388"),
    "dilated8-padded": (0.016, 3, "1x3x40x56"),
    "dilated10": (0.01, 4, "1x1x388x388"),
    "fc-densenet56": (0.12, 3, "1x3x37x45"),
    "fc-densenet67": (0.07, 3, "1x3x45x37"),
    "fc-densenet103": (0.05, 3, "1x3x37x45"),
    "lraspp-mobilenet-v3": (0.06, 3, "1x3x41x35"),
    "crf-rnn": (0.016, 3, "1x3x21x17"),
    "patch-classifier": (0.15, 3, "1x1x95x95"),
    "patch-classifier-dense": (0.15, 3, "1x1x103x99"),
}
# Their inputs are large, and so of whole numbers from 0 to 255, which take a byte each.
OF_BYTES = {"dilated-frontend", "dilated8", "dilated10"}
# Also at another output stride.
REDUCED_STRIDES = {"deeplab-v3plus-resnet50": 8, "deeplab-v3-resnet50": 16}


def shape_of(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))


def rounded_state(network: nn.Module) -> dict[str, Tensor]:
    """The weights in f16, which `network` has from then on. What only training counts is left out."""
    state = {name: value.half() for name, value in network.state_dict().items() if value.is_floating_point()}
    network.load_state_dict({name: value.float() for name, value in state.items()}, strict=False)
    return state


def metadata_of(name: str, classes: int, width: float, shape: tuple[int, ...],
                output_stride: int | None) -> dict[str, str]:
    metadata = {"network": name, "classes": str(classes), "width": str(width), "input": "x".join(map(str, shape))}
    if output_stride is not None:
        metadata["output_stride"] = str(output_stride)
    return metadata


def random_network(name: str, classes: int, width: float, shape: tuple[int, ...], seed: int,
                   output_stride: int | None, samples: int = 4) -> tuple[nn.Module, Tensor]:
    """The network with random weights, and an input for it. Statistics of batch norms are those of so many samples."""
    generator = torch.Generator().manual_seed(seed)
    network = build(name, classes, width, output_stride=output_stride, input=shape)
    make_input = random_weights.picture_of_areas if name == "crf-rnn" else random_weights.smooth_noise
    has_norms = any(isinstance(layer, random_weights.NORMS) for layer in network.modules())
    pictures = make_input((samples if has_norms else 1, *shape[1:]), generator)
    if name in OF_BYTES:
        pictures = (40 * pictures + 128).round().clamp(0, 255)
    random_weights.fill(network, pictures, generator)
    return network, pictures[:1].clone()


def rounding_of_halves(network: nn.Module, picture: Tensor, output: Tensor) -> float:
    """By what part of its range the output changes where every layer's is rounded to f16, in one of a few ways."""
    worst = 0.0
    for unit in (1.0, 0.91, 1.1, 1.27):
        def rounded(layer: nn.Module, inputs: tuple[Tensor], values: Tensor) -> Tensor:
            return (values / unit).half().to(values.dtype) * unit

        hooks = [layer.register_forward_hook(rounded) for layer in network.modules()
                 if isinstance(layer, random_weights.CONVOLUTIONS + random_weights.NORMS + (nn.ReLU,))]
        change = (network(picture) - output).abs().max()
        for hook in hooks:
            hook.remove()
        worst = max(worst, (change / (output.max() - output.min())).item())
    return worst


def check(network: nn.Module, picture: Tensor, output: Tensor) -> None:
    """Raises ValueError where the output would not show mistakes: no spread, few values that rule it,
    rounding errors that grow, layers without a say."""
    channels = output.transpose(0, 1).flatten(1)
    deviation = output.std().item()
    if not 0.2 < deviation < 5 or channels.std(1).min() < 0.05 or output.abs().max() > 15 * deviation:
        raise ValueError(f"deviation {deviation:.3f}, of channels {channels.std(1).tolist()}, "
                         f"largest {output.abs().max():.3f}")
    single = network.float()(picture.float())
    network.double()
    if (single - output).abs().max() > 2e-4 * deviation:
        raise ValueError("rounding of f32 shows in the output")
    rounding = rounding_of_halves(network, picture, output)
    if not rounding < 5e-3:
        raise ValueError(f"rounding to f16 changes the output by {rounding:.4f} of its range")
    layers = [(name, layer) for name, layer in network.named_modules()
              if isinstance(layer, random_weights.CONVOLUTIONS + random_weights.NORMS)]
    for name, layer in layers[::max(1, len(layers) // 24)]:
        kept = layer.weight.clone()
        layer.weight.zero_()
        change = (network(picture) - output).abs()
        layer.weight.copy_(kept)
        if (change > 0.01 * deviation).float().mean() < 0.02:
            raise ValueError(f"the output does not tell whether {name} has weights")


def export(name: str, folder: Path, file_name: str | None = None, classes: int | None = None, width: float = 1,
           shape: tuple[int, ...] | None = None, seed: int = 1, output_stride: int | None = None,
           is_checked: bool = False, in_double: bool = True) -> tuple[Tensor, Tensor]:
    """Writes both files and gives the input and the output."""
    classes, shape = classes or NETWORKS[name].classes, shape or NETWORKS[name].input
    output_stride = output_stride or NETWORKS[name].output_stride
    network, picture = random_network(name, classes, width, shape, seed, output_stride)
    state = rounded_state(network)
    with torch.no_grad():
        if in_double:
            network, picture = network.double(), picture.double()
        output = network(picture)
        if is_checked:
            check(network, picture, output)
    stem = file_name or name
    folder.mkdir(parents=True, exist_ok=True)
    safetensors.save(folder / f"{stem}.safetensors", state, metadata_of(name, classes, width, shape, output_stride))
    stored_input = picture.byte() if name in OF_BYTES else picture.float()
    safetensors.save(folder / f"{stem}.pair.safetensors", {"input": stored_input, "output": output.float()})
    return picture, output


def export_reduced(folder: Path, names: list[str]) -> None:
    total = 0
    for name in names:
        width, classes, shape = REDUCED[name]
        strides = [None] + ([REDUCED_STRIDES[name]] if name in REDUCED_STRIDES else [])
        for stride in strides:
            stem = name if stride is None else f"{name}-os{stride}"
            # The first seed whose output shows mistakes.
            for seed in range(1, 300):
                try:
                    _, output = export(name, folder, stem, classes, width, shape_of(shape), seed, stride,
                                       is_checked=True)
                    break
                except ValueError as error:
                    if seed < 4:
                        print(f"{stem}: seed {seed}: {error}")
            else:
                raise SystemExit(f"{stem}: no seed will do")
            size = sum((folder / f"{stem}{end}.safetensors").stat().st_size for end in ("", ".pair"))
            total += size
            print(f"{stem:32} seed {seed} {size / 1e3:6.0f} kB, output {tuple(output.shape)} of deviation "
                  f"{output.std():.2f}", flush=True)
    print(f"{total / 1e6:.2f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NETWORKS))
    parser.add_argument("--all", action="store_true", help="export every network")
    parser.add_argument("--reduced", action="store_true", help="export only the small sizes that the tests use")
    parser.add_argument("--classes", type=int)
    parser.add_argument("--width", type=float, default=1)
    parser.add_argument("--input", type=shape_of, metavar="1x3x64x64")
    parser.add_argument("--output-stride", type=int, choices=(8, 16))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    names = list(NETWORKS) if arguments.all else arguments.names
    if arguments.reduced:
        export_reduced(arguments.output, names)
        return
    for name in names:
        export(name, arguments.output, None, arguments.classes, arguments.width, arguments.input, arguments.seed,
               arguments.output_stride)


if __name__ == "__main__":
    main()
