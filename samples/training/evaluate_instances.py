"""Average precision of the trained Mask R-CNN on pictures of shapes that training never saw.

`evaluate_instances.py -o FOLDER` also writes some of these pictures as FOLDER/NNNN.png with their annotations.json,
and FOLDER/NNNN.pair.safetensors with what PyTorch finds in them in f32:

    "input"     the picture's bytes [1,3,h,w], before normalisation
    "boxes", "labels", "scores", "masks"    the outputs of the network
    "pasted"    bits [n,h,w/8] of the pixels in each mask, the leftmost of eight pixels in the highest bit
"""
import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torchvision.models.detection.roi_heads import paste_masks_in_image

import safetensors
import shapes
from instance_scores import AveragePrecision, iou_of_boxes, iou_of_masks
from networks import TORCHVISION
from networks.rcnn import RCNN

SAMPLES = Path(__file__).resolve().parent.parent
MODELS, PICTURES = SAMPLES / "models", SAMPLES / "data" / "shapes"
NAME = "shapes-instances"
# Pictures of this seed are held back from training; those of these numbers lie in samples/data/shapes.
SEED, KEPT = 9, (10, 12, 40)
MASK_THRESHOLD = 0.5


def load_detector(path: Path) -> RCNN:
    """The Mask R-CNN that the file's metadata describes, in evaluation mode."""
    weights, metadata = safetensors.load(path)
    network = RCNN(has_masks=True, classes=int(metadata["classes"]), width=float(metadata["width"])).eval()
    network.load_state_dict({name: value.float() for name, value in weights.items()}, strict=False)
    return network


def normalized(picture: np.ndarray) -> Tensor:
    """[1,3,h,w] of bytes [h,w,3]."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (TORCHVISION.mean, TORCHVISION.std))
    return (torch.from_numpy(picture).permute(2, 0, 1)[None] / 255 - mean) / std


def paste(masks: Tensor, boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """The pixels of each mask at the size of the picture, bool [n,h,w]."""
    return paste_masks_in_image(masks, boxes, size)[:, 0] > MASK_THRESHOLD


def find(network: RCNN, picture: np.ndarray) -> dict[str, Tensor]:
    """The network's boxes, labels, scores and masks, and "pasted", the pixels of its masks."""
    with torch.no_grad():
        found = network(normalized(picture))
    return {**found, "pasted": paste(found["masks"], found["boxes"], picture.shape[:2])}


def evaluate(network: RCNN, count: int) -> dict[str, dict]:
    """Average precision of boxes and of masks on the first pictures that are held back."""
    of_boxes, of_masks = AveragePrecision(), AveragePrecision()
    for number in range(count):
        truth = shapes.scene(SEED, number)
        found = {name: value.numpy() for name, value in find(network, truth.picture).items()}
        for scores, iou in ((of_boxes, iou_of_boxes(found["boxes"], truth.boxes())),
                            (of_masks, iou_of_masks(found["pasted"], truth.masks))):
            scores.add(found["labels"], found["scores"], truth.labels, iou)
    return {"boxes": of_boxes.result(shapes.CLASSES), "masks": of_masks.result(shapes.CLASSES)}


def print_scores(scores: dict[str, dict]) -> None:
    for kind, values in scores.items():
        means = ", ".join(f"{name.upper()} {values[name]:.3f}" for name in ("ap", "ap50", "ap75"))
        classes = ", ".join(f"{name} {value:.3f}" for name, value in values["classes"].items())
        print(f"{kind}: {means}; AP of {classes}", flush=True)


def check_margins(number: int, found: dict[str, Tensor]) -> None:
    """Raises ValueError if rounding errors could change which instances are found, their order, or a mask by much."""
    scores, pasted = found["scores"], found["pasted"].numpy()
    if len(scores) > 1 and (scores[:-1] - scores[1:]).min() < 1e-5:
        raise ValueError(f"picture {number}: expected scores that differ, got {scores.tolist()}")
    if (scores - 0.05).abs().min() < 2e-3:
        raise ValueError(f"picture {number}: expected no score near the threshold 0.05, got {scores.tolist()}")
    # Pasting truncates corners to whole pixels, so those close to one may jump.
    for shift in (-1e-3, 1e-3):
        moved = paste(found["masks"], found["boxes"] + shift, pasted.shape[1:]).numpy()
        if not all(iou_of_masks(before[None], after[None])[0, 0] > 0.99 for before, after in zip(pasted, moved)):
            raise ValueError(f"picture {number}: expected masks that stay when boxes move by {shift}")


def write_kept(network: RCNN, folder: Path, numbers: tuple[int, ...]) -> None:
    shapes.write(folder, SEED, numbers)
    for number in numbers:
        picture = shapes.scene(SEED, number).picture
        found = find(network, picture)
        check_margins(number, found)
        pixels = torch.from_numpy(picture).permute(2, 0, 1)[None].contiguous()
        pasted = torch.from_numpy(np.packbits(found["pasted"].numpy(), axis=2))
        safetensors.save(folder / f"{number:04}.pair.safetensors", {**found, "input": pixels, "pasted": pasted})
        print(f"{folder / f'{number:04}.png'}: {len(found['labels'])} instances, "
              f"{int((found['scores'] > 0.5).sum())} of scores above 0.5")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, default=MODELS / f"{NAME}.safetensors", metavar="FILE")
    parser.add_argument("--count", type=int, default=200, help="number of pictures for the average precision")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="such as samples/data/shapes")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    network = load_detector(arguments.weights)
    if arguments.output:
        write_kept(network, arguments.output, KEPT)
    if arguments.count > 0:
        print_scores(evaluate(network, arguments.count))


if __name__ == "__main__":
    main()
