"""Runs trained networks on what was held back, writes their labels and scores.

`evaluate.py [NAME ...] -o FOLDER`: FOLDER/NAME/slice_030.png has the label of each pixel of
samples/data/brain/slice_030.png; of V-Net, there is volume_labels.npy.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

import data
import safetensors
from export import shape_of
from networks import build
from scores import confusion_matrix, scores_of

SAMPLES = Path(__file__).resolve().parent.parent
MODELS, PICTURES = SAMPLES / "models" / "brain", SAMPLES / "data" / "brain"


def load_network(path: Path) -> nn.Module:
    """The network that the file's metadata names."""
    weights, metadata = safetensors.load(path)
    stride = metadata.get("output_stride")
    network = build(metadata["network"], int(metadata["classes"]), float(metadata["width"]),
                    output_stride=int(stride) if stride else None, input=shape_of(metadata["input"]))
    network.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
    return network


def scores_at(network: nn.Module, batch: Tensor) -> Tensor:
    """The classes' scores, brought to the size of the pictures where the network gives another."""
    scores, size = network(batch), batch.shape[2:]
    if scores.shape[2:] == size:
        return scores
    return F.interpolate(scores, size=size, mode="bilinear", align_corners=False)


def labels_of(network: nn.Module, pictures: np.ndarray) -> np.ndarray:
    """The labels of pictures or volumes of bytes, [n, ...]."""
    with torch.no_grad():
        return np.concatenate([
            scores_at(network, torch.from_numpy(data.normalized(picture))[None, None]).argmax(1).numpy()
            for picture in pictures]).astype(np.uint8)


def evaluate(name: str, network: nn.Module) -> dict:
    """Scores of all that was held back, and of the part of it that lies in samples/data/brain."""
    if name == "vnet":
        names = ("background", "brain")
        head, brain = data.read_volume()
        parts = {part: tuple(np.stack([volume[place] for place in places]) for volume in (head, brain))
                 for part, places in (("held_back", data.HELD_BACK_VOLUMES), ("kept", (data.KEPT_VOLUME,)))}
    else:
        names = data.CLASSES
        parts = {part: (slices.pictures, slices.labels)
                 for part, slices in (("held_back", data.read_slices(data.held_back_slices())),
                                      ("kept", data.read_slices(data.KEPT)))}
    return {part: scores_of(confusion_matrix(truth, labels_of(network, pictures), len(names)), names)
            for part, (pictures, truth) in parts.items()}


def write_labels(name: str, network: nn.Module, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if name == "vnet":
        np.save(folder / "volume_labels.npy", labels_of(network, np.load(PICTURES / "volume.npy")[None])[0])
        return
    for path in sorted(PICTURES.glob("slice_???.png")):
        labels = labels_of(network, np.asarray(Image.open(path))[None])[0]
        Image.fromarray(labels).save(folder / path.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks in samples/models/brain (default: all)")
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="JSON file to write all scores to")
    arguments = parser.parse_args()
    all_scores = {}
    for name in arguments.names or sorted(path.stem for path in arguments.models.glob("*.safetensors")):
        network = load_network(arguments.models / f"{name}.safetensors")
        all_scores[name] = evaluate(name, network)
        for part, scores in all_scores[name].items():
            means = "".join(f"  {key} {value:.4f}" for key, value in scores.items() if key != "classes")
            print(f"{name:28} {part:10}{means}", flush=True)
        if arguments.output:
            write_labels(name, network, arguments.output / name)
    if arguments.scores:
        arguments.scores.write_text(json.dumps(all_scores, indent=2) + "\n")


if __name__ == "__main__":
    main()
