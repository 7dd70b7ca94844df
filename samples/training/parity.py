"""Compares vkseg's output of a whole network with PyTorch's: `parity.py NAME --full --vkseg build/samples/vkseg`.

Random weights (see random_weights.py), rounded to f16, at the paper's width, classes and input size, or as options say.
"""
import argparse
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import safetensors
from export import metadata_of, random_network, rounded_state, shape_of
from networks import NETWORKS


def run_vkseg(arguments: argparse.Namespace, folder: Path) -> tuple[np.ndarray, str]:
    """The output and what the program said of its times."""
    command = [arguments.vkseg, "run", f"zoo:{arguments.name}", "--weights", str(folder / "weights.safetensors"),
               f"input={folder / 'input.npy'}", "-o", str(folder), "--verbose"]
    if arguments.device:
        command += ["--device", arguments.device]
    if arguments.precision:
        command += ["--precision", arguments.precision]
    completed = subprocess.run(command, capture_output=True, text=True)
    if completed.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{completed.stdout}{completed.stderr}")
    times = re.findall(r"plan .* ms.*", completed.stdout)
    return np.load(folder / "output.npy"), times[-1] if times else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=list(NETWORKS), metavar="NAME")
    parser.add_argument("--full", action="store_true", help="use the width, classes and input of the paper")
    parser.add_argument("--classes", type=int)
    parser.add_argument("--width", type=float)
    parser.add_argument("--input", type=shape_of, metavar="1x3x64x64")
    parser.add_argument("--output-stride", type=int, choices=(8, 16))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=1, help="number of PyTorch runs; the fastest is printed")
    parser.add_argument("--device")
    parser.add_argument("--precision", choices=("f32", "f16"))
    parser.add_argument("--vkseg", default="vkseg", help="path of the vkseg program")
    arguments = parser.parse_args()
    if not arguments.full and arguments.width is None:
        parser.error("--full or --width is needed")

    network = NETWORKS[arguments.name]
    classes, shape = arguments.classes or network.classes, arguments.input or network.input
    width, stride = arguments.width or 1.0, arguments.output_stride or network.output_stride
    if arguments.name == "crf-rnn" and shape[2] * shape[3] > 10000:
        parser.error("crf-rnn: PyTorch's filters are of all pairs of pixels; give an --input of up to 10000 pixels")
    with tempfile.TemporaryDirectory(prefix="parity") as name, torch.no_grad():
        folder = Path(name)
        model, picture = random_network(arguments.name, classes, width, shape, arguments.seed, stride, samples=1)
        safetensors.save(folder / "weights.safetensors", rounded_state(model),
                         metadata_of(arguments.name, classes, width, shape, stride))
        np.save(folder / "input.npy", picture.numpy())
        seconds = []
        for _ in range(arguments.runs):
            start = time.perf_counter()
            expected = model(picture).numpy()
            seconds.append(time.perf_counter() - start)
        del model
        came, times = run_vkseg(arguments, folder)
    if came.shape != expected.shape:
        sys.exit(f"expected an output of {expected.shape}, got {came.shape}")
    difference = np.abs(came.astype(np.float64) - expected)
    extent = float(expected.max() - expected.min())
    labels = float((came.argmax(1) == expected.argmax(1)).mean())
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{arguments.name} {'x'.join(map(str, shape))} -> {'x'.join(map(str, expected.shape))}, output from "
          f"{expected.min():.3f} to {expected.max():.3f}")
    print(f"difference over that range: largest {difference.max() / extent:.2e}, mean "
          f"{difference.mean() / extent:.2e}; {100 * labels:.3f} % of labels alike")
    print(f"PyTorch {min(seconds) * 1000:.0f} ms on {torch.get_num_threads()} threads; vkseg {times}, peak "
          f"{peak:.0f} MB")
    if not np.isfinite(difference).all():
        sys.exit("the output has values that are not finite")


if __name__ == "__main__":
    main()
