"""Pictures of overlapping shapes with the mask of each: `shapes.py --count 20 --seed 9 --size 192x256 -o FOLDER`.

Writes FOLDER/0000.png and so on, and FOLDER/annotations.json as COCO has it: boxes [x, y, width, height] and masks as
uncompressed run lengths along columns. A mask holds the visible pixels of its shape only.
"""
import argparse
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

CLASSES = ("background", "circle", "rectangle", "triangle", "star", "ring")
COLOURS = ((0, 0, 0), (230, 97, 72), (80, 130, 220), (240, 180, 60), (70, 160, 90), (160, 90, 190))
SIZE = (192, 256)

# Diameter of the circle around a shape, in pixels; its logarithm is distributed evenly.
MIN_EXTENT, MAX_EXTENT = 12, 90
MIN_SHAPES, MAX_SHAPES = 3, 12
# At least this part of each shape stays visible under later ones, and at least this many pixels.
MIN_VISIBLE_PART, MIN_VISIBLE_PIXELS = 0.4, 24
# Places that are tried for a shape before it is left out.
ATTEMPTS = 12
# Difference of a shape's colour from the mean colour behind it in at least one channel, in levels of 0 ... 255.
MIN_CONTRAST = 60
# Shapes are drawn this many times larger and averaged, so that their edges are smooth.
OVERSAMPLING = 4


@dataclass(frozen=True)
class Scene:
    """Picture [h,w,3] of bytes; labels [n] and visible pixels [n,h,w] of its instances, the topmost last."""

    picture: np.ndarray
    labels: np.ndarray
    masks: np.ndarray

    def boxes(self) -> np.ndarray:
        """Left, top, right and bottom of each instance's visible pixels [n,4], right and bottom exclusive."""
        boxes = np.zeros((len(self.masks), 4), np.float32)
        for box, mask in zip(boxes, self.masks):
            ys, xs = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
            box[:] = xs[0], ys[0], xs[-1] + 1, ys[-1] + 1
        return boxes


def corners_of(radii: list[float], angles: list[float], centre: tuple[float, float]) -> list[tuple[float, float]]:
    return [(centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle))
            for radius, angle in zip(radii, angles)]


def outline_of(name: str, radius: float, centre: tuple[float, float], random: np.random.Generator) \
        -> list[tuple[float, float]]:
    """Corners (x, y) of a polygon within the circle of this radius; of a ring, only the outer edge."""
    turn = random.uniform(0, 2 * math.pi)
    if name in ("circle", "ring"):
        return corners_of([radius] * 64, [2 * math.pi * i / 64 for i in range(64)], centre)
    if name == "rectangle":
        half = math.atan(random.uniform(0.4, 1.0))
        return corners_of([radius] * 4, [turn + angle for angle in (half, math.pi - half, math.pi + half, -half)],
                          centre)
    if name == "triangle":
        return corners_of([radius] * 3, [turn + 2 * math.pi * i / 3 + random.uniform(-0.35, 0.35) for i in range(3)],
                          centre)
    inner = random.uniform(0.4, 0.5)
    return corners_of([radius, radius * inner] * 5, [turn + math.pi * i / 5 for i in range(10)], centre)


def coverage_of(name: str, extent: float, centre: tuple[float, float], size: tuple[int, int],
                random: np.random.Generator) -> np.ndarray:
    """Part of each pixel that the shape covers, 0 ... 1, [h,w]."""
    # Only the part of the picture around the shape is drawn.
    left, top = (max(int(middle - extent / 2) - 1, 0) for middle in centre)
    right, bottom = (min(int(middle + extent / 2) + 2, end) for middle, end in zip(centre, size[::-1]))
    drawing = Image.new("L", ((right - left) * OVERSAMPLING, (bottom - top) * OVERSAMPLING))
    scaled_centre = ((centre[0] - left) * OVERSAMPLING, (centre[1] - top) * OVERSAMPLING)
    radius = extent / 2 * OVERSAMPLING
    brush = ImageDraw.Draw(drawing)
    brush.polygon(outline_of(name, radius, scaled_centre, random), fill=255)
    if name == "ring":
        hole = radius * random.uniform(0.45, 0.65)
        brush.polygon(outline_of(name, hole, scaled_centre, random), fill=0)
    coverage = np.zeros(size, np.float32)
    coverage[top:bottom, left:right] = np.asarray(drawing.reduce(OVERSAMPLING), np.float32) / 255
    return coverage


