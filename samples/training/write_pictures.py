"""Writes what was held back and is kept as files: slices and their labels as PNG, V-Net's volume and brain as .npy."""
import argparse
from pathlib import Path

import numpy as np
from PIL import Image

import data
from evaluate import PICTURES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=PICTURES, metavar="FOLDER")
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    slices = data.read_slices(data.KEPT)
    for number, picture, labels in zip(slices.numbers, slices.pictures, slices.labels):
        Image.fromarray(picture).save(folder / f"slice_{number:03}.png", optimize=True)
        Image.fromarray(labels).save(folder / f"slice_{number:03}_labels.png", optimize=True)
    head, brain = data.read_volume()
    np.save(folder / "volume.npy", head[data.KEPT_VOLUME])
    np.save(folder / "volume_labels.npy", brain[data.KEPT_VOLUME])


if __name__ == "__main__":
    main()
