"""The networks by name. The names of their layers are what lib/zoo fills weights by."""
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from torch import nn

from .crf_rnn import CRFRNN
from .deconvnet import DeconvNet
from .deeplab import DeepLabV1, DeepLabV2ResNet, DeepLabV2VGG, DeepLabV3, DeepLabV3Plus
from .dilated import Dilated8, Dilated10, DilatedFrontEnd
from .fc_densenet import FCDenseNet
from .fcn import FCN, FCNResNet
from .lraspp import LRASPP
from .patch_classifier import PatchClassifier
from .pspnet import PSPNet
from .resnet import BLOCKS
from .segnet import SegNet, SegNetBasic
from .unet import UNet
from .vnet import VNet


@dataclass(frozen=True)
class Preprocessing:
    """value = (pixel - mean) / std, in the units of pixel_maximum and the network's order of channels."""

    channels: str
    pixel_maximum: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


CAFFE = Preprocessing("bgr", 255, (104.00699, 116.66877, 122.67892), (1, 1, 1))
OXFORD = Preprocessing("bgr", 255, (103.939, 116.779, 123.68), (1, 1, 1))
TORCHVISION = Preprocessing("rgb", 1, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
TENSORFLOW = Preprocessing("rgb", 255, (127.5, 127.5, 127.5), (127.5, 127.5, 127.5))
GREY = Preprocessing("grey", 1, (0,), (1,))
BGR = Preprocessing("bgr", 255, (0, 0, 0), (1, 1, 1))
UNIT = Preprocessing("rgb", 1, (0, 0, 0), (1, 1, 1))


@dataclass(frozen=True)
class Network:
    """build(classes=, width=, channels=), and output_stride= where there is one here; the input is the paper's."""

    build: Callable[..., nn.Module]
    classes: int
    input: tuple[int, ...]
    preprocessing: Preprocessing
    output_stride: int | None = None


def square(size: int, channels: int = 3) -> tuple[int, ...]:
    return (1, channels, size, size)


CITYSCAPES_DILATION = Preprocessing("bgr", 255, (72.39, 82.91, 73.16), (1, 1, 1))
VOC_DILATION = Preprocessing("bgr", 255, (102.93, 111.36, 116.52), (1, 1, 1))

NETWORKS: dict[str, Network] = {
    **{f"fcn-{s}s": Network(partial(FCN, s), 21, square(500), CAFFE) for s in (32, 16, 8)},
    **{f"fcn-{s}s-padded": Network(partial(FCN, s, padded=True), 21, square(512), CAFFE) for s in (32, 16, 8)},
    "fcn-resnet50": Network(partial(FCNResNet, BLOCKS[50]), 21, square(520), TORCHVISION),
    "deconvnet": Network(DeconvNet, 21, square(224), CAFFE),
    "segnet": Network(SegNet, 11, (1, 3, 360, 480), BGR),
    "segnet-basic": Network(SegNetBasic, 11, (1, 3, 360, 480), BGR),
    "unet": Network(UNet, 2, square(572, 1), GREY),
    "unet-padded": Network(partial(UNet, padded=True), 2, square(512), UNIT),
    "vnet": Network(VNet, 2, (1, 1, 128, 128, 64), GREY),
    "deeplab-v1": Network(DeepLabV1, 21, square(513), CAFFE),
    "deeplab-v2-vgg16": Network(DeepLabV2VGG, 21, square(513), CAFFE),
    "deeplab-v2-resnet101": Network(DeepLabV2ResNet, 21, square(513), CAFFE),
    "deeplab-v3-resnet50": Network(partial(DeepLabV3, "resnet50"), 21, square(520), TORCHVISION, 8),
    "deeplab-v3-resnet101": Network(partial(DeepLabV3, "resnet101"), 21, square(520), TORCHVISION, 8),
    "deeplab-v3-mobilenet-v3": Network(partial(DeepLabV3, "mobilenet-v3"), 21, square(520), TORCHVISION),
    "deeplab-v3-mobilenet-v2": Network(partial(DeepLabV3, "mobilenet-v2"), 21, square(513), TORCHVISION, 16),
    "deeplab-v3plus-resnet50": Network(partial(DeepLabV3Plus, "resnet50"), 21, square(513), TORCHVISION, 16),
    "deeplab-v3plus-resnet101": Network(partial(DeepLabV3Plus, "resnet101"), 21, square(513), TORCHVISION, 16),
    "deeplab-v3plus-mobilenet-v2": Network(partial(DeepLabV3Plus, "mobilenet-v2"), 21, square(513), TORCHVISION, 16),
    "deeplab-v3plus-xception65": Network(partial(DeepLabV3Plus, "xception65"), 21, square(513), TENSORFLOW, 16),
    "pspnet50": Network(partial(PSPNet, 50), 150, square(473), OXFORD),
    "pspnet101": Network(partial(PSPNet, 101), 19, square(713), OXFORD),
    "dilated-frontend": Network(DilatedFrontEnd, 21, square(900), VOC_DILATION),
    "dilated8": Network(Dilated8, 21, square(900), VOC_DILATION),
    "dilated8-padded": Network(partial(Dilated8, padded=True), 21, square(512), VOC_DILATION),
    "dilated10": Network(Dilated10, 19, square(1396), CITYSCAPES_DILATION),
    "fc-densenet56": Network(partial(FCDenseNet, 56), 11, square(224), UNIT),
    "fc-densenet67": Network(partial(FCDenseNet, 67), 11, square(224), UNIT),
    "fc-densenet103": Network(partial(FCDenseNet, 103), 11, square(224), UNIT),
    "lraspp-mobilenet-v3": Network(LRASPP, 21, square(520), TORCHVISION),
    "crf-rnn": Network(CRFRNN, 21, square(500), OXFORD),
    "patch-classifier": Network(PatchClassifier, 2, square(95, 1), GREY),
    "patch-classifier-dense": Network(partial(PatchClassifier, dense=True), 2, square(350, 1), GREY),
}


def build(name: str, classes: int | None = None, width: float = 1.0, channels: int | None = None,
          output_stride: int | None = None, input: tuple[int, ...] | None = None) -> nn.Module:
    """The network in evaluation mode, with PyTorch's random weights. DeconvNet's fc6 depends on the input's size."""
    network = NETWORKS[name]
    shape = input or network.input
    options = {"fc6_kernel": (shape[2] // 32, shape[3] // 32)} if name == "deconvnet" else {}
    stride = output_stride or network.output_stride
    if stride is not None:
        options["output_stride"] = stride
    return network.build(classes=classes or network.classes, width=width, channels=channels or shape[1],
                         **options).eval()