def smooth_noise(size: tuple[int, int], cell: int, random: np.random.Generator) -> np.ndarray:
    """Values of about -1 ... 1 that change over `cell` pixels, [h,w]."""
    cells = random.uniform(-1, 1, (size[0] // cell + 2, size[1] // cell + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(cells).resize((size[1], size[0]), Image.BICUBIC))


def texture_of(size: tuple[int, int], colour: np.ndarray, strength: float, random: np.random.Generator) -> np.ndarray:
    """A colour [h,w,3], plain or with a gradient, stripes, a chequerboard or blobs over it."""
    y, x = np.mgrid[:size[0], :size[1]].astype(np.float32)
    turn = random.uniform(0, 2 * math.pi)
    along = x * math.cos(turn) + y * math.sin(turn)
    kind = random.choice(["plain", "gradient", "stripes", "chequers", "blobs"], p=[0.3, 0.25, 0.15, 0.1, 0.2])
    if kind == "plain":
        pattern = np.zeros(size, np.float32)
    elif kind == "gradient":
        pattern = 2 * (along - along.min()) / max(np.ptp(along), 1e-6) - 1
    elif kind == "stripes":
        pattern = np.sin(along * (2 * math.pi / random.uniform(5, 16)))
    elif kind == "chequers":
        across = y * math.cos(turn) - x * math.sin(turn)
        cell = random.uniform(4, 9)
        pattern = 2 * ((np.floor(along / cell) + np.floor(across / cell)) % 2) - 1
    else:
        pattern = smooth_noise(size, int(random.integers(6, 24)), random)
    towards = random.uniform(-1, 1, 3).astype(np.float32) * strength
    return colour + pattern[..., None] * towards


def contrasting_colour(behind: np.ndarray, random: np.random.Generator) -> np.ndarray:
    while True:
        colour = random.uniform(10, 245, 3).astype(np.float32)
        if np.abs(colour - behind).max() >= MIN_CONTRAST:
            return colour


def scene(seed: int, number: int, size: tuple[int, int] = SIZE) -> Scene:
    """Draws a picture that depends on seed, number and size only."""
    random = np.random.default_rng([seed, number])
    picture = texture_of(size, random.uniform(10, 245, 3).astype(np.float32), 50, random)
    picture += 12 * smooth_noise(size, int(random.integers(8, 40)), random)[..., None]
    labels: list[int] = []
    masks: list[np.ndarray] = []
    whole: list[int] = []
    for _ in range(int(random.integers(MIN_SHAPES, MAX_SHAPES + 1))):
        label = int(random.integers(1, len(CLASSES)))
        for _ in range(ATTEMPTS):
            extent = math.exp(random.uniform(math.log(MIN_EXTENT), math.log(MAX_EXTENT)))
            centre = (random.uniform(0, size[1]), random.uniform(0, size[0]))
            coverage = coverage_of(CLASSES[label], extent, centre, size, random)
            mask = coverage >= 0.5
            left = [below & ~mask for below in masks]
            if mask.sum() >= MIN_VISIBLE_PIXELS and all(
                    below.sum() >= max(MIN_VISIBLE_PIXELS, MIN_VISIBLE_PART * pixels)
                    for below, pixels in zip(left, whole)):
                break
        else:
            continue
        colour = contrasting_colour(picture[mask].mean(0), random)
        ys, xs = np.flatnonzero(coverage.any(1)), np.flatnonzero(coverage.any(0))
        window = slice(ys[0], ys[-1] + 1), slice(xs[0], xs[-1] + 1)
        surface = texture_of(coverage[window].shape, colour, 35, random)
        picture[window] += coverage[window][..., None] * (surface - picture[window])
        labels.append(label)
        masks = left + [mask]
        whole.append(int(mask.sum()))
    light = texture_of(size, np.zeros(3, np.float32), 15, random).mean(2, keepdims=True)
    grain = random.standard_normal(picture.shape, np.float32) * np.float32(random.uniform(0, 8))
    picture = np.clip(np.floor(picture + light + grain + 0.5), 0, 255).astype(np.uint8)
    return Scene(picture, np.array(labels, np.int64), np.array(masks, bool).reshape(-1, *size))


def run_lengths(mask: np.ndarray) -> list[int]:
    """COCO's uncompressed RLE: numbers of pixels outside and inside the mask in turn, column after column."""
    pixels = mask.T.ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    ends = [0] * bool(pixels[0]) + [0, *changes.tolist(), pixels.size]
    return np.diff(ends).tolist()


def mask_of(lengths: list[int], size: tuple[int, int]) -> np.ndarray:
    """The inverse of run_lengths."""
    values = np.arange(len(lengths)) % 2 == 1
    return np.repeat(values, lengths).reshape(size[1], size[0]).T


def annotations_of(scenes: dict[str, Scene]) -> dict:
    """The contents of a COCO file, with ids from 1 on, for scenes by the names of their pictures."""
    images, annotations = [], []
    for image_id, (file_name, item) in enumerate(scenes.items(), 1):
        height, width = item.picture.shape[:2]
        images.append({"id": image_id, "file_name": file_name, "height": height, "width": width})
        for label, mask, (left, top, right, bottom) in zip(item.labels, item.masks, item.boxes().astype(int).tolist()):
            annotations.append({
                "id": len(annotations) + 1, "image_id": image_id, "category_id": int(label), "iscrowd": 0,
                "bbox": [left, top, right - left, bottom - top], "area": int(mask.sum()),
                "segmentation": {"size": [height, width], "counts": run_lengths(mask)}})
    categories = [{"id": label, "name": name, "supercategory": "shape"}
                  for label, name in enumerate(CLASSES) if label > 0]
    return {"images": images, "annotations": annotations, "categories": categories}


def write(folder: Path, seed: int, numbers: Iterable[int], size: tuple[int, int] = SIZE) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scenes = {f"{number:04}.png": scene(seed, number, size) for number in numbers}
    for name, item in scenes.items():
        Image.fromarray(item.picture).save(folder / name, optimize=True)
    (folder / "annotations.json").write_text(json.dumps(annotations_of(scenes)) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=9, help="training has pictures of seed 1")
    parser.add_argument("--size", default="x".join(map(str, SIZE)), metavar="HEIGHTxWIDTH")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER")
    arguments = parser.parse_args()
    height, width = map(int, arguments.size.split("x"))
    write(arguments.output, arguments.seed, range(arguments.count), (height, width))


if __name__ == "__main__":
    main()
