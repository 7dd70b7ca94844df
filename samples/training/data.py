"""Slices and volumes of a human head (MRI, T1) with anatomical labels, from Debian's mricron-data.

ch2 is one man's head, scanned 27 times and averaged, 1 mm a voxel; ch2bet the same without the skull; aal names 116
regions (Tzourio-Mazoyer et al. 2002). Everything is halved to 2 mm here.

Neighbouring slices are near-copies of each other, so slices are held back in blocks, and a gap on both sides of each
block is used for nothing. It is one head nevertheless: scores say that networks learned, not that they would serve for
another.
"""
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TEMPLATES = Path("/usr/share/mricron/templates")

CLASSES = ("background", "other brain", "frontal", "parietal", "temporal", "occipital", "deep and limbic", "cerebellum")
COLOURS = ((0, 0, 0), (200, 200, 200), (230, 97, 72), (240, 180, 60), (70, 160, 90), (80, 130, 220), (160, 90, 190),
           (60, 190, 190))

# By the first letters of AAL's names; the first that fits counts.
REGIONS = (
    (2, ("Precentral", "Frontal", "Rolandic", "Supp_Motor", "Olfactory", "Rectus", "Paracentral")),
    (3, ("Postcentral", "Parietal", "SupraMarginal", "Angular", "Precuneus")),
    (4, ("Heschl", "Temporal", "Fusiform")),
    (5, ("Calcarine", "Cuneus", "Lingual", "Occipital")),
    (6, ("Insula", "Cingulum", "Hippocampus", "ParaHippocampal", "Amygdala", "Caudate", "Putamen", "Pallidum",
         "Thalamus")),
    (7, ("Cerebelum", "Vermis")),
)

# Height and width of the pictures at 2 mm: multiples of 32.
SIZE = (128, 96)
# First and last slice with enough brain, in mm from the lowest slice.
FIRST, LAST = 8, 152
HELD_BACK = tuple(range(start, start + 6) for start in (30, 62, 94, 126))
GAP = 4
# Of each block, the slices that are kept as pictures.
KEPT = tuple(z for block in HELD_BACK for z in block[::2])

# value = (pixel / 255 - MEAN) / STD
MEAN, STD = 0.2, 0.2


def read_nifti(path: Path) -> np.ndarray:
    """[z, y, x] of a NIfTI-1 file: 348 bytes of header, of which size, type and place of the voxels matter here."""
    content = gzip.open(path).read()
    extents = np.frombuffer(content[40:56], "<i2")
    bits = {2: "u1", 4: "<i2", 16: "<f4"}[int(np.frombuffer(content[70:72], "<i2")[0])]
    place = int(np.frombuffer(content[108:112], "<f4")[0])
    x, y, z = (int(extent) for extent in extents[1:4])
    return np.frombuffer(content, bits, x * y * z, place).reshape(z, y, x)


def class_of_regions(folder: Path) -> np.ndarray:
    """The class of each of AAL's labels; 0 of label 0."""
    classes = np.zeros(256, np.uint8)
    for line in (folder / "aal.nii.txt").read_text().splitlines():
        if not line.strip():
            continue
        label, name, _ = line.split()
        classes[int(label)] = next(number for number, starts in REGIONS if name.startswith(starts))
    return classes


def halve_picture(picture: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """Means of neighbours along the axes, rounded to bytes as files of pictures have them."""
    values = picture.astype(np.float64)
    for axis in axes:
        values = (np.take(values, range(0, values.shape[axis], 2), axis)
                  + np.take(values, range(1, values.shape[axis], 2), axis)) / 2
    return np.floor(values + 0.5).astype(np.uint8)


def halve_labels(labels: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
    """The label that most of the voxels have, the smaller one of two as frequent."""
    counts = np.stack([labels == label for label in range(len(CLASSES))]).astype(np.int32)
    for axis in axes:
        counts = (np.take(counts, range(0, counts.shape[axis + 1], 2), axis + 1)
                  + np.take(counts, range(1, counts.shape[axis + 1], 2), axis + 1))
    return counts.argmax(0).astype(np.uint8)


def pad_to(array: np.ndarray, size: tuple[int, ...]) -> np.ndarray:
    """Zeros about the last axes."""
    widths = [(0, 0)] * (array.ndim - len(size))
    for have, want in zip(array.shape[-len(size):], size):
        widths.append(((want - have) // 2, want - have - (want - have) // 2))
    return np.pad(array, widths)


@dataclass(frozen=True)
class Slices:
    """Axial slices as bytes [n, height, width], the front of the head on top, and their labels."""

    numbers: tuple[int, ...]
    pictures: np.ndarray
    labels: np.ndarray


def read_slices(numbers: tuple[int, ...], folder: Path = TEMPLATES) -> Slices:
    head, brain, regions = (read_nifti(folder / f"{name}.nii.gz")[list(numbers)] for name in ("ch2", "ch2bet", "aal"))
    labels = class_of_regions(folder)[regions]
    labels = np.where((labels == 0) & (brain > 0), np.uint8(1), labels)
    full = (2 * SIZE[0], 2 * SIZE[1])
    pictures, labels = (pad_to(array[:, ::-1], full) for array in (head, labels))
    return Slices(numbers, halve_picture(pictures, (1, 2)), halve_labels(labels, (1, 2)))


def held_back_slices() -> tuple[int, ...]:
    return tuple(z for block in HELD_BACK for z in block)


def training_slices() -> tuple[int, ...]:
    """All but the blocks held back and their gaps."""
    left_out = {z for block in HELD_BACK for z in range(block[0] - GAP, block[-1] + GAP + 1)}
    return tuple(z for z in range(FIRST, LAST + 1) if z not in left_out)


# At 2 mm, [z, y, x] of the whole volume; training sees x below the first number, the block held back begins at the
# second.
VOLUME = (96, 112, 96)
TRAINING_BELOW, HELD_BACK_FROM = 44, 48
# The part of the block that is kept as a file: z, y, x.
KEPT_VOLUME = (slice(12, 76), slice(40, 104), slice(48, 96))
# The whole block, in parts of the size that V-Net knows: it sees so far that edges tell it where it is.
HELD_BACK_VOLUMES = tuple((slice(z, z + 64), slice(y, y + 64), slice(48, 96)) for z in (0, 32) for y in (0, 48))


def read_volume(folder: Path = TEMPLATES) -> tuple[np.ndarray, np.ndarray]:
    """The head and, as labels 0 and 1, the brain in it. The halves mirror each other: the block is no stranger."""
    full = tuple(2 * extent for extent in VOLUME)
    head, brain = (pad_to(read_nifti(folder / f"{name}.nii.gz"), full) for name in ("ch2", "ch2bet"))
    return halve_picture(head, (0, 1, 2)), halve_labels((brain > 0).astype(np.uint8), (0, 1, 2))


def normalized(pixels: np.ndarray) -> np.ndarray:
    return ((pixels.astype(np.float32) / 255 - MEAN) / STD).astype(np.float32)
